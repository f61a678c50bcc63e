"""Standing over HTTP."""

from datetime import tzinfo

from fastapi import APIRouter


def standing_routes(zone: tzinfo) -> APIRouter:
    """The routes; a day begins in `zone`."""
    del zone
    return APIRouter(prefix="/v1", tags=["standing"])
