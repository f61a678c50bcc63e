"""The triad ledger, the schools' drills and their quotas over HTTP."""

from datetime import tzinfo

from fastapi import APIRouter

from shared.http.idempotency import RememberedRoute
from training_registry.activities.routes.drills import add_drill_routes
from training_registry.activities.routes.ledger import add_ledger_routes
from training_registry.activities.routes.quotas import add_quota_routes


def activity_routes(zone: tzinfo) -> APIRouter:
    """The routes; a day begins in `zone`."""
    router = APIRouter(prefix="/v1", tags=["activities"], route_class=RememberedRoute)
    add_ledger_routes(router, zone)
    add_quota_routes(router, zone)  # before the drills: `quotas` is no drill's id
    add_drill_routes(router, zone)
    return router
