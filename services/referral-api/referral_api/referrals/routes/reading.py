"""Reading referrals over HTTP: the history of one, or those that the caller may see."""

from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from referral_api.referrals.errors import ReferralNotFound, StatusOnly, WouldHideChanges
from referral_api.referrals.routes.catching_up import changes, ensure_nothing_is_hidden
from referral_api.referrals.rules import Referral, Status, ensure_reads_in_full
from referral_api.referrals.views.finding import list_referrals, visible_referral
from referral_api.referrals.views.history import HistoryEntry, Position, history_of, position
from referral_api.referrals.views.records import ListedReferral, view_for
from shared.auth import Caller
from shared.auth.permissions import Permission
from shared.http.bodies import Moment
from shared.http.paging import (
    DEFAULT_LIMIT,
    Cursor,
    CursorUnusable,
    Limit,
    Page,
    behind_instant,
    cursor_at,
    decode_cursor,
    encode_cursor,
    link_next,
    unusable,
)
from shared.http.problems import problems
from shared.http.runtime import AtHand, ReadOnlySession, allowed

router = APIRouter(prefix="/v1/referrals", tags=["referrals"])

Reader = Annotated[Caller, Depends(allowed(Permission.REFERRALS_READ))]

_CURSOR, _HISTORY = "referrals", "referral-history"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@router.get("/{referral_id}/history", responses=problems(ReferralNotFound, StatusOnly, CursorUnusable))
async def read_history(
    caller: Reader,
    referral_id: UUID,
    request: Request,
    response: Response,
    session: ReadOnlySession,
    at_hand: AtHand,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[HistoryEntry]:
    """Who did what when, and what it changed, oldest first: for those who read the referral in full."""
    referral = await visible_referral(session, caller, referral_id)
    ensure_reads_in_full(caller, referral)
    found = await history_of(
        session, referral, caller, at_hand.ring, behind=_position(referral_id, cursor), limit=limit + 1
    )
    shown = found[:limit]
    next_cursor = _cursor_behind(referral_id, shown[-1].position) if len(found) > limit else None
    link_next(request, response, next_cursor)
    return Page(items=[placed.entry for placed in shown], next_cursor=next_cursor)


@router.get("", response_model=Page[ListedReferral], responses=problems(CursorUnusable, WouldHideChanges))
async def read_referrals(
    caller: Reader,
    request: Request,
    response: Response,
    at_hand: AtHand,
    status: Annotated[Status | None, Query(description="Of those read in full.")] = None,
    school_id: str | None = None,
    due_before: Annotated[
        Moment | None,
        Query(description="Open, not yet contacted, and due before this instant; of those read in full."),
    ] = None,
    changed_since: Annotated[
        str | None,
        Query(
            description="Instead of the newest: what has changed since the `next_cursor` of the last look, in the"
            " order of its changes and with a tombstone for what is gone; empty from the beginning.",
            max_length=1000,
        ),
    ] = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[ListedReferral] | Response:
    """The referrals the caller may see, newest first; or what has changed of them."""
    if changed_since is not None:
        ensure_nothing_is_hidden(status=status, due_before=due_before, cursor=cursor)
        return await changes(caller, request, at_hand, since=changed_since, school_id=school_id, limit=limit)
    async with at_hand.database.read(caller.district_id) as session:
        found = await list_referrals(
            session,
            caller,
            status=status,
            school_id=school_id,
            due_before=due_before,
            before=behind_instant(_CURSOR, cursor),
            limit=limit + 1,
        )
    shown = found[:limit]
    next_cursor = _cursor_of(shown[-1]) if len(found) > limit else None
    link_next(request, response, next_cursor)
    return Page(items=[view_for(caller, r, at_hand.ring) for r in shown], next_cursor=next_cursor)


def _cursor_behind(referral_id: UUID, shown: Position) -> str:
    return encode_cursor(_HISTORY, str(referral_id), _microseconds(shown.happened_at), int(shown.source), shown.key)


def _position(referral_id: UUID, cursor: str | None) -> Position | None:
    if cursor is None:
        return None
    of_referral, since, source, key = decode_cursor(_HISTORY, cursor, (str, int, int, str))
    try:
        shown = position(_EPOCH + timedelta(microseconds=since), source, key)
    except (ValueError, OverflowError):
        raise unusable() from None
    if of_referral != str(referral_id):
        raise unusable()
    return shown


def _cursor_of(referral: Referral) -> str:
    return cursor_at(_CURSOR, referral.created_at, referral.referral_id)


def _microseconds(instant: datetime) -> int:
    return (instant - _EPOCH) // timedelta(microseconds=1)
