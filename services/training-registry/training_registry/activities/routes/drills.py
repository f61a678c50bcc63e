"""The schools' drills over HTTP."""

from datetime import tzinfo
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Query, Request, Response
from pydantic import WrapValidator

from shared.auth import Caller
from shared.auth.permissions import Permission
from shared.events.training import DrillType
from shared.http.bodies import Day
from shared.http.idempotency import KeyReused
from shared.http.lists import Many, one_or_many
from shared.http.paging import DEFAULT_LIMIT, Cursor, CursorUnusable, Limit, Page, behind_instant, cursor_at, page_of
from shared.http.problems import problems
from shared.http.runtime import AtHand, Now, ReadOnlySession, WriteSession, allowed
from training_registry.activities.errors import DrillNotFound, DrillRefused
from training_registry.activities.operations.drills import RecordDrill, record_drills
from training_registry.activities.operations.reading import read_each
from training_registry.activities.routes.many import answer_each
from training_registry.activities.views.drills import RecordedDrill, find_drill, list_drills
from training_registry.activities.views.results import DrillResults

Recorder = Annotated[Caller, Depends(allowed(Permission.DRILLS_RECORD))]
Reader = Annotated[Caller, Depends(allowed(Permission.DRILLS_READ))]
Sent = Annotated[RecordDrill | Many, WrapValidator(one_or_many(RecordDrill)), Body()]

_LIST = "drills"
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"model": RecordedDrill, "description": "It was there already, just so."},
    207: {"model": DrillResults, "description": "A list was sent: what came of each drill."},
}


def add_drill_routes(router: APIRouter, zone: tzinfo) -> None:
    """Add them; a day begins in `zone`."""

    @router.post(
        "/drills",
        status_code=201,
        response_model=RecordedDrill,
        responses=_ANSWERS | problems(DrillRefused, KeyReused),
    )
    async def record_drill(
        caller: Recorder, sent: Sent, response: Response, session: WriteSession, at_hand: AtHand, now: Now
    ) -> RecordedDrill | Response:
        """Record a safety drill of one's school, or a list of up to 500, of which each stands alone.

        The same drill again is there (200); another under its id is 422.
        """
        commands = read_each(sent, RecordDrill) if isinstance(sent, list) else [sent]
        ring = at_hand.ring
        verdicts = await record_drills(session, commands, caller=caller, ring=ring, zone=zone, now=now)
        if isinstance(sent, list):
            return answer_each(verdicts, "drill_id")
        (verdict,) = verdicts
        if verdict.entry_id is None or verdict.faults:
            raise DrillRefused(errors=verdict.faults)
        response.status_code = verdict.status
        response.headers["Location"] = f"/v1/drills/{verdict.entry_id}"
        return await find_drill(session, caller, verdict.entry_id, ring)

    @router.get("/drills/{drill_id}", response_model=RecordedDrill, responses=problems(DrillNotFound))
    async def read_drill(caller: Reader, drill_id: UUID, session: ReadOnlySession, at_hand: AtHand) -> RecordedDrill:
        """One drill of one's schools."""
        return await find_drill(session, caller, drill_id, at_hand.ring)

    @router.get("/drills", responses=problems(CursorUnusable))
    async def read_drills(
        caller: Reader,
        request: Request,
        response: Response,
        session: ReadOnlySession,
        at_hand: AtHand,
        school_id: Annotated[str | None, Query(max_length=255)] = None,
        type_: Annotated[DrillType | None, Query(alias="type")] = None,
        from_on: Annotated[Day | None, Query(alias="from", description="The first day.")] = None,
        to_on: Annotated[Day | None, Query(alias="to", description="The last day.")] = None,
        cursor: Cursor = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> Page[RecordedDrill]:
        """The drills of one's schools, the newest first."""
        found = await list_drills(
            session,
            caller,
            at_hand.ring,
            school_id=school_id,
            kind=type_,
            from_on=from_on,
            to_on=to_on,
            before=behind_instant(_LIST, cursor),
            limit=limit + 1,
        )
        return page_of(found, limit, _cursor_behind, request=request, response=response)


def _cursor_behind(drill: RecordedDrill) -> str:
    return cursor_at(_LIST, drill.held_at, drill.drill_id)
