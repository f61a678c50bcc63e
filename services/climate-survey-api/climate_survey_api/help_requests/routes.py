"""Help requests over HTTP: asked for, seen to."""

from datetime import tzinfo

from fastapi import APIRouter

from climate_survey_api.doors import Doors


def help_request_routes(zone: tzinfo, calls: Doors) -> APIRouter:
    """The routes; a day begins in `zone`, and `calls` keep one address from asking for everybody."""
    return APIRouter(tags=["help"])
