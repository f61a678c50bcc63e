"""Officers, their assignments and evaluations over HTTP."""

from datetime import tzinfo

from fastapi import APIRouter

from training_registry.changes import OnOfficersChanged


def officer_routes(zone: tzinfo, on_change: OnOfficersChanged) -> APIRouter:
    """The routes; a day begins in `zone`, and `on_change` is what follows for an officer's standing."""
    del zone, on_change
    return APIRouter(prefix="/v1", tags=["officers"])
