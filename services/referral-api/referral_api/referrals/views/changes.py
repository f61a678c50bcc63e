"""Catching up: what has changed since a client last looked, in an order in which no change is ever missed.

A change carries a number that the database gives it, see the migration; how far the order is settled is known in the
same snapshot. Source: docs/decisions/0011. Rows go from the driver to JSON without a model in between.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

import orjson
from sqlalchemy import (
    ColumnElement,
    DateTime,
    Row,
    Select,
    func,
    literal_column,
    null,
    or_,
    select,
    true,
    tuple_,
    type_coerce,
)

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
"""Rows made into JSON before other requests get their turn: 1 ms, or 50 where every narrative is as long as allowed."""


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
    held: Sequence[Row[Any]]
    behind: Place
    is_full: bool

    @classmethod
    async def at(cls, database: Database, caller: Caller, since: Place, school_id: str | None, limit: int) -> Self:
        """Look once. Raises: NeverGivenOut."""
        async with database.read(caller.district_id) as session:
            found = (await session.execute(_changes(session, caller, since, school_id, limit + 1))).all()
            settled = [row for row in found if row.is_settled][:limit]
            is_full = len(settled) == limit
            if is_full:
                behind = Place(settled[-1].change_no, settled[-1].id)
            else:
                behind = max(since, await _passed(session, caller.district_id, since))
        return cls(settled, [row for row in found if not row.is_settled], behind, is_full)

    @property
    def last_held(self) -> int:
        """The number of the last change that waits; before every change where none does."""
        return self.held[-1].change_no if self.held else BEGINNING.change_no

    def holds_back(self, last_seen: int) -> bool:
        """Whether something still waits that was there when `last_seen` was; newer changes are another page's."""
        return any(row.change_no <= last_seen for row in self.held)


_INSTANT = DateTime(timezone=True).with_variant(UtcDateTime(), "sqlite")
"""As the driver gives it: PostgreSQL's is aware already, and a call for each of a row's six instants adds up."""
_RECORD = tuple(ReferralRecord.model_fields)
_STATUS = tuple(ReferralStatus.model_fields)


def _changes(session: ReadSession, caller: Caller, since: Place, school_id: str | None, limit: int) -> Select[Any]:
    r = referrals.c
    told = [_column(name).label(name) for name in _RECORD]
    wanted = (
        select(
            *told,
            r.referral_id.label("id"),
            r.change_no,
            _is_settled(session).label("is_settled"),
            gone_for(caller).label("is_gone"),
            readable_in_full(caller).label("in_full"),
        )
        .where(r.district_id == caller.district_id)
        .where(tuple_(r.change_no, r.referral_id) > (since.change_no, since.referral_id))
        .where(or_(visible_to(caller), gone_for(caller)))
    )
    if school_id is not None:
        wanted = wanted.where(r.school_id == school_id)
    return wanted.order_by(r.change_no, r.referral_id).limit(limit)


def _column(name: str) -> ColumnElement[Any]:
    if name not in referrals.c:
        return null()
    column = referrals.c[name]
    return type_coerce(column, _INSTANT) if isinstance(column.type, UtcDateTime) else column


def _is_settled(session: ReadSession) -> ColumnElement[bool]:
    """Whether no change can become visible any more that is numbered like this one or lower.

    On PostgreSQL numbers are transactions' numbers, and this snapshot knows the first one that was still under way.
    On SQLite there is one writer at a time, which numbers and commits before the next.
    """
    if session.dialect.name == "sqlite":
        return true()
    first_under_way: ColumnElement[int] = literal_column("pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
    return referrals.c.change_no < select(change_clock.c.ahead).scalar_subquery() + first_under_way


async def _passed(session: ReadSession, district_id: str, since: Place) -> Place:
    """Behind the last settled change of all: what is not the caller's need not be passed again the next time.

    Raises: NeverGivenOut.
    """
    r = referrals.c
    last = select(func.max(r.change_no)).where(r.district_id == district_id)
    numbers = select(last.scalar_subquery(), last.where(_is_settled(session)).scalar_subquery())
    newest, settled = (await session.execute(numbers)).one()
    if since.change_no > (BEGINNING.change_no if newest is None else newest):
        raise NeverGivenOut
    return BEGINNING if settled is None else Place(settled, _LAST_ID)


async def _as_json(rows: Sequence[Row[Any]], caller: Caller, ring: KeyRing) -> bytes:
    written = []
    for start in range(0, len(rows), _AT_A_TIME):
        items = [_told(row, caller, ring) for row in rows[start : start + _AT_A_TIME]]
        written.append(orjson.dumps(items, option=orjson.OPT_UTC_Z)[1:-1])
        await asyncio.sleep(0)
    return b"[" + b",".join(written) + b"]"


def _told(row: Row[Any], caller: Caller, ring: KeyRing) -> dict[str, object]:
    """What the caller is told of one referral; the same as its model would say, at a fraction of the time."""
    told: dict[str, Any] = dict(zip(_RECORD, row, strict=False))
    *_, referral_id, _number, _settled, is_gone, in_full = tuple(row)
    told["referral_id"] = str(referral_id)
    if is_gone:
        return {"referral_id": told["referral_id"], "deleted": True}
    key = seal_key(caller.district_id, referral_id)
    told["status_class"] = class_of(Status(told["status"]), contacted=told["contacted_at"] is not None)
    for name in _SEALED if in_full else _SEALED_STATUS:
        if told[name] is not None:
            told[name] = ring.open(told[name], table="referrals", column=name, key=key)
    if not in_full:
        return {name: told[name] for name in _STATUS}
    for name in _IDS:
        if told[name] is not None:
            told[name] = str(told[name])
    return told


_SEALED = tuple(name for name in _RECORD if name in referrals.c and referrals.c[name].info.get("sealed"))
_SEALED_STATUS = tuple(name for name in _STATUS if name in _SEALED)
_IDS = ("reopens", "merged_into")
