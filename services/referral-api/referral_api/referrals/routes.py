"""Referrals over HTTP: parse, who may, one operation or query, answer."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from referral_api.referrals.errors import (
    ConsentInFuture,
    ContactExists,
    ContactInFuture,
    ContactTooEarly,
    NoSuchStep,
    NotedInFuture,
    NotedTooLongAgo,
    NothingToReopen,
    NotYourStep,
    ReferralExists,
    ReferralNotFound,
    SchoolNotFound,
    StillOpen,
    StudentNotAtSchool,
)
from referral_api.referrals.operations.answering import GiveFeedback, NoteContact
from referral_api.referrals.operations.answering import give_feedback as give
from referral_api.referrals.operations.answering import note_contact as note
from referral_api.referrals.operations.consenting import Consent
from referral_api.referrals.operations.consenting import record_consent as keep_consent
from referral_api.referrals.operations.moving import MoveReferral
from referral_api.referrals.operations.moving import move_referral as move
from referral_api.referrals.operations.submitting import SubmitReferral
from referral_api.referrals.operations.submitting import submit_referral as submit
from referral_api.referrals.rules import Referral, Status, ensure_visible
from referral_api.referrals.views import (
    ReferralView,
    find_referral,
    list_referrals,
    record_of,
    view_for,
)
from shared.auth import Caller
from shared.auth.permissions import Permission
from shared.events.base import Instant
from shared.http.etags import ChangedMeanwhile, IfMatch, etag
from shared.http.idempotency import KeyReused, RememberedRoute
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
from shared.http.runtime import AtHand, Now, ReadOnlySession, WriteSession, allowed

router = APIRouter(prefix="/v1/referrals", tags=["referrals"], route_class=RememberedRoute)

Submitter = Annotated[Caller, Depends(allowed(Permission.REFERRALS_SUBMIT))]
Reader = Annotated[Caller, Depends(allowed(Permission.REFERRALS_READ))]
Mover = Annotated[Caller, Depends(allowed(Permission.REFERRALS_MOVE))]
Contacter = Annotated[Caller, Depends(allowed(Permission.REFERRALS_CONTACT))]
Answerer = Annotated[Caller, Depends(allowed(Permission.REFERRALS_FEEDBACK))]
ConsentKeeper = Annotated[Caller, Depends(allowed(Permission.REFERRALS_CONTACT))]

_CURSOR = "referrals"
_THERE_ALREADY: dict[int | str, dict[str, Any]] = {
    200: {
        "model": ReferralView,
        "description": "It was there already, just so.",
    }
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@router.post(
    "",
    status_code=201,
    response_model=ReferralView,
    responses=_THERE_ALREADY
    | problems(
        SchoolNotFound,
        StudentNotAtSchool,
        NotedInFuture,
        NotedTooLongAgo,
        ConsentInFuture,
        NothingToReopen,
        StillOpen,
        ReferralExists,
        KeyReused,
    ),
)
async def submit_referral(
    caller: Submitter, command: SubmitReferral, response: Response, session: WriteSession, at_hand: AtHand, now: Now
) -> ReferralView:
    """Refer a student, or save a draft. Its author is shown once what he sent, later what a referrer may know."""
    referral, is_new = await submit(session, command, caller=caller, ring=at_hand.ring, now=now)
    response.status_code = 201 if is_new else 200
    response.headers["Location"] = f"/v1/referrals/{referral.referral_id}"
    response.headers["ETag"] = etag(referral.version)
    return record_of(referral, at_hand.ring) if is_new else view_for(caller, referral, at_hand.ring)


@router.post(
    "/{referral_id}/transitions",
    response_model=ReferralView,
    responses=problems(
        ReferralNotFound, SchoolNotFound, NotYourStep, NoSuchStep, ChangedMeanwhile, StudentNotAtSchool, KeyReused
    ),
)
async def move_referral(
    caller: Mover,
    referral_id: UUID,
    command: MoveReferral,
    response: Response,
    session: WriteSession,
    at_hand: AtHand,
    now: Now,
    if_match: IfMatch = None,
) -> ReferralView:
    """Take a step in a referral's life; a step that is not there is refused with those that are."""
    after = await move(session, referral_id, command, caller=caller, ring=at_hand.ring, if_match=if_match, now=now)
    return _answer(caller, after, response, at_hand)


@router.post(
    "/{referral_id}/contacts",
    status_code=201,
    response_model=ReferralView,
    responses=problems(
        ReferralNotFound,
        NotYourStep,
        NoSuchStep,
        ContactExists,
        ChangedMeanwhile,
        ContactInFuture,
        ContactTooEarly,
        KeyReused,
    ),
)
async def note_contact(
    caller: Contacter,
    referral_id: UUID,
    command: NoteContact,
    response: Response,
    session: WriteSession,
    at_hand: AtHand,
    now: Now,
    if_match: IfMatch = None,
) -> ReferralView:
    """Note a try to reach the student or family; the first success stops the contact clock."""
    after = await note(session, referral_id, command, caller=caller, if_match=if_match, now=now)
    return _answer(caller, after, response, at_hand)


@router.post(
    "/{referral_id}/feedback",
    status_code=201,
    response_model=ReferralView,
    responses=problems(ReferralNotFound, NotYourStep, NoSuchStep, ChangedMeanwhile, KeyReused),
)
async def give_feedback(
    caller: Answerer,
    referral_id: UUID,
    command: GiveFeedback,
    response: Response,
    session: WriteSession,
    at_hand: AtHand,
    now: Now,
    if_match: IfMatch = None,
) -> ReferralView:
    """Tell the referrer; with an outcome this closes the loop."""
    after = await give(session, referral_id, command, caller=caller, ring=at_hand.ring, if_match=if_match, now=now)
    return _answer(caller, after, response, at_hand)


@router.put(
    "/{referral_id}/consent",
    response_model=ReferralView,
    responses=problems(ReferralNotFound, NotYourStep, ChangedMeanwhile, ConsentInFuture),
)
async def record_consent(
    caller: ConsentKeeper,
    referral_id: UUID,
    command: Consent,
    response: Response,
    session: WriteSession,
    at_hand: AtHand,
    now: Now,
    if_match: IfMatch = None,
) -> ReferralView:
    """State whether a parent agreed to sharing beyond the school."""
    after = await keep_consent(session, referral_id, command, caller=caller, if_match=if_match, now=now)
    return _answer(caller, after, response, at_hand)


@router.get("/{referral_id}", response_model=ReferralView, responses=problems(ReferralNotFound))
async def read_referral(
    caller: Reader, referral_id: UUID, response: Response, session: ReadOnlySession, at_hand: AtHand
) -> ReferralView:
    """One referral: in full for those who work it, by status class for who referred."""
    found = await find_referral(session, district_id=caller.district_id, referral_id=referral_id)
    if found is None:
        raise ReferralNotFound
    ensure_visible(caller, found)
    return _answer(caller, found, response, at_hand)


@router.get("", response_model=Page[ReferralView], responses=problems(CursorUnusable))
async def read_referrals(
    caller: Reader,
    request: Request,
    response: Response,
    session: ReadOnlySession,
    at_hand: AtHand,
    status: Annotated[Status | None, Query(description="Of those read in full.")] = None,
    school_id: str | None = None,
    due_before: Annotated[
        Instant | None,
        Query(description="Not yet contacted, and due before this instant; of those read in full."),
    ] = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[ReferralView]:
    """The referrals the caller may see, newest first."""
    found = await list_referrals(
        session,
        caller,
        status=status,
        school_id=school_id,
        due_before=due_before,
        before=_behind(cursor),
        limit=limit + 1,
    )
    shown = found[:limit]
    next_cursor = _cursor_of(shown[-1]) if len(found) > limit else None
    link_next(request, response, next_cursor)
    return Page(items=[view_for(caller, r, at_hand.ring) for r in shown], next_cursor=next_cursor)


def _answer(caller: Caller, referral: Referral, response: Response, at_hand: AtHand) -> ReferralView:
    response.headers["ETag"] = etag(referral.version)
    return view_for(caller, referral, at_hand.ring)


def _cursor_of(referral: Referral) -> str:
    since = (referral.created_at - _EPOCH) // timedelta(microseconds=1)
    return encode_cursor(_CURSOR, since, str(referral.referral_id))


def _behind(cursor: str | None) -> tuple[datetime, UUID] | None:
    if cursor is None:
        return None
    since, referral_id = decode_cursor(_CURSOR, cursor, (int, str))
    try:
        return _EPOCH + timedelta(microseconds=since), UUID(referral_id)
    except (ValueError, OverflowError):
        raise CursorUnusable from None
