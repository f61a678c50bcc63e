"""What time alone changes in agreements is announced, once, also after a time in which nobody looked."""

from collections import defaultdict
from datetime import date, datetime

from sqlalchemy import select

from shared.bulk import bulk_update
from shared.db import Session
from shared.events.base import Event
from shared.outbox import record
from training_registry.agreements import announcements
from training_registry.agreements.models import agreements
from training_registry.agreements.rules import next_turn_on, turns_of
from training_registry.agreements.views.finding import kept_agreements
from training_registry.source import SOURCE


async def announce_turns(session: Session, *, today: date, now: datetime, most: int = 500) -> int:
    """Every turn and reminder of the agreements that have waited longest is announced; how many those are.

    For all districts: the session has to see every one. Call it until it returns 0. Each agreement is told on from the
    day it was told through, under the lock that its changes take, so that nothing is told twice or left out.
    """
    a = agreements.c
    due = select(a.district_id, a.agreement_id, a.announced_through).where(a.next_turn_on <= today)
    oldest = due.order_by(a.next_turn_on, a.district_id, a.agreement_id).limit(most)
    waiting: dict[str, dict[str, date]] = defaultdict(dict)
    for row in await session.execute(oldest.with_for_update()):
        waiting[row.district_id][row.agreement_id] = row.announced_through
    events: list[Event] = []
    told: list[tuple[object, ...]] = []
    for district_id, told_through in waiting.items():
        for kept in await kept_agreements(session, district_id, only=told_through.keys()):
            agreement_id = kept.facts.agreement_id
            turns = turns_of(kept.facts, after=told_through[agreement_id], through=today)
            events += announcements.turned(turns, district_id=district_id, agreement_id=agreement_id, now=now)
            told.append((district_id, agreement_id, today, next_turn_on(kept.facts, after=today)))
    columns = ("district_id", "agreement_id", "announced_through", "next_turn_on")
    await bulk_update(session, agreements, columns, told)
    await record(session, *events, source=SOURCE)
    return len(told)
