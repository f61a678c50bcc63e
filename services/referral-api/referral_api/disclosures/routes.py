"""The disclosure ledger over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from referral_api.disclosures.errors import StudentNotNamed
from referral_api.disclosures.views import Disclosure, list_disclosures
from referral_api.students.errors import StudentNotFound
from referral_api.students.views import ensure_visible
from shared.auth import Caller
from shared.auth.permissions import Permission
from shared.errors import Fault
from shared.http.paging import (
    DEFAULT_LIMIT,
    Cursor,
    CursorUnusable,
    Limit,
    Page,
    decode_cursor,
    encode_cursor,
    link_next,
)
from shared.http.problems import problems
from shared.http.runtime import ReadOnlySession, allowed

router = APIRouter(prefix="/v1/disclosures", tags=["disclosures"])

_CURSOR = "disclosures"


@router.get("", responses=problems(StudentNotFound, StudentNotNamed, CursorUnusable))
async def disclosures(
    caller: Annotated[Caller, Depends(allowed(Permission.DISCLOSURES_READ))],
    request: Request,
    response: Response,
    session: ReadOnlySession,
    student_id: Annotated[str | None, Query(max_length=255)] = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[Disclosure]:
    """Who asked to see a student's record, newest first (34 CFR 99.32)."""
    if student_id is None and caller.school_ids is not None:
        raise StudentNotNamed(errors=[Fault("query.student_id", "is required")])
    if student_id is not None:
        await ensure_visible(session, caller, student_id)
    before = _behind(cursor) if cursor else None
    found = await list_disclosures(
        session, district_id=caller.district_id, student_id=student_id, before=before, limit=limit + 1
    )
    items = found[:limit]
    next_cursor = encode_cursor(_CURSOR, str(items[-1].disclosure_id)) if len(found) > limit else None
    link_next(request, response, next_cursor)
    return Page(items=items, next_cursor=next_cursor)


def _behind(cursor: str) -> UUID:
    (text,) = decode_cursor(_CURSOR, cursor, (str,))
    try:
        return UUID(text)
    except ValueError:
        raise CursorUnusable() from None
