"""How officers' standing is kept announced: whenever what it follows from changes, and when a day comes."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

from sqlalchemy import delete, select, update

from shared.bulk import bulk_update, bulk_upsert
from shared.db import Session
from shared.events.base import Event
from shared.events.training import OfficerStandingChanged
from shared.outbox import new_event_id, record
from training_registry.completions.rules import Completion
from training_registry.completions.views import completions_known
from training_registry.officers.rules import Officer
from training_registry.officers.views import officers_known
from training_registry.requirements.rules import Requirement
from training_registry.requirements.views import requirements_known
from training_registry.source import SOURCE
from training_registry.standing.announcements import approached, content_sha256, standing_changed, turned
from training_registry.standing.models import recalculations, standings
from training_registry.standing.views import waits

MOST_OFFICERS = 50
"""At a time: 30 requirements each take 72 ms to work out (290 ms for 200 officers of `bench.standing`), in which this
process answers nobody."""
LONGEST_REQUEST = timedelta(minutes=2)
"""Far longer than the transaction of any request: whoever read the rules of before has committed by then."""

_COLUMNS = ("district_id", "officer_id", "version", "content_sha256", "announced_through")


async def announce_standings(
    session: Session, *, district_id: str, officer_ids: Collection[str], now: datetime, zone: tzinfo
) -> None:
    """Announce how these officers stand, where that is not what was announced last."""
    await _announce(session, district_id, sorted(set(officer_ids)), now=now, today=now.astimezone(zone).date())


async def announce_every_standing(session: Session, *, district_id: str, now: datetime) -> None:
    """See to it that every officer's standing is announced anew, within seconds: the sweep does it, some at a time.

    Asked again while that is under way, it begins anew.
    """
    await bulk_upsert(
        session,
        recalculations,
        ("district_id", "behind", "asked_at", "again_at"),
        [(district_id, "", now, None)],
        on_conflict="replace",
    )


async def recalculate_some(session: Session, *, now: datetime, today: date) -> int:
    """Announce some of the standings that a change of rules has made anew; 0 when nobody waits any more."""
    waiting = select(recalculations).where(waits(now)).order_by(recalculations.c.asked_at).limit(1)
    asked = (await session.execute(waiting.with_for_update())).first()
    if asked is None:
        return 0
    known = standings.c
    some = select(known.officer_id).where(known.district_id == asked.district_id, known.officer_id > asked.behind)
    officer_ids = list((await session.execute(some.order_by(known.officer_id).limit(MOST_OFFICERS))).scalars())
    this = recalculations.c.district_id == asked.district_id
    if len(officer_ids) == MOST_OFFICERS:
        await session.execute(update(recalculations).where(this).values(behind=officer_ids[-1]))
    elif asked.again_at is None:
        await session.execute(update(recalculations).where(this).values(behind="", again_at=now + LONGEST_REQUEST))
    else:
        await session.execute(delete(recalculations).where(this))
    await _announce(session, asked.district_id, officer_ids, now=now, today=today)
    return max(len(officer_ids), 1)


async def sweep_some(session: Session, *, now: datetime, today: date) -> int:
    """Announce once what time alone has changed since the day that was swept last; how many officers were looked at.

    Days that nobody swept, because the service was down, are made up for.
    """
    s = standings.c
    stale = select(s.district_id, s.officer_id).where(s.announced_through < today)
    found = (await session.execute(stale.order_by(s.district_id, s.officer_id).limit(MOST_OFFICERS))).all()
    by_district: defaultdict[str, list[str]] = defaultdict(list)
    for district_id, officer_id in found:
        by_district[district_id].append(officer_id)
    for district_id, officer_ids in by_district.items():
        await _announce(session, district_id, officer_ids, now=now, today=today, sweeps=True)
    return len(found)


@dataclass(frozen=True, slots=True)
class _Known:
    """What the standing of some officers follows from."""

    officers: Mapping[str, Officer]
    requirements: Sequence[Requirement]
    completions: Mapping[str, Sequence[Completion]]


async def _announce(
    session: Session,
    district_id: str,
    officer_ids: Sequence[str],
    *,
    now: datetime,
    today: date,
    sweeps: bool = False,
) -> None:
    rows = await _held(session, district_id, officer_ids, today)
    known = _Known(
        await officers_known(session, district_id, officer_ids=officer_ids),
        await requirements_known(session, district_id),
        await completions_known(session, district_id, officer_ids=officer_ids),
    )
    events: list[Event] = []
    changed: list[tuple[Any, ...]] = []
    for row in rows:
        officer = known.officers[row.officer_id]
        standing = _standing(row, officer, known, now)
        digest, version, through = content_sha256(standing), row.version, row.announced_through
        if digest != row.content_sha256:
            events.append(standing)
            version = standing.version
        if sweeps and through < today:
            events += _turns(standing, officer, known, after=through, through=today)
            through = today
        if (version, through) != (row.version, row.announced_through):
            changed.append((district_id, row.officer_id, version, digest, through))
    await bulk_update(session, standings, _COLUMNS, changed)
    if events:
        await record(session, *events, source=SOURCE)


async def _held(session: Session, district_id: str, officer_ids: Sequence[str], today: date) -> Sequence[Any]:
    """The officers' rows, locked in the order of their ids; what is new is swept from today on, today included."""
    yesterday = today - timedelta(days=1)
    first = [(district_id, officer_id, 0, None, yesterday) for officer_id in officer_ids]
    await bulk_upsert(session, standings, _COLUMNS, first, on_conflict="ignore")
    s = standings.c
    wanted = select(standings).where(s.district_id == district_id, s.officer_id.in_(officer_ids))
    return (await session.execute(wanted.order_by(s.officer_id).with_for_update())).all()


def _standing(row: Any, officer: Officer, known: _Known, now: datetime) -> OfficerStandingChanged:
    return standing_changed(
        officer,
        known.requirements,
        known.completions.get(officer.officer_id, ()),
        district_id=row.district_id,
        version=row.version + 1,
        event_id=new_event_id(),
        now=now,
    )


def _turns(
    standing: OfficerStandingChanged, officer: Officer, known: _Known, *, after: date, through: date
) -> Iterator[Event]:
    yield from turned(standing, after=after, through=through, new_id=new_event_id)
    yield from approached(
        standing,
        officer,
        known.requirements,
        known.completions.get(officer.officer_id, ()),
        after=after,
        through=through,
        new_id=new_event_id,
    )
