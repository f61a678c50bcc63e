"""`changed_since`: the list of referrals as a client follows it, page after page, today and tomorrow."""

from uuid import UUID

from fastapi import Request, Response

from referral_api.referrals.errors import WouldHideChanges
from referral_api.referrals.views.changes import changes_since
from referral_api.referrals.views.standing import BEGINNING, NeverGivenOut, Place
from referral_api.referrals.views.visibility import reach_of
from shared.auth import Caller
from shared.errors import Fault
from shared.http.paging import CursorUnusable, decode_cursor, encode_cursor, link_next
from shared.http.runtime import Runtime

PARAMETER = "changed_since"
_CURSOR = "referral-changes"
_MOST = (1 << 63) - 1
_NOT_OURS = "is none that this list gave out, or of a state that is lost, or of other schools than are open to you now"


def ensure_nothing_is_hidden(**filters: object) -> None:
    """Only what never changes about a referral may be filtered by. Raises: WouldHideChanges."""
    asked = [name for name, value in filters.items() if value is not None]
    if asked:
        faults = [Fault(f"query.{name}", f"cannot go with {PARAMETER}") for name in asked]
        raise WouldHideChanges(errors=faults)


async def changes(
    caller: Caller, request: Request, at_hand: Runtime, *, since: str, school_id: str | None, limit: int
) -> Response:
    """One page of changes. The cursor for the next time is always there, `Link` only while there is more by now.

    It is good for the school that was asked for, and for whoever may see the same referrals: what has come within the
    caller's reach since, or has left it, is no change of those referrals, and would be missed.
    Raises: CursorUnusable.
    """
    asked = (school_id or "", reach_of(caller))
    try:
        page = await changes_since(
            at_hand.database, caller, at_hand.ring, since=_place(since, asked), school_id=school_id, limit=limit
        )
    except (CursorUnusable, NeverGivenOut):
        fault = Fault(f"query.{PARAMETER}", _NOT_OURS)
        raise CursorUnusable("Begin anew, with an empty one.", errors=[fault]) from None
    next_cursor = _cursor(page.behind, asked)
    body = b'{"items":%b,"next_cursor":"%b"}' % (page.items, next_cursor.encode())
    response = Response(body, media_type="application/json")
    link_next(request, response, next_cursor if page.has_more else None, parameter=PARAMETER)
    return response


def _cursor(place: Place, asked: tuple[str, str]) -> str:
    return encode_cursor(_CURSOR, place.change_no, str(place.referral_id), str(place.era_id), *asked)


def _place(cursor: str, asked: tuple[str, str]) -> Place:
    """Where the cursor stands, which must have been given out for the same question.

    Raises: CursorUnusable, NeverGivenOut.
    """
    if not cursor:
        return BEGINNING
    change_no, referral_id, era_id, *given_for = decode_cursor(_CURSOR, cursor, (int, str, str, str, str))
    if tuple(given_for) != asked or not BEGINNING.change_no <= change_no <= _MOST:
        raise NeverGivenOut
    try:
        return Place(change_no, UUID(referral_id), UUID(era_id))
    except ValueError:
        raise NeverGivenOut from None
