"""`changed_since`: the list of referrals as a client follows it, page after page, today and tomorrow."""

from uuid import UUID

from fastapi import Request, Response

from referral_api.referrals.errors import WouldHideChanges
from referral_api.referrals.views.changes import BEGINNING, NeverGivenOut, Place, changes_since
from shared.auth import Caller
from shared.errors import Fault
from shared.http.paging import decode_cursor, encode_cursor, link_next, unusable
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
    except NeverGivenOut:
        raise unusable(PARAMETER) from None
    next_cursor = encode_cursor(_CURSOR, page.behind.change_no, str(page.behind.referral_id), school_id or "")
    body = b'{"items":%b,"next_cursor":"%b"}' % (page.items, next_cursor.encode())
    response = Response(body, media_type="application/json")
    link_next(request, response, next_cursor if page.is_full else None, parameter=PARAMETER)
    return response


def _place(cursor: str, school_id: str | None) -> Place:
    """Where the cursor stands, which must have been given out for the same school, or for all."""
    if not cursor:
        return BEGINNING
    change_no, referral_id, of_school = decode_cursor(_CURSOR, cursor, (int, str, str), parameter=PARAMETER)
    try:
        place = Place(change_no, UUID(referral_id))
    except ValueError:
        raise unusable(PARAMETER) from None
    if of_school != (school_id or "") or not BEGINNING.change_no <= change_no <= _MOST:
        raise unusable(PARAMETER)
    return place
