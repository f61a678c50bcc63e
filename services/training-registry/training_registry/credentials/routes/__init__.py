"""Credentials over HTTP: for who may read them, for everybody who verifies one, and the keys that sign."""

from datetime import tzinfo

from fastapi import APIRouter

from shared.http.idempotency import RememberedRoute
from training_registry.credentials.routes.publishing import add_issuers, add_status_lists
from training_registry.credentials.routes.reading import add_reading
from training_registry.credentials.routes.verifying import add_verification


def credential_routes(public_url: str, zone: tzinfo) -> APIRouter:
    """The routes; `public_url` is where everybody reaches them, and a day begins in `zone`."""
    router = APIRouter(prefix="/v1", tags=["credentials"], route_class=RememberedRoute)
    add_reading(router, public_url)
    add_verification(router, zone)
    add_issuers(router, public_url)
    add_status_lists(router, public_url)
    return router
