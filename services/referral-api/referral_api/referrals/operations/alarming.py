"""What contact clocks have to say is said: the reminder before, the escalation after, each once per referral."""

from datetime import datetime

from sqlalchemy import select

from referral_api.calendar.views import calendars_of
from referral_api.referrals import announcements, clocks
from referral_api.referrals.clocks import Said
from referral_api.referrals.models import referrals
from referral_api.referrals.operations.rescheduling import BY_THE_CLOCK, CHUNK, Move, store_moves
from referral_api.referrals.operations.storing import SOURCE
from referral_api.referrals.rules import Referral
from referral_api.referrals.views.finding import referral_of
from shared.bulk import bulk_update
from shared.db import ReadSession, Session
from shared.events.referrals import ReferralEvent
from shared.outbox import new_event_id, record

_ANNOUNCE = {Said.REMINDED: announcements.reminded, Said.OVERDUE: announcements.overdue}
_RUNG = ("district_id", "referral_id", "alarm_at", "reminded_at", "overdue_at")


async def next_alarm(session: ReadSession) -> datetime | None:
    """When the first clock of any district has something to say: one step down a small index."""
    alarm_at = referrals.c.alarm_at
    found = await session.execute(select(alarm_at).where(alarm_at.is_not(None)).order_by(alarm_at).limit(1))
    return found.scalar_one_or_none()


async def ring_alarms(session: Session, now: datetime, *, most: int = CHUNK) -> int:
    """At most so many clocks that have something to say by now have said it; how many, 0 when there are no more.

    ReferralContactReminded or ReferralContactOverdue is announced of each. Before that each is set by the calendar of
    the present, and ReferralRescheduled is announced where it was not: nobody is escalated by a calendar of the past.
    What somebody else is just changing is left for the next look: he may be noting the contact.
    """
    found = await _due(session, now, most)
    calendars = await calendars_of(session, {r.district_id for r in found})
    moves: list[Move] = []
    rung: list[Referral] = []
    events: list[ReferralEvent] = []
    for before in found:
        timed = clocks.reschedule(before, calendars[before.district_id], now)
        if timed is not before:
            moves.append(Move(before, timed))
            events.append(announcements.rescheduled(before, timed, event_id=new_event_id(), now=now))
        after, said = clocks.ring(timed, now)
        if after is not timed:
            rung.append(after)
        if said is not None:
            events.append(_ANNOUNCE[said](after, event_id=new_event_id(), now=now))
    await store_moves(session, moves, BY_THE_CLOCK)
    await bulk_update(session, referrals, _RUNG, [[getattr(r, column) for column in _RUNG] for r in rung])
    await record(session, *events, source=SOURCE)
    return len(found)


async def _due(session: Session, now: datetime, most: int) -> list[Referral]:
    """Referrals whose alarm has come, the longest waiting first, locked until the transaction ends."""
    wanted = select(referrals).where(referrals.c.alarm_at <= now).order_by(referrals.c.alarm_at).limit(most)
    return [referral_of(row) for row in await session.execute(wanted.with_for_update(skip_locked=True))]
