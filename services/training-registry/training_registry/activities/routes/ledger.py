"""The triad ledger over HTTP."""

from datetime import tzinfo
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Query, Request, Response
from pydantic import WrapValidator

from shared.auth import Caller
from shared.auth.permissions import Permission
from shared.events.training import TriadRole
from shared.http.bodies import Day
from shared.http.idempotency import KeyReused
from shared.http.lists import Many, one_or_many
from shared.http.paging import DEFAULT_LIMIT, Cursor, CursorUnusable, Limit, Page, behind_instant, cursor_at, page_of
from shared.http.problems import problems
from shared.http.runtime import AtHand, Now, ReadOnlySession, WriteSession, allowed
from training_registry.activities.errors import ActivityNotFound, ActivityRefused, NotYourLedger
from training_registry.activities.operations.ledger import LogActivity, WithdrawActivity, log_activities
from training_registry.activities.operations.ledger import withdraw_activity as withdraw
from training_registry.activities.operations.reading import read_each
from training_registry.activities.routes.many import answer_each
from training_registry.activities.views.ledger import Activity, find_activity, list_activities
from training_registry.activities.views.results import ActivityResults

Logger = Annotated[Caller, Depends(allowed(Permission.ACTIVITIES_LOG))]
Reader = Annotated[Caller, Depends(allowed(Permission.ACTIVITIES_READ))]
Sent = Annotated[LogActivity | Many, WrapValidator(one_or_many(LogActivity)), Body()]

_LIST = "activities"
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"model": Activity, "description": "It was there already, just so."},
    207: {"model": ActivityResults, "description": "A list was sent: what came of each entry."},
}


def add_ledger_routes(router: APIRouter, zone: tzinfo) -> None:
    """Add them; a day begins in `zone`."""

    @router.post(
        "/activities",
        status_code=201,
        response_model=Activity,
        responses=_ANSWERS | problems(NotYourLedger, ActivityRefused, KeyReused),
    )
    async def log_activity(
        caller: Logger, sent: Sent, response: Response, session: WriteSession, at_hand: AtHand, now: Now
    ) -> Activity | Response:
        """Log what an officer did: one entry, or a list of up to 500, late, out of order and as often as need be.

        Of a list each entry stands alone; one that holds another officer's is refused to an officer as a whole. The
        same entry again is there (200), also if it was withdrawn since: it stays so. Another under its id is 422.
        """
        commands = read_each(sent, LogActivity) if isinstance(sent, list) else [sent]
        verdicts = await log_activities(session, commands, caller=caller, zone=zone, now=now)
        if isinstance(sent, list):
            return answer_each(verdicts, "activity_id")
        (verdict,) = verdicts
        if verdict.entry_id is None or verdict.faults:
            raise ActivityRefused(errors=verdict.faults)
        response.status_code = verdict.status
        response.headers["Location"] = f"/v1/activities/{verdict.entry_id}"
        return await find_activity(session, caller, verdict.entry_id, at_hand.ring)

    @router.post(
        "/activities/{activity_id}/withdrawal",
        response_model=Activity,
        responses=problems(ActivityNotFound, KeyReused),
    )
    async def withdraw_activity(
        caller: Logger,
        activity_id: UUID,
        command: WithdrawActivity,
        session: WriteSession,
        at_hand: AtHand,
        now: Now,
    ) -> Activity:
        """Take back an entry that should never have been made: it counts no more. Again changes nothing."""
        ring = at_hand.ring
        await withdraw(session, activity_id, command, caller=caller, ring=ring, now=now)
        return await find_activity(session, caller, activity_id, ring)

    @router.get("/activities/{activity_id}", response_model=Activity, responses=problems(ActivityNotFound))
    async def read_activity(caller: Reader, activity_id: UUID, session: ReadOnlySession, at_hand: AtHand) -> Activity:
        """One entry: an officer his own, an administrator those of his schools."""
        return await find_activity(session, caller, activity_id, at_hand.ring)

    @router.get("/activities", responses=problems(CursorUnusable))
    async def read_activities(
        caller: Reader,
        request: Request,
        response: Response,
        session: ReadOnlySession,
        at_hand: AtHand,
        officer_id: Annotated[str | None, Query(max_length=200)] = None,
        school_id: Annotated[str | None, Query(max_length=255)] = None,
        role: TriadRole | None = None,
        from_on: Annotated[Day | None, Query(alias="from", description="The first day.")] = None,
        to_on: Annotated[Day | None, Query(alias="to", description="The last day.")] = None,
        cursor: Cursor = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> Page[Activity]:
        """The entries that the caller may see, the newest first; what was withdrawn is among them, and marked."""
        found = await list_activities(
            session,
            caller,
            at_hand.ring,
            officer_id=officer_id,
            school_id=school_id,
            role=role,
            from_on=from_on,
            to_on=to_on,
            before=behind_instant(_LIST, cursor),
            limit=limit + 1,
        )
        return page_of(found, limit, _cursor_behind, request=request, response=response)


def _cursor_behind(activity: Activity) -> str:
    return cursor_at(_LIST, activity.started_at, activity.activity_id)
