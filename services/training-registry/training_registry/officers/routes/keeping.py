"""Who the officers are, over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from shared.auth import Caller
from shared.auth.permissions import Permission
from shared.http.bodies import ChosenId, Line, Moment, SourcedId
from shared.http.etags import ChangedMeanwhile, IfMatch, etag
from shared.http.paging import (
    DEFAULT_LIMIT,
    Cursor,
    CursorUnusable,
    Limit,
    Page,
    behind_text,
    encode_cursor,
    page_of,
)
from shared.http.problems import problems
from shared.http.runtime import AtHand, Now, ReadOnlySession, WriteSession, allowed
from training_registry.changes import OnOfficersChanged
from training_registry.officers.errors import OfficerNotFound, OwnRecord
from training_registry.officers.operations import keeping
from training_registry.officers.operations.keeping import KeepOfficer
from training_registry.officers.views import finding
from training_registry.officers.views.finding import find_officer
from training_registry.officers.views.records import OfficerView, officer_view_of

_LIST = "officers"
_MADE: dict[int | str, dict[str, Any]] = {201: {"model": OfficerView, "description": "He was not there before."}}

Reader = Annotated[Caller, Depends(allowed(Permission.OFFICERS_READ))]
Keeper = Annotated[Caller, Depends(allowed(Permission.OFFICERS_KEEP))]


def add_officer_routes(router: APIRouter, on_change: OnOfficersChanged) -> None:
    """List, read and write officers down."""

    @router.get("", responses=problems(CursorUnusable))
    async def list_officers(
        caller: Reader,
        request: Request,
        response: Response,
        session: ReadOnlySession,
        at_hand: AtHand,
        school_id: Annotated[SourcedId | None, Query(description="Only who was ever assigned to it.")] = None,
        agency: Annotated[Line | None, Query(description="Only whom this agency employs.")] = None,
        cursor: Cursor = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> Page[OfficerView]:
        """Officers by id: all to the district, to a school those ever assigned to it, to an officer himself."""
        after = behind_text(_LIST, cursor) or ""
        rows = await finding.list_officers(
            session, caller, school_id=school_id, agency=agency, after=after, limit=limit + 1
        )
        found = [officer_view_of(row, at_hand.ring) for row in rows]
        return page_of(found, limit, _cursor_behind, request=request, response=response)

    @router.get("/{officer_id}", responses=problems(OfficerNotFound))
    async def read_officer(
        caller: Reader,
        officer_id: ChosenId,
        response: Response,
        session: ReadOnlySession,
        at_hand: AtHand,
        known_at: Annotated[Moment | None, Query(description="As he was known at this instant.")] = None,
    ) -> OfficerView:
        """One officer, as he is known now or was then."""
        row = await find_officer(session, caller, officer_id, known_at=known_at)
        response.headers["ETag"] = etag(row.version)
        return officer_view_of(row, at_hand.ring)

    @router.put("/{officer_id}", responses=_MADE | problems(OwnRecord, OfficerNotFound, ChangedMeanwhile))
    async def keep_officer(
        caller: Keeper,
        officer_id: ChosenId,
        command: KeepOfficer,
        response: Response,
        session: WriteSession,
        at_hand: AtHand,
        now: Now,
        if_match: IfMatch = None,
    ) -> OfficerView:
        """Write an officer down, or what is known of him anew; what was known before stays known."""
        is_new = await keeping.keep_officer(
            session,
            officer_id,
            command,
            caller=caller,
            ring=at_hand.ring,
            if_match=if_match,
            now=now,
            on_change=on_change,
        )
        row = await find_officer(session, caller, officer_id)
        response.status_code = 201 if is_new else 200
        response.headers["ETag"] = etag(row.version)
        return officer_view_of(row, at_hand.ring)


def _cursor_behind(officer: OfficerView) -> str:
    return encode_cursor(_LIST, officer.officer_id)
