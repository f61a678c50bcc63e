"""Reopening: a matter that was closed is taken up again by a new referral, by one at a time."""

from uuid import UUID

from sqlalchemy import text

from referral_api.referrals import rules
from referral_api.referrals.errors import NothingToReopen, StillOpen
from referral_api.referrals.rules import OUTCOMES
from referral_api.referrals.views.finding import find_referral
from referral_api.referrals.views.matters import matter_goes_on
from shared.auth import Caller
from shared.db import Session
from shared.errors import Fault

_HOLD = text("SELECT pg_advisory_xact_lock(7215032, hashtext(:whose))")
"""Until the transaction ends nobody else reopens anything of this student; the first number is this lock's own."""


async def ensure_reopens(session: Session, reopens: UUID, *, student_id: str, caller: Caller) -> None:
    """What is to be reopened is a closed referral of this student, known to the caller, and nothing goes on about it.

    Raises: NothingToReopen, StillOpen.
    """
    before = await find_referral(session, district_id=caller.district_id, referral_id=reopens)
    visible = before is not None and (rules.may_read_in_full(caller, before) or rules.may_read_status(caller, before))
    if before is None or not visible or before.student_id != student_id:
        raise NothingToReopen(errors=[Fault("reopens", "is no referral of this student")])
    if before.status not in OUTCOMES:
        raise StillOpen
    await ensure_goes_on_nowhere(session, reopens, student_id=student_id, caller=caller)


async def ensure_goes_on_nowhere(session: Session, reopens: UUID, *, student_id: str, caller: Caller) -> None:
    """No referral is open about the same need, and until the transaction ends none becomes so by reopening.

    Raises: StillOpen, which does not say where: who referred may not know of the other.
    """
    if session.dialect.name == "postgresql":  # on SQLite there is one writer at a time
        await session.execute(_HOLD, {"whose": f"{caller.district_id}/{student_id}"})
    district_id = caller.district_id
    # A statement of its own: it sees what those have committed who held the lock before.
    if await matter_goes_on(session, district_id=district_id, student_id=student_id, referral_id=reopens):
        raise StillOpen("It goes on in another referral.")
