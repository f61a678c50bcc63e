"""The disclosure ledger over HTTP: read, reviewed where it was an emergency, and copied for a student's parents."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from referral_api.disclosures.errors import (
    AlreadyReviewed,
    DisclosureNotFound,
    NothingToReview,
    OwnDisclosure,
    StudentNotNamed,
)
from referral_api.disclosures.operations import reviewing
from referral_api.disclosures.operations.reviewing import ReviewDisclosure
from referral_api.disclosures.rules import Outcome
from referral_api.disclosures.views import (
    CSV_COLUMNS,
    Disclosure,
    ReviewState,
    disclosures_as_csv,
    list_disclosures,
)
from referral_api.students.errors import StudentNotFound
from referral_api.students.views import ensure_visible
from shared.auth import Caller, Role
from shared.auth.permissions import Permission
from shared.errors import Fault
from shared.http.idempotency import KeyReused, RememberedRoute
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

router = APIRouter(prefix="/v1", tags=["disclosures"], route_class=RememberedRoute)

Reader = Annotated[Caller, Depends(allowed(Permission.DISCLOSURES_READ))]

_CURSOR = "disclosures"
_SAVED_AS = 'attachment; filename="disclosures.csv"'
_ROW = "2026-11-22T14:05:00+00:00,o-1,officer,school_official_duty,student,disclosed,,,,,,\r\n"
_CSV: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {"text/csv": {"schema": {"type": "string"}, "example": f"{','.join(CSV_COLUMNS)}\r\n{_ROW}"}},
        "description": "Every request for the student's records, oldest first.",
        "headers": {
            "Content-Disposition": {
                "description": "The name to save it under.",
                "schema": {"type": "string"},
                "example": _SAVED_AS,
            }
        },
    }
}


@router.get("/disclosures", responses=problems(StudentNotFound, StudentNotNamed, CursorUnusable))
async def disclosures(
    caller: Reader,
    request: Request,
    response: Response,
    session: ReadOnlySession,
    at_hand: AtHand,
    student_id: Annotated[str | None, Query(max_length=255)] = None,
    outcome: Outcome | None = None,
    role: Annotated[Role | None, Query(description="Of those who asked.")] = None,
    review: Annotated[
        ReviewState | None, Query(description="Emergencies alone: those that wait for a second person, or had one.")
    ] = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[Disclosure]:
    """Who asked to see a student's record, and what came of it, newest first (34 CFR 99.32)."""
    if student_id is None and caller.school_ids is not None:
        raise StudentNotNamed(errors=[Fault("query.student_id", "is required")])
    if student_id is not None:
        await ensure_visible(session, caller, student_id)
    found = await list_disclosures(
        session,
        district_id=caller.district_id,
        ring=at_hand.ring,
        student_id=student_id,
        outcome=outcome,
        role=role,
        review=review,
        before=behind_id(_CURSOR, cursor),
        limit=limit + 1,
    )
    return page_of(found, limit, _cursor_behind, request=request, response=response)


@router.post(
    "/disclosures/{disclosure_id}/review",
    responses=problems(DisclosureNotFound, OwnDisclosure, NothingToReview, AlreadyReviewed, KeyReused),
)
async def review_disclosure(
    caller: Annotated[Caller, Depends(allowed(Permission.DISCLOSURES_REVIEW))],
    disclosure_id: UUID,
    command: ReviewDisclosure,
    session: WriteSession,
    at_hand: AtHand,
    now: Now,
) -> Disclosure:
    """Say as a second person whether what was disclosed in an emergency was right to be."""
    return await reviewing.review_disclosure(session, disclosure_id, command, caller=caller, ring=at_hand.ring, now=now)


# A sourcedId may hold a slash, so this takes every path that ends so, and has to be routed before the student's own.
@router.get(
    "/students/{student_id:path}/disclosures.csv",
    response_class=Response,
    responses=problems(StudentNotFound) | _CSV,
)
async def copy_disclosures(
    caller: Reader, student_id: str, session: ReadOnlySession, at_hand: AtHand
) -> StreamingResponse:
    """A student's whole ledger, for a parent's request: what was disclosed, and what was refused."""
    await ensure_visible(session, caller, student_id)
    pages = disclosures_as_csv(at_hand.database, at_hand.ring, district_id=caller.district_id, student_id=student_id)
    return StreamingResponse(pages, media_type="text/csv", headers={"Content-Disposition": _SAVED_AS})


def _cursor_behind(disclosure: Disclosure) -> str:
    return encode_cursor(_CURSOR, str(disclosure.disclosure_id))
