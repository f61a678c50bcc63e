"""Setting running contact clocks by another calendar: many referrals at once, each noted and announced."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import select

from referral_api.calendar.rules import SchoolCalendar
from referral_api.calendar.views import ChangedCalendar
from referral_api.referrals import announcements, clocks
from referral_api.referrals.models import referral_steps, referrals
from referral_api.referrals.operations.storing import SOURCE
from referral_api.referrals.rules import Doing, Referral
from referral_api.referrals.views.finding import referral_of
from shared.auth import Caller
from shared.bulk import bulk_update, bulk_upsert
from shared.db import Session
from shared.events.referrals import Urgency
from shared.outbox import new_event_id, record

CHUNK = 500
"""Referrals held in memory at once, each with its narrative of up to some tens of kilobytes."""
SETTLES_WITHIN = timedelta(minutes=1)
"""How long a request that began before a calendar changed may take to end."""


class Move(NamedTuple):
    """A referral before and after its clock was set by another calendar."""

    before: Referral
    after: Referral


class By(NamedTuple):
    """Who is noted in a referral's history."""

    taken_by: str
    role: str


BY_THE_CLOCK = By(clocks.NAME, clocks.NAME)
"""Nobody did it: the clock was found to run by an older calendar."""


async def reschedule_referrals(session: Session, calendar: SchoolCalendar, *, caller: Caller, now: datetime) -> None:
    """Every clock of the district that still runs ends as this calendar has it.

    ReferralRescheduled is announced for those whose due time that moves.
    """
    behind = UUID(int=0)
    while running := await _running(session, caller.district_id, behind):
        behind = running[-1].referral_id
        await _reschedule(session, running, calendar, By(caller.sub, caller.role), now)


async def reschedule_latecomers(session: Session, changed: ChangedCalendar, now: datetime) -> int:
    """What was being submitted while the calendar changed is set by the new one too; how many that moved.

    It was timed by the old calendar, and when the others were set anew it was not there yet.
    """
    late, behind = 0, UUID(int=0)
    since = changed.changed_at - SETTLES_WITHIN
    while running := await _running(session, changed.district_id, behind, submitted_since=since):
        behind = running[-1].referral_id
        late += await _reschedule(session, running, changed.calendar, BY_THE_CLOCK, now)
    return late


async def _reschedule(
    session: Session, running: Sequence[Referral], calendar: SchoolCalendar, by: By, now: datetime
) -> int:
    moves = [Move(r, clocks.reschedule(r, calendar, now)) for r in running]
    moves = [m for m in moves if m.after is not m.before]
    await store_moves(session, moves, by)
    events = [announcements.rescheduled(*m, event_id=new_event_id(), now=now) for m in moves]
    await record(session, *events, source=SOURCE)
    return len(moves)


async def store_moves(session: Session, moves: Sequence[Move], by: By) -> None:
    """Write the new times, and who moved them. The rows are locked."""
    columns = ("district_id", "referral_id", "version", "updated_at", "due_at", "alarm_at")
    await bulk_update(session, referrals, columns, [[getattr(m.after, c) for c in columns] for m in moves])
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
        for m in moves
    ]
    await bulk_upsert(session, referral_steps, step_columns, steps, on_conflict="ignore")


async def _running(
    session: Session, district_id: str, behind: UUID, *, submitted_since: datetime | None = None
) -> list[Referral]:
    """The next referrals whose clock still runs in school time, locked until the transaction ends."""
    r = referrals.c
    wanted = select(referrals).where(
        r.district_id == district_id, r.alarm_at.is_not(None), r.urgency != Urgency.IMMINENT, r.referral_id > behind
    )
    if submitted_since is not None:
        wanted = wanted.where(r.submitted_at >= submitted_since)
    found = await session.execute(wanted.order_by(r.referral_id).limit(CHUNK).with_for_update())
    return [referral_of(row) for row in found]
