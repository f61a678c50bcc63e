"""Setting running contact clocks by another calendar: many referrals at once, each noted and announced."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import select

from referral_api.calendar.rules import SchoolCalendar
from referral_api.referrals import announcements, clocks
from referral_api.referrals.models import referral_steps, referrals
from referral_api.referrals.operations.storing import SOURCE, Doing
from referral_api.referrals.rules import Referral
from referral_api.referrals.views.finding import referral_of
from shared.auth import Caller
from shared.bulk import bulk_update, bulk_upsert
from shared.db import Session
from shared.events.referrals import Urgency
from shared.outbox import new_event_id, record

CHUNK = 500
"""Referrals held in memory at once, each with its narrative of up to some tens of kilobytes."""


class Move(NamedTuple):
    """A referral before and after its clock was set by another calendar."""

    before: Referral
    after: Referral


async def reschedule_referrals(session: Session, calendar: SchoolCalendar, *, caller: Caller, now: datetime) -> None:
    """Every clock of the district that still runs ends as this calendar has it.

    ReferralRescheduled is announced for those whose due time that moves.
    """
    behind = UUID(int=0)
    while running := await _running(session, caller.district_id, behind):
        behind = running[-1].referral_id
        moves = [Move(r, clocks.reschedule(r, calendar, now)) for r in running]
        moves = [m for m in moves if m.after is not m.before]
        await store_moves(session, moves, taken_by=caller.sub, role=caller.role)
        events = [announcements.rescheduled(*m, event_id=new_event_id(), now=now) for m in moves]
        await record(session, *events, source=SOURCE)


async def store_moves(session: Session, moves: Sequence[Move], *, taken_by: str, role: str) -> None:
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
            taken_by,
            role,
            Doing.RESCHEDULED,
            orjson.dumps({"due_at": [m.before.due_at, m.after.due_at]}, option=orjson.OPT_UTC_Z).decode(),
        )
        for m in moves
    ]
    await bulk_upsert(session, referral_steps, step_columns, steps, on_conflict="ignore")


async def _running(session: Session, district_id: str, behind: UUID) -> list[Referral]:
    """The next referrals whose clock still runs in school time, locked until the transaction ends."""
    r = referrals.c
    found = await session.execute(
        select(referrals)
        .where(
            r.district_id == district_id,
            r.alarm_at.is_not(None),
            r.urgency != Urgency.IMMINENT,
            r.referral_id > behind,
        )
        .order_by(r.referral_id)
        .limit(CHUNK)
        .with_for_update()
    )
    return [referral_of(row) for row in found]
