"""Officers, their assignments and evaluations over HTTP."""

from datetime import tzinfo

from fastapi import APIRouter

from shared.http.idempotency import RememberedRoute
from training_registry.changes import OnOfficersChanged
from training_registry.officers.routes.assigning import add_assignment_routes
from training_registry.officers.routes.evaluating import add_evaluation_routes
from training_registry.officers.routes.keeping import add_officer_routes


def officer_routes(zone: tzinfo, on_change: OnOfficersChanged) -> APIRouter:
    """The routes; a day begins in `zone`, and `on_change` is what follows for an officer's standing."""
    router = APIRouter(prefix="/v1/officers", tags=["officers"], route_class=RememberedRoute)
    add_officer_routes(router, on_change)
    add_assignment_routes(router, on_change)
    add_evaluation_routes(router, zone)
    return router
