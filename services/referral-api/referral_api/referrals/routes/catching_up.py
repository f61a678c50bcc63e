"""`changed_since`: the list of referrals as a client follows it, page after page, today and tomorrow."""

from uuid import UUID

from fastapi import Request, Response

from referral_api.referrals.errors import WouldHideChanges
from referral_api.referrals.views.changes import changes_since
from referral_api.referrals.views.standing import BEGINNING, NeverGivenOut, Place
from shared.auth import Caller
from shared.errors import Fault
from shared.http.paging import CursorUnusable, decode_cursor, encode_cursor, link_next
from shared.http.runtime import Runtime

PARAMETER = "changed_since"
_CURSOR = "referral-changes"
_MOST = (1 << 63) - 1


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

    Raises: CursorUnusable.
    """
    try:
        page = await changes_since(
            at_hand.database, caller, at_hand.ring, since=_place(since, school_id), school_id=school_id, limit=limit
        )
    except (CursorUnusable, NeverGivenOut):
        fault = Fault(f"query.{PARAMETER}", "is none that this list gave out, or of a state that is lost")
        raise CursorUnusable("Begin anew, with an empty one.", errors=[fault]) from None
    next_cursor = _cursor(page.behind, school_id)
    body = b'{"items":%b,"next_cursor":"%b"}' % (page.items, next_cursor.encode())
    response = Response(body, media_type="application/json")
    link_next(request, response, next_cursor if page.has_more else None, parameter=PARAMETER)
    return response


def _cursor(place: Place, school_id: str | None) -> str:
    return encode_cursor(_CURSOR, place.change_no, str(place.referral_id), str(place.era_id), school_id or "")


def _place(cursor: str, school_id: str | None) -> Place:
    """Where the cursor stands, which must have been given out for the same school, or for all.

    Raises: CursorUnusable, NeverGivenOut.
    """
    if not cursor:
        return BEGINNING
    change_no, referral_id, era_id, of_school = decode_cursor(_CURSOR, cursor, (int, str, str, str))
    if of_school != (school_id or "") or not BEGINNING.change_no <= change_no <= _MOST:
        raise NeverGivenOut
    try:
        return Place(change_no, UUID(referral_id), UUID(era_id))
    except ValueError:
        raise NeverGivenOut from None
