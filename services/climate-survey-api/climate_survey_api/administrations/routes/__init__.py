"""Administrations over HTTP: planned, opened, closed, followed; and, apart from these, what parents decided."""

from datetime import tzinfo

from fastapi import APIRouter

from climate_survey_api.administrations.routes.choosing import parental_choice_routes
from climate_survey_api.administrations.routes.planning import add_planning_routes
from climate_survey_api.administrations.routes.reading import add_reading_routes
from climate_survey_api.administrations.routes.running import add_running_routes
from climate_survey_api.changes import OnClosing, OnOpening, UsedCodes
from shared.http.idempotency import RememberedRoute

__all__ = ["administration_routes", "parental_choice_routes"]


def administration_routes(
    zone: tzinfo, on_opening: OnOpening, on_closing: OnClosing, used_codes: UsedCodes
) -> APIRouter:
    """The routes; a day begins in `zone`, and the nouns above say what follows and how many codes were used."""
    router = APIRouter(prefix="/v1/administrations", tags=["surveys"], route_class=RememberedRoute)
    add_reading_routes(router, zone)
    add_planning_routes(router, zone)
    add_running_routes(router, zone, on_opening, on_closing, used_codes)
    return router
