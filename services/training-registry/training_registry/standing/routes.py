"""Standing over HTTP."""

from datetime import tzinfo
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from shared.auth import Caller
from shared.auth.permissions import Permission
from shared.http.bodies import Day, Moment
from shared.http.problems import problems
from shared.http.runtime import Now, ReadOnlySession, allowed
from training_registry.officers.errors import OfficerNotFound
from training_registry.standing.views import Standing, find_standing

Reader = Annotated[Caller, Depends(allowed(Permission.STANDING_READ))]
AsOf = Annotated[Day | None, Query(description="The day asked about, past or to come; today where it is not given.")]
KnownAt = Annotated[
    Moment | None, Query(description="As it was known at this instant, which is what an audit asks; now otherwise.")
]


def standing_routes(zone: tzinfo) -> APIRouter:
    """The routes; a day begins in `zone`."""
    router = APIRouter(prefix="/v1", tags=["standing"])

    @router.get("/officers/{officer_id}/standing", responses=problems(OfficerNotFound))
    async def read_standing(
        caller: Reader,
        officer_id: str,
        session: ReadOnlySession,
        now: Now,
        as_of: AsOf = None,
        known_at: KnownAt = None,
    ) -> Standing:
        """How an officer stands to every requirement, and what he may do at each of his schools."""
        on = as_of or now.astimezone(zone).date()
        return await find_standing(session, caller, officer_id, as_of=on, known_at=known_at)

    return router
