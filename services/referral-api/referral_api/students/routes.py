"""Schools and students over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from referral_api.clearance.freshness import StandingPolicy
from referral_api.disclosures.operations.opening import Asking
from referral_api.disclosures.routes.asking import OPENED, REFUSALS, STATED, asking_under, told_to
from referral_api.students.errors import StudentNotFound
from referral_api.students.identity import StudentIdentity
from referral_api.students.operations import disclose_student
from referral_api.students.views import School, Student, list_schools, list_students
from shared.auth import Caller
from shared.auth.permissions import Permission
from shared.http.paging import (
    DEFAULT_LIMIT,
    Cursor,
    CursorUnusable,
    Limit,
    Page,
    behind_text,
    encode_cursor,
    link_next,
    page_of,
)
from shared.http.problems import problems
from shared.http.runtime import AtHand, ReadOnlySession, WriteSession, allowed

router = APIRouter(prefix="/v1", tags=["roster"])

_SCHOOLS, _STUDENTS = "schools", "students"
_SOUGHT = (
    "Words of the student's names, in any order and whatever their case and accents: each is the beginning of the "
    "given name, of the family name, or of a word in either. One word alone may also be the beginning of the "
    "`student_id`. Blank is as if it were not there."
)


@router.get("/schools", responses=problems(CursorUnusable))
async def schools(
    caller: Annotated[Caller, Depends(allowed(Permission.SCHOOLS_READ))],
    request: Request,
    response: Response,
    session: ReadOnlySession,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[School]:
    """The district's schools, of those that the caller may see."""
    found = await list_schools(session, caller=caller, after=behind_text(_SCHOOLS, cursor) or "", limit=limit + 1)
    return page_of(found, limit, _cursor_behind, request=request, response=response)


def _cursor_behind(school: School) -> str:
    return encode_cursor(_SCHOOLS, school.school_id)


@router.get("/students", responses=problems(CursorUnusable))
async def students(
    caller: Annotated[Caller, Depends(allowed(Permission.STUDENTS_LIST))],
    request: Request,
    response: Response,
    session: ReadOnlySession,
    at_hand: AtHand,
    school_id: Annotated[str | None, Query(max_length=255)] = None,
    grade: Annotated[str | None, Query(max_length=5, description="CEDS code: KG, 01 … 12.")] = None,
    q: Annotated[str | None, Query(max_length=100, description=_SOUGHT)] = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[Student]:
    """Students, of those that the caller may see. A page may hold few items and still have a next one."""
    items, behind = await list_students(
        session,
        caller=caller,
        ring=at_hand.ring,
        school_id=school_id,
        grade=grade,
        q=q,
        after=behind_text(_STUDENTS, cursor) or "",
        limit=limit,
    )
    next_cursor = encode_cursor(_STUDENTS, behind) if behind is not None else None
    link_next(request, response, next_cursor)
    return Page(items=items, next_cursor=next_cursor)


def record_routes(policy: StandingPolicy) -> APIRouter:
    """The route of one student's record; `policy` says how stale what is known of an officer's standing may be."""
    routes = APIRouter(prefix="/v1", tags=["roster"])

    # A sourcedId may hold a slash, and `%2F` is one by the time that routes are compared. So a path under a student's
    # has to be routed before this one.
    @routes.get(
        "/students/{student_id:path}",
        response_model=Student | StudentIdentity,
        responses=problems(StudentNotFound, *REFUSALS) | OPENED,
        openapi_extra=STATED,
    )
    async def student(
        caller: Annotated[Caller, Depends(allowed(Permission.STUDENTS_READ))],
        student_id: str,
        request: Request,
        response: Response,
        session: WriteSession,
        asking: Annotated[Asking, Depends(asking_under(policy))],
    ) -> Student | StudentIdentity | Response:
        """One student. Reading it is a disclosure and is noted in the ledger.

        An officer says what for, needs current training and an agreement that covers him, and is shown who the student
        is; what he is refused is noted as well.
        """
        return told_to(asking, await disclose_student(session, student_id, asking), request, response)

    return routes
