"""Catching up: what has changed since a client last looked, in an order in which no change is ever missed.

A change carries a number that the database gives it, see the migration; only what is settled is told. Rows go from the
driver to JSON without a model in between. Source: docs/decisions/0011.
"""

import asyncio
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Self

import orjson
from sqlalchemy import (
    ColumnElement,
    DateTime,
    Integer,
    Row,
    Select,
    bindparam,
    null,
    select,
    tuple_,
    type_coerce,
)

from referral_api.referrals.merges import OF_THE_OTHER, may_know_the_other
from referral_api.referrals.models import referrals
from referral_api.referrals.rules import Status, class_of
from referral_api.referrals.views.records import ReferralRecord, ReferralStatus, seal_key
from referral_api.referrals.views.standing import Place, last_settled, standing, wait_until_settled
from referral_api.referrals.views.visibility import gone_for, readable_in_full, told_to
from shared.auth import Caller
from shared.crypto import KeyRing
from shared.db import Database, UtcDateTime
from shared.events.referrals import Stage

_AT_A_TIME = 100
"""Rows made into JSON before other requests get their turn: 1 ms, or 30 where every narrative is as long as allowed."""


@dataclass(frozen=True, slots=True)
class Changes:
    """One page of changes as JSON objects, and the place behind it."""

    items: bytes
    behind: Place
    has_more: bool
    """Whether something follows by now that the caller may know."""


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
    if len(look.settled) < limit and look.held:
        first, last = look.held[0].change_no, look.held[-1].change_no
        if await wait_until_settled(database, caller.district_id, first=first, last=last):
            look = await _Look.at(database, caller, since, school_id, limit)
    return Changes(await _as_json(look.settled, caller, ring), look.behind, look.has_more)


@dataclass(frozen=True, slots=True)
class _Look:
    """One snapshot of what lies behind a place: what may be told, and what has to wait for earlier transactions."""

    settled: Sequence[Row[Any]]
    held: Sequence[Row[Any]]
    behind: Place
    has_more: bool

    @classmethod
    async def at(cls, database: Database, caller: Caller, since: Place, school_id: str | None, limit: int) -> Self:
        """Look once. Raises: NeverGivenOut."""
        async with database.read(caller.district_id) as session:
            stands = await standing(session, caller.district_id, since)
            behind_it = {"change_no": since.change_no, "referral_id": since.referral_id, "most": limit + 1}
            found = (await session.execute(_changes(caller, school_id), behind_it)).all()
            known = bisect_left(found, stands.settled_below, key=lambda row: row.change_no)
            settled, held = found[: min(known, limit)], found[known:]
            has_more = len(settled) == limit < len(found)
            if has_more:
                behind = stands.place(settled[-1].change_no, settled[-1].id)
            else:
                behind = max(stands.place(since.change_no, since.referral_id), await last_settled(session, stands))
        return cls(settled, held, behind, has_more)


_INSTANT = DateTime(timezone=True).with_variant(UtcDateTime(), "sqlite")
"""As the driver gives it: PostgreSQL's is aware already, and a call for each of a row's six instants adds up."""
_ORDER = (referrals.c.change_no, referrals.c.referral_id)
_RECORD = tuple(ReferralRecord.model_fields)
_STATUS = tuple(ReferralStatus.model_fields)


@lru_cache(maxsize=256)
def _changes(caller: Caller, school_id: str | None) -> Select[Any]:
    """The statement of all pages of one caller. Kept, because making it anew took a tenth of a page's time."""
    r = referrals.c
    untold = frozenset[str]() if may_know_the_other(caller) else OF_THE_OTHER
    told = [(null() if name in untold else _column(name)).label(name) for name in _RECORD]
    wanted = (
        select(
            *told,
            *(r[name] for name in _CONSENT),
            r.referral_id.label("id"),
            r.reached,
            r.change_no,
            gone_for(caller).label("is_gone"),
            readable_in_full(caller).label("in_full"),
        )
        .where(r.district_id == caller.district_id)
        .where(tuple_(*_ORDER) > tuple_(*(bindparam(c.name, type_=c.type) for c in _ORDER)))
        .where(told_to(caller))
    )
    if school_id is not None:
        wanted = wanted.where(r.school_id == school_id)
    return wanted.order_by(*_ORDER).limit(bindparam("most", type_=Integer()))


def _column(name: str) -> ColumnElement[Any]:
    if name not in referrals.c:
        return null()
    column = referrals.c[name]
    return type_coerce(column, _INSTANT) if isinstance(column.type, UtcDateTime) else column


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
    instants_and_stages = zip(columns["contacted_at"], columns["reached"], strict=True)
    contacted = [instant is not None or Stage.STARTED in stages for instant, stages in instants_and_stages]
    columns["status_class"] = [_CLASSES[state] for state in zip(columns["status"], contacted, strict=True)]
    columns["consent"] = [
        None if agreed is None else {"agreed": agreed, "by": by, "on": on}
        for agreed, by, on in zip(*(columns[name] for name in _CONSENT), strict=True)
    ]
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
_CONSENT = ("consent_agreed", "consent_by", "consent_on")
_IDS = ("referral_id", "reopens", "merged_into")
_CLASSES = {(str(s), contacted): class_of(s, contacted=contacted) for s in Status for contacted in (False, True)}
