"""Completions over HTTP: parse, who may, one operation or query, answer. One file per thing that a caller comes for."""

from datetime import tzinfo

from fastapi import APIRouter

from training_registry.changes import OnOfficersChanged
from training_registry.completions.routes.clerks import Clerks
from training_registry.completions.routes.importing import import_routes
from training_registry.completions.routes.reading import reading_routes
from training_registry.completions.routes.recording import recording_routes
from training_registry.completions.routes.working import working_routes


def completion_routes(zone: tzinfo, public_url: str, on_change: OnOfficersChanged) -> APIRouter:
    """The routes; a day begins in `zone`, credentials are read at `public_url`.

    `on_change` is what follows for the standing of the officers concerned.
    """
    clerks = Clerks(zone, public_url, on_change)
    router = APIRouter(prefix="/v1/completions", tags=["completions"])
    for routes in (import_routes(clerks), recording_routes(clerks), working_routes(clerks), reading_routes()):
        router.include_router(routes)
    return router
