"""What contact clocks have to say is said: the reminder before, the escalation after, each once per referral."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Row, select

from referral_api.calendar.rules import SchoolCalendar
from referral_api.calendar.views import calendars_of
from referral_api.referrals import announcements, clocks
from referral_api.referrals.clocks import Said
from referral_api.referrals.models import STANDS_STILL, referrals
from referral_api.referrals.operations.isolating import each_alone, set_aside
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


class _Rung(NamedTuple):
    """What became of one clock: how the calendar moved it, the referral once it has spoken, and what is announced."""

    move: Move | None
    after: Referral | None
    events: Sequence[ReferralEvent]


async def next_alarm(session: ReadSession) -> datetime | None:
    """When the first clock of any district has something to say: one step down a small index."""
    alarm_at = referrals.c.alarm_at
    found = await session.execute(select(alarm_at).where(alarm_at.is_not(None)).order_by(alarm_at).limit(1))
    return found.scalar_one_or_none()


async def ring_alarms(session: Session, now: datetime, *, most: int = CHUNK) -> int:
    """At most so many clocks that have something to say by now have said it; how many, 0 when there are no more.

    ReferralContactReminded or ReferralContactOverdue is announced of each. Before that each is set by the calendar of
    the present, and ReferralRescheduled is announced where it was not: nobody is escalated by a calendar of the past.
    Where that cannot be read, each speaks at the time it was set to. A referral that cannot be read is set aside.
    What somebody else is just changing is left for the next look: he may be noting the contact.
    """
    due = select(referrals).where(referrals.c.alarm_at <= now).order_by(referrals.c.alarm_at).limit(most)
    rows = (await session.execute(due.with_for_update(skip_locked=True))).all()
    calendars = await calendars_of(session, {r.district_id for r in rows})
    all_rung, unreadable = each_alone(rows, lambda row: _ring(row, calendars[row.district_id], now))
    await store_moves(session, [r.move for r in all_rung if r.move], BY_THE_CLOCK)
    spoken = [r.after for r in all_rung if r.after]
    await bulk_update(session, referrals, _RUNG, [[getattr(r, column) for column in _RUNG] for r in spoken])
    await set_aside(session, unreadable, now)
    await record(session, *[event for r in all_rung for event in r.events], source=SOURCE)
    return len(rows)


def _ring(row: Row[Any], calendar: SchoolCalendar | None, now: datetime) -> _Rung:
    before = referral_of(row)
    timed = clocks.reschedule(before, calendar, now) if calendar else before
    events: list[ReferralEvent] = []
    if timed.due_at != before.due_at:
        events.append(announcements.rescheduled(before, timed, event_id=new_event_id(), now=now))
    after, said = clocks.ring(timed, now)
    if said is not None:
        events.append(_ANNOUNCE[said](after, event_id=new_event_id(), now=now))
    return _Rung(Move(before, timed) if timed is not before else None, after if after is not timed else None, events)


async def some_stand_still(session: ReadSession) -> bool:
    """Whether a referral waits for a contact without an alarm. Its index holds no row but such ones."""
    found = await session.execute(select(referrals.c.referral_id).where(STANDS_STILL).limit(1))
    return found.first() is not None


async def wind_clocks(session: Session, now: datetime, *, most: int = CHUNK) -> int:
    """At most so many referrals that wait without an alarm have one; how many, 0 when there are no more.

    A process of the first release, which knows of none, wrote them while the suite was brought to this one.
    ReferralRescheduled is announced where the calendar has another due time than that release, which knew no calendar.
    """
    still = select(referrals).where(STANDS_STILL).limit(most)
    rows = (await session.execute(still.with_for_update(skip_locked=True))).all()
    calendars = await calendars_of(session, {r.district_id for r in rows})
    moves, unreadable = each_alone(rows, lambda row: _wind(row, calendars[row.district_id], now))
    await store_moves(session, moves, BY_THE_CLOCK)
    await set_aside(session, unreadable, now)
    events = [announcements.rescheduled(*m, event_id=new_event_id(), now=now) for m in moves if m.is_told]
    await record(session, *events, source=SOURCE)
    return len(rows)


def _wind(row: Row[Any], calendar: SchoolCalendar | None, now: datetime) -> Move:
    before = referral_of(row)
    return Move(before, clocks.reschedule(before, calendar, now) if calendar else clocks.wind(before))
