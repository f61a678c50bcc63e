"""Completions over HTTP: parse, who may, one operation or query, answer. One file per thing that a caller comes for."""

from datetime import tzinfo

from fastapi import APIRouter

from shared.http.idempotency import RememberedRoute
from training_registry.changes import OnOfficersChanged
from training_registry.completions.routes.clerks import Clerks
from training_registry.completions.routes.importing import add_import_routes
from training_registry.completions.routes.reading import add_reading_routes
from training_registry.completions.routes.recording import add_recording_routes
from training_registry.completions.routes.working import add_working_routes


def completion_routes(zone: tzinfo, public_url: str, on_change: OnOfficersChanged) -> APIRouter:
    """The routes; a day begins in `zone`, credentials are read at `public_url`.

    `on_change` is what follows for the standing of the officers concerned.
    """
    clerks = Clerks(zone, public_url, on_change)
    router = APIRouter(prefix="/v1/completions", tags=["completions"], route_class=RememberedRoute)
    add_import_routes(router, clerks)
    add_recording_routes(router, clerks)
    add_working_routes(router, clerks)
    add_reading_routes(router)
    return router
