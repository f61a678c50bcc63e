"""Setting running contact clocks by another calendar: batch by batch, each referral noted and announced.

What is still to be done is stored with the calendar. Until a clock's turn comes, its alarm sets it as it rings.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import Row, delete, or_, select

from referral_api.calendar.rules import SchoolCalendar
from referral_api.calendar.views import calendars_of
from referral_api.referrals import announcements, clocks
from referral_api.referrals.models import referral_steps, referrals, reschedulings
from referral_api.referrals.operations.isolating import ASIDE, each_alone
from referral_api.referrals.operations.storing import SOURCE
from referral_api.referrals.rules import Doing, Referral
from referral_api.referrals.views.finding import referral_of
from shared.auth import Caller
from shared.bulk import bulk_update, bulk_upsert
from shared.db import ReadSession, Session
from shared.events.referrals import Urgency
from shared.outbox import new_event_id, record

CHUNK = 500
"""Referrals held in memory at once, each with its narrative of up to some tens of kilobytes."""
SETTLES_WITHIN = timedelta(minutes=1)
"""How long a request that began before a calendar changed may take to end."""
_FIRST = UUID(int=0)


class Move(NamedTuple):
    """A referral before and after its clock was set by another calendar."""

    before: Referral
    after: Referral

    @property
    def is_told(self) -> bool:
        """Whether anybody learns of it: a reminder that moves alone is nobody's news."""
        return self.before.due_at != self.after.due_at


class By(NamedTuple):
    """Who is noted in a referral's history."""

    taken_by: str
    role: str


BY_THE_CLOCK = By(clocks.NAME, clocks.NAME)
"""Nobody did it: the clock was found to run by an older calendar."""


@dataclass(frozen=True, slots=True)
class Rescheduling:
    """What is still to be done after a district's calendar has changed: the clocks behind this one are to be set.

    First all of them; then, once such requests have ended, those of referrals that were being sent while the calendar
    changed: they were timed by the old one, and not there yet when the others were set.
    """

    district_id: str
    behind: UUID
    submitted_since: datetime | None
    resume_at: datetime
    changed_at: datetime
    taken_by: str
    role: str

    def after(self, rows: Sequence[Row[Any]], now: datetime) -> "Rescheduling | None":
        """What is left after these; None when nothing is."""
        if len(rows) == CHUNK:
            return replace(self, behind=rows[-1].referral_id, resume_at=now)
        if self.submitted_since is not None:
            return None
        changed_at = self.changed_at
        latecomers = replace(self, behind=_FIRST, submitted_since=changed_at - SETTLES_WITHIN)
        return replace(latecomers, resume_at=changed_at + SETTLES_WITHIN, **BY_THE_CLOCK._asdict())


async def reschedule_referrals(session: Session, calendar: SchoolCalendar, *, caller: Caller, now: datetime) -> None:
    """Every clock of the district that still runs is to end as this calendar has it.

    The first of them at once, which in most districts is all; for the others it is noted that they are to follow.
    ReferralRescheduled is announced for those whose due time that moves.
    """
    begun = Rescheduling(
        district_id=caller.district_id,
        behind=_FIRST,
        submitted_since=None,
        resume_at=now,
        changed_at=now,
        taken_by=caller.sub,
        role=caller.role,
    )
    # Before any clock is set: whoever is setting a batch by the calendar before has ended then.
    await _note(session, begun)
    await _go_on(session, begun, calendar, now)


async def something_to_reschedule(session: ReadSession, now: datetime) -> bool:
    """Whether the clocks of some district are still to be set by its new calendar. A row for each such district."""
    found = await session.execute(select(reschedulings.c.district_id).where(reschedulings.c.resume_at <= now).limit(1))
    return found.first() is not None


async def continue_rescheduling(session: Session, now: datetime) -> bool:
    """The next batch of the district that has waited longest is set by its calendar; false where none waits.

    A district whose calendar cannot be read keeps its clocks as they are, and is tried again later.
    """
    c = reschedulings.c
    wanted = select(reschedulings).where(c.resume_at <= now).order_by(c.resume_at, c.district_id).limit(1)
    row = (await session.execute(wanted.with_for_update(skip_locked=True))).one_or_none()
    if row is None:
        return False
    begun = Rescheduling(**row._mapping)
    calendar = (await calendars_of(session, {begun.district_id}))[begun.district_id]
    if calendar is None:
        await _note(session, replace(begun, resume_at=now + ASIDE))
    else:
        await _go_on(session, begun, calendar, now)
    return True


async def _go_on(session: Session, begun: Rescheduling, calendar: SchoolCalendar, now: datetime) -> None:
    rows = await _running(session, begun)
    moves, _ = each_alone(rows, lambda row: _move(row, calendar, now))
    moves = [m for m in moves if m.after is not m.before]
    await store_moves(session, moves, By(begun.taken_by, begun.role))
    events = [announcements.rescheduled(*m, event_id=new_event_id(), now=now) for m in moves if m.is_told]
    await record(session, *events, source=SOURCE)
    left = begun.after(rows, now)
    if left is not None:
        await _note(session, left)
    else:
        await session.execute(delete(reschedulings).where(reschedulings.c.district_id == begun.district_id))


def _move(row: Row[Any], calendar: SchoolCalendar, now: datetime) -> Move:
    before = referral_of(row)
    return Move(before, clocks.reschedule(before, calendar, now))


async def _note(session: Session, rescheduling: Rescheduling) -> None:
    values = asdict(rescheduling)
    await bulk_upsert(session, reschedulings, tuple(values), [tuple(values.values())], on_conflict="replace")


async def store_moves(session: Session, moves: Sequence[Move], by: By) -> None:
    """Write the new times, and who moved them. The rows are locked."""
    columns = ("district_id", "referral_id", "version", "updated_at", "due_at", "alarm_at")
    told = [m for m in moves if m.is_told]
    await bulk_update(session, referrals, columns, [[getattr(m.after, c) for c in columns] for m in told])
    # Naming the version would number a change where nobody could see one.
    quiet = ("district_id", "referral_id", "alarm_at")
    rows = [[getattr(m.after, c) for c in quiet] for m in moves if not m.is_told]
    await bulk_update(session, referrals, quiet, rows)
    step_columns = ("district_id", "referral_id", "version", "taken_at", "taken_by", "role", "step", "changes")
    steps = [
        (
            m.after.district_id,
            m.after.referral_id,
            m.after.version,
            m.after.updated_at,
            *by,
            Doing.RESCHEDULED,
            orjson.dumps({"due_at": [m.before.due_at, m.after.due_at]}, option=orjson.OPT_UTC_Z).decode(),
        )
        for m in told
    ]
    await bulk_upsert(session, referral_steps, step_columns, steps, on_conflict="ignore")


async def _running(session: Session, begun: Rescheduling) -> Sequence[Row[Any]]:
    """The next referrals whose clock still runs in school time, locked until the transaction ends."""
    r = referrals.c
    in_school_time = or_(r.urgency != Urgency.IMMINENT, r.inherited_urgency.is_not(None))
    wanted = select(referrals).where(r.district_id == begun.district_id, r.alarm_at.is_not(None), in_school_time)
    if begun.behind != _FIRST:  # which a phone may have chosen
        wanted = wanted.where(r.referral_id > begun.behind)
    if begun.submitted_since is not None:
        wanted = wanted.where(r.submitted_at >= begun.submitted_since)
    return (await session.execute(wanted.order_by(r.referral_id).limit(CHUNK).with_for_update())).all()
