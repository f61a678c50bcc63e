"""Requirements, and the rules that are shipped over HTTP."""

from fastapi import APIRouter

from training_registry.changes import OnRequirementsChanged


def requirement_routes(on_change: OnRequirementsChanged) -> APIRouter:
    """The routes; `on_change` is what follows for every officer's standing."""
    del on_change
    return APIRouter(prefix="/v1", tags=["requirements"])
