"""Standing over HTTP."""

from datetime import tzinfo
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from shared.auth import Caller
from shared.auth.permissions import Permission
from shared.http.bodies import Day, Moment
from shared.http.paging import (
    DEFAULT_LIMIT,
    Cursor,
    CursorUnusable,
    Limit,
    Page,
    behind_text,
    encode_cursor,
    link_next,
)
from shared.http.problems import problems
from shared.http.runtime import Now, ReadOnlySession, allowed
from training_registry.officers.errors import OfficerNotFound
from training_registry.standing.views import Shortfall, Standing, find_standing, list_shortfalls

_STANDINGS = "standings"

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

    @router.get("/standings", responses=problems(CursorUnusable))
    async def read_standings(
        caller: Reader,
        request: Request,
        response: Response,
        session: ReadOnlySession,
        now: Now,
        as_of: AsOf = None,
        school_id: Annotated[
            str | None, Query(max_length=255, description="Only officers assigned to this school on that day.")
        ] = None,
        cursor: Cursor = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> Page[Shortfall]:
        """Which officers are short of something, or soon will be. A page may hold few and still have a next one."""
        after = behind_text(_STANDINGS, cursor) or ""
        on = as_of or now.astimezone(zone).date()
        items, behind = await list_shortfalls(session, caller, as_of=on, school_id=school_id, after=after, limit=limit)
        next_cursor = encode_cursor(_STANDINGS, behind) if behind is not None else None
        link_next(request, response, next_cursor)
        return Page(items=items, next_cursor=next_cursor)

    return router
