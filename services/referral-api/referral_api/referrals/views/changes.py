"""Catching up: what has changed since a client last looked, in an order in which no change is ever missed.

A change carries a number that the database gives it, see the migration; how far the order is settled is known in the
same snapshot. Source: docs/decisions/0011. Rows go from the driver to JSON without a model in between.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile
from typing import Any, Self
from uuid import UUID

import orjson
from sqlalchemy import (
    ColumnElement,
    DateTime,
    Integer,
    Row,
    Select,
    bindparam,
    func,
    literal_column,
    null,
    or_,
    select,
    true,
    tuple_,
    type_coerce,
)

from referral_api.referrals.merges import OF_THE_OTHER, may_know_the_other
from referral_api.referrals.models import change_clock, referrals
from referral_api.referrals.rules import Status, class_of
from referral_api.referrals.views.records import ReferralRecord, ReferralStatus, seal_key
from referral_api.referrals.views.visibility import gone_for, readable_in_full, visible_to
from shared.auth import Caller
from shared.crypto import KeyRing
from shared.db import Database, ReadSession, UtcDateTime

_LAST_ID = UUID(int=(1 << 128) - 1)
_LOOK_AGAIN_SECONDS = (0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.492)
"""A second in all: whoever else writes in this moment has usually committed within the first few milliseconds."""
_AT_A_TIME = 100
"""Rows made into JSON before other requests get their turn: 1 ms, or 30 where every narrative is as long as allowed."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A place in the order of changes: behind what changed under this number up to this referral."""

    change_no: int
    referral_id: UUID


BEGINNING = Place(-1, UUID(int=0))


class NeverGivenOut(ValueError):
    """A place beyond every change: made up, or of a database that has been set back to an earlier state since."""


@dataclass(frozen=True, slots=True)
class Changes:
    """One page of changes as JSON objects, and the place behind it. Only the last page is not full."""

    items: bytes
    behind: Place
    is_full: bool


async def changes_since(
    database: Database, caller: Caller, ring: KeyRing, *, since: Place, school_id: str | None, limit: int
) -> Changes:
    """What the caller may know of referrals that changed behind this place, each in its newest state.

    Shape: at most `limit`, in the order of their changes: records and statuses as they are read one by one, and
    tombstones for what the caller could once read and is to forget. A referral that changes again comes again.
    What is visible but not settled yet is waited for, up to a second: it can be the caller's own last write.
    Raises: NeverGivenOut.
    """
    look = await _Look.at(database, caller, since, school_id, limit)
    last_seen = look.last_held
    for pause in _LOOK_AGAIN_SECONDS:
        if look.is_full or not look.holds_back(last_seen):
            break
        await asyncio.sleep(pause)
        look = await _Look.at(database, caller, since, school_id, limit)
    return Changes(await _as_json(look.settled, caller, ring), look.behind, look.is_full)


@dataclass(frozen=True, slots=True)
class _Look:
    """One snapshot of what lies behind a place: what may be told, and what has to wait for earlier transactions."""

    settled: Sequence[Row[Any]]
    held: Sequence[Row[Any]]  # the last first
    behind: Place
    is_full: bool

    @classmethod
    async def at(cls, database: Database, caller: Caller, since: Place, school_id: str | None, limit: int) -> Self:
        """Look once. Raises: NeverGivenOut."""
        async with database.read(caller.district_id) as session:
            wanted = _changes(database.dialect, caller, school_id)
            behind_it = {"change_no": since.change_no, "referral_id": since.referral_id, "most": limit + 1}
            found = (await session.execute(wanted, behind_it)).all()
            held = list(takewhile(lambda row: not row.is_settled, reversed(found)))  # numbered last, so they come last
            settled = found[: min(limit, len(found) - len(held))]
            is_full = len(settled) == limit
            if is_full:
                behind = Place(settled[-1].change_no, settled[-1].id)
            else:
                behind = max(since, await _passed(session, caller.district_id, since))
        return cls(settled, held, behind, is_full)

    @property
    def last_held(self) -> int:
        """The number of the last change that waits; before every change where none does."""
        return self.held[0].change_no if self.held else BEGINNING.change_no

    def holds_back(self, last_seen: int) -> bool:
        """Whether something still waits that was there when `last_seen` was; newer changes are another page's."""
        return any(row.change_no <= last_seen for row in self.held)


_INSTANT = DateTime(timezone=True).with_variant(UtcDateTime(), "sqlite")
"""As the driver gives it: PostgreSQL's is aware already, and a call for each of a row's six instants adds up."""
_ORDER = (referrals.c.change_no, referrals.c.referral_id)
_RECORD = tuple(ReferralRecord.model_fields)
_STATUS = tuple(ReferralStatus.model_fields)


@lru_cache(maxsize=256)
def _changes(dialect: str, caller: Caller, school_id: str | None) -> Select[Any]:
    """The statement of all pages of one caller. Kept, because making it anew took a tenth of a page's time."""
    r = referrals.c
    untold = frozenset[str]() if may_know_the_other(caller) else OF_THE_OTHER
    told = [(null() if name in untold else _column(name)).label(name) for name in _RECORD]
    wanted = (
        select(
            *told,
            r.referral_id.label("id"),
            r.change_no,
            _is_settled(dialect).label("is_settled"),
            gone_for(caller).label("is_gone"),
            readable_in_full(caller).label("in_full"),
        )
        .where(r.district_id == caller.district_id)
        .where(tuple_(*_ORDER) > tuple_(*(bindparam(c.name, type_=c.type) for c in _ORDER)))
        .where(or_(visible_to(caller), gone_for(caller)))
    )
    if school_id is not None:
        wanted = wanted.where(r.school_id == school_id)
    return wanted.order_by(*_ORDER).limit(bindparam("most", type_=Integer()))


def _column(name: str) -> ColumnElement[Any]:
    if name not in referrals.c:
        return null()
    column = referrals.c[name]
    return type_coerce(column, _INSTANT) if isinstance(column.type, UtcDateTime) else column


def _is_settled(dialect: str) -> ColumnElement[bool]:
    """Whether no change can become visible any more that is numbered like this one or lower.

    On PostgreSQL numbers are transactions' numbers, and this snapshot knows the first one that was still under way.
    On SQLite there is one writer at a time, which numbers and commits before the next.
    """
    if dialect == "sqlite":
        return true()
    first_under_way: ColumnElement[int] = literal_column("pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
    return referrals.c.change_no < select(change_clock.c.ahead).scalar_subquery() + first_under_way


async def _passed(session: ReadSession, district_id: str, since: Place) -> Place:
    """Behind the last settled change of all: what is not the caller's need not be passed again the next time.

    Raises: NeverGivenOut.
    """
    r = referrals.c
    last = select(func.max(r.change_no)).where(r.district_id == district_id)
    numbers = select(last.scalar_subquery(), last.where(_is_settled(session.dialect.name)).scalar_subquery())
    newest, settled = (await session.execute(numbers)).one()
    if since.change_no > (BEGINNING.change_no if newest is None else newest):
        raise NeverGivenOut
    return BEGINNING if settled is None else Place(settled, _LAST_ID)


async def _as_json(rows: Sequence[Row[Any]], caller: Caller, ring: KeyRing) -> bytes:
    written = []
    for start in range(0, len(rows), _AT_A_TIME):
        items = _told(rows[start : start + _AT_A_TIME], caller, ring)
        written.append(orjson.dumps(items, option=orjson.OPT_UTC_Z)[1:-1])
        await asyncio.sleep(0)
    return b"[" + b",".join(written) + b"]"


def _told(rows: Sequence[Row[Any]], caller: Caller, ring: KeyRing) -> list[dict[str, object]]:
    """What the caller is told of each; the same as its model would say, at a fraction of the time.

    Column by column, because what is done for each of a row's twenty values would be most of a page's time.
    """
    columns: dict[str, Sequence[Any]] = dict(zip(rows[0]._fields, zip(*rows, strict=True), strict=True))
    keys = [seal_key(caller.district_id, referral_id) for referral_id in columns["id"]]
    reached = [instant is not None for instant in columns["contacted_at"]]
    columns["status_class"] = [_CLASSES[state] for state in zip(columns["status"], reached, strict=True)]
    for name in _IDS:
        columns[name] = [None if value is None else str(value) for value in columns[name]]
    is_there = [not is_gone for is_gone in columns["is_gone"]]
    in_full = [there and readable for there, readable in zip(is_there, columns["in_full"], strict=True)]
    for name in _SEALED:
        # What is not told is not opened either.
        opens = is_there if name in _STATUS else in_full
        sealed = [value if may else None for value, may in zip(columns[name], opens, strict=True)]
        columns[name] = ring.open_each(sealed, keys, table="referrals", column=name)
    records = zip(*(columns[name] for name in _RECORD), strict=True)
    return [
        _item(dict(zip(_RECORD, record, strict=True)), is_there=there, in_full=full)
        for record, there, full in zip(records, is_there, in_full, strict=True)
    ]


def _item(record: dict[str, object], *, is_there: bool, in_full: bool) -> dict[str, object]:
    """As much of a record as may be told."""
    if in_full:
        return record
    if is_there:
        return {name: record[name] for name in _STATUS}
    return {"referral_id": record["referral_id"], "deleted": True}


_SEALED = tuple(name for name in _RECORD if name in referrals.c and referrals.c[name].info.get("sealed"))
_IDS = ("referral_id", "reopens", "merged_into")
_CLASSES = {(str(s), reached): class_of(s, contacted=reached) for s in Status for reached in (False, True)}
