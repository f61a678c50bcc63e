"""Completions over HTTP."""

from datetime import tzinfo

from fastapi import APIRouter

from training_registry.changes import OnOfficersChanged


def completion_routes(zone: tzinfo, public_url: str, on_change: OnOfficersChanged) -> APIRouter:
    """The routes; a day begins in `zone`, credentials are read at `public_url`, and `on_change` is what follows for an officer's standing."""
    del zone, public_url, on_change
    return APIRouter(prefix="/v1", tags=["completions"])
