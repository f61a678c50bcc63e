"""Officers' assignments to schools, over HTTP."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from shared.auth import Caller
from shared.auth.permissions import Permission
from shared.http.bodies import ChosenId, Id
from shared.http.etags import ChangedMeanwhile, IfMatch, etag
from shared.http.idempotency import KeyReused
from shared.http.paging import (
    DEFAULT_LIMIT,
    Cursor,
    CursorUnusable,
    Limit,
    Page,
    behind_id,
    encode_cursor,
    page_of,
)
from shared.http.problems import problems
from shared.http.runtime import AtHand, Now, ReadOnlySession, WriteSession, allowed
from training_registry.changes import OnOfficersChanged
from training_registry.officers.errors import (
    AssignmentExists,
    AssignmentNotFound,
    AssignmentOverlaps,
    AssignmentWithdrawn,
    EndsBeforeItBegins,
    OfficerNotFound,
    OwnRecord,
    SchoolNotYours,
)
from training_registry.officers.operations import assigning
from training_registry.officers.operations.assigning import AssignOfficer, CorrectAssignment, WithdrawAssignment
from training_registry.officers.views import records
from training_registry.officers.views.finding import ensure_officer_visible
from training_registry.officers.views.records import AssignmentView, find_assignment

_LIST = "assignments"
_PATH = "/{officer_id}/assignments"

Reader = Annotated[Caller, Depends(allowed(Permission.OFFICERS_READ))]
Keeper = Annotated[Caller, Depends(allowed(Permission.OFFICERS_KEEP))]
_THERE: dict[int | str, dict[str, Any]] = {200: {"model": AssignmentView, "description": "It was there already."}}


def add_assignment_routes(router: APIRouter, on_change: OnOfficersChanged) -> None:
    """List, make, correct and withdraw assignments."""

    @router.get(_PATH, responses=problems(OfficerNotFound, CursorUnusable))
    async def list_assignments(
        caller: Reader,
        officer_id: ChosenId,
        request: Request,
        response: Response,
        session: ReadOnlySession,
        cursor: Cursor = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> Page[AssignmentView]:
        """All assignments of an officer, also to other schools than the caller's: who shares him has to know."""
        await ensure_officer_visible(session, caller, officer_id)
        after = behind_id(_LIST, cursor)
        found = await records.list_assignments(session, caller.district_id, officer_id, after=after, limit=limit + 1)
        return page_of(found, limit, _cursor_behind, request=request, response=response)

    @router.post(
        _PATH,
        status_code=201,
        responses=_THERE
        | problems(
            OwnRecord,
            OfficerNotFound,
            SchoolNotYours,
            EndsBeforeItBegins,
            AssignmentOverlaps,
            AssignmentExists,
            KeyReused,
        ),
    )
    async def assign_officer(
        caller: Keeper,
        officer_id: ChosenId,
        command: AssignOfficer,
        response: Response,
        session: WriteSession,
        now: Now,
    ) -> AssignmentView:
        """Assign an officer to a school, with the principal's part in choosing him. At one school once on any day."""
        assignment_id, is_new = await assigning.assign_officer(
            session, officer_id, command, caller=caller, now=now, on_change=on_change
        )
        response.status_code = 201 if is_new else 200
        response.headers["Location"] = f"/v1/officers/{officer_id}/assignments/{assignment_id}"
        return await _answer(session, caller, officer_id, assignment_id, response)

    @router.get(_PATH + "/{assignment_id}", responses=problems(OfficerNotFound, AssignmentNotFound))
    async def read_assignment(
        caller: Reader, officer_id: ChosenId, assignment_id: Id, response: Response, session: ReadOnlySession
    ) -> AssignmentView:
        """One assignment of an officer."""
        await ensure_officer_visible(session, caller, officer_id)
        return await _answer(session, caller, officer_id, assignment_id, response)

    @router.put(
        _PATH + "/{assignment_id}",
        responses=problems(
            OwnRecord,
            OfficerNotFound,
            AssignmentNotFound,
            SchoolNotYours,
            AssignmentWithdrawn,
            EndsBeforeItBegins,
            AssignmentOverlaps,
            ChangedMeanwhile,
        ),
    )
    async def correct_assignment(
        caller: Keeper,
        officer_id: ChosenId,
        assignment_id: Id,
        command: CorrectAssignment,
        response: Response,
        session: WriteSession,
        now: Now,
        if_match: IfMatch = None,
    ) -> AssignmentView:
        """Set an assignment's days and the principal's part anew, all of them; what stood before is kept."""
        await assigning.correct_assignment(
            session,
            officer_id,
            assignment_id,
            command,
            caller=caller,
            if_match=if_match,
            now=now,
            on_change=on_change,
        )
        return await _answer(session, caller, officer_id, assignment_id, response)

    @router.post(
        _PATH + "/{assignment_id}/withdrawal",
        responses=problems(OwnRecord, OfficerNotFound, AssignmentNotFound, SchoolNotYours, ChangedMeanwhile, KeyReused),
    )
    async def withdraw_assignment(
        caller: Keeper,
        officer_id: ChosenId,
        assignment_id: Id,
        command: WithdrawAssignment,
        response: Response,
        session: WriteSession,
        at_hand: AtHand,
        now: Now,
        if_match: IfMatch = None,
    ) -> AssignmentView:
        """Take a mistaken assignment back: it never was. One that has ended gets its last day instead."""
        await assigning.withdraw_assignment(
            session,
            officer_id,
            assignment_id,
            command,
            caller=caller,
            ring=at_hand.ring,
            if_match=if_match,
            now=now,
            on_change=on_change,
        )
        return await _answer(session, caller, officer_id, assignment_id, response)


async def _answer(
    session: ReadOnlySession, caller: Caller, officer_id: str, assignment_id: UUID, response: Response
) -> AssignmentView:
    found = await find_assignment(session, caller.district_id, officer_id, assignment_id)
    response.headers["ETag"] = etag(found.version)
    return found


def _cursor_behind(assignment: AssignmentView) -> str:
    return encode_cursor(_LIST, str(assignment.assignment_id))
