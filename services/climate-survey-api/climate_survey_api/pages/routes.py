"""Pages for people over HTTP."""

from datetime import tzinfo

from fastapi import APIRouter

from climate_survey_api.doors import Doors


def page_routes(public_url: str, doors: Doors, calls: Doors, zone: tzinfo) -> APIRouter:
    """The routes; `doors` slow down those who guess, a day begins in `zone`."""
    return APIRouter(tags=["pages"])
