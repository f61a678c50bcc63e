"""Changes the key that encrypts fields: adds one, seals stored values anew under running services, retires the old.

Every step may be stopped and repeated. A value that somebody changes meanwhile is never overwritten: each is replaced
only where it is still the one that was read.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TextIO

from sqlalchemy import (
    Column,
    LargeBinary,
    MetaData,
    Table,
    and_,
    bindparam,
    func,
    literal,
    select,
    tuple_,
    type_coerce,
    update,
)

from shared.crypto import KeyRing, sealed_with
from shared.db import EVERY_DISTRICT, Database, Session

BATCH = 500
"""Rows sealed anew in one transaction: on SQLite others wait for it, so it is kept to milliseconds."""
SETTLE = timedelta(seconds=5)
"""How long after a new key every running process surely seals with it (they look every two seconds)."""
GRACE = timedelta(minutes=2)
"""How old the sealing key must be before another is retired: a transaction begun before it has ended by then."""
_MOST_PASSES = 20


class KeysStay(Exception):
    """The keys cannot be changed now; the message says why."""


class KeyInUse(KeysStay):
    """Values are still sealed with a key that was to be retired."""


class RotationUnfinished(KeysStay):
    """Values sealed with old keys keep appearing; some process does not see the key file."""


class NothingSealed(KeysStay):
    """The service seals nothing: whether a key is needed can only be told by one that does."""


@dataclass(frozen=True, slots=True)
class _Sealed:
    """A table with sealed columns."""

    table: Table
    columns: Sequence[Column[bytes]]

    @property
    def key(self) -> Sequence[Column[Any]]:
        return list(self.table.primary_key.columns)


async def list_keys(database: Database, metadatas: Sequence[MetaData], keys_path: Path, out: TextIO) -> None:
    """Tell of every key how old it is and how many values it seals."""
    ring = KeyRing.from_file(keys_path)
    counts = await count_by_key(database, metadatas)
    for number in sorted({*ring.keys, *counts}):
        known = ring.keys.get(number)
        made = f"made {known.made_at:%Y-%m-%d %H:%M} UTC" if known else "MISSING FROM THE KEY FILE"
        seals = ", seals" if number == ring.current else ""
        out.write(f"key {number}: {made}, {counts[number]:,} values{seals}\n")


async def rotate(
    database: Database, metadatas: Sequence[MetaData], keys_path: Path, out: TextIO, *, settle: timedelta = SETTLE
) -> None:
    """Add a key and seal every value anew with it; a rotation that was stopped half-way is carried on instead.

    Raises: RotationUnfinished.
    """
    ring = KeyRing.from_file(keys_path)
    left = await count_by_key(database, metadatas)
    if sum(left.values()) == left[ring.current]:
        ring.with_new_key(datetime.now(UTC))
        out.write(f"key {ring.current} made\n")
    else:
        out.write(f"carrying on with key {ring.current}\n")
    await asyncio.sleep(settle.total_seconds())
    resealed = await reseal_columns(database, metadatas, ring, out)
    out.write(f"{resealed:,} values sealed anew with key {ring.current}\n")
    out.write("in two minutes `keys retire` takes the older keys out of use\n")


async def retire(
    database: Database, metadatas: Sequence[MetaData], keys_path: Path, out: TextIO, *, grace: timedelta = GRACE
) -> None:
    """Take every key but the one that seals out of use, so that a lost copy of an old one opens nothing any more.

    Raises: KeyInUse while a value needs one of them, or may still come to; NothingSealed, since a service without
    sealed columns would find no key in use, also of those that its neighbours use.
    """
    if not list(_sealed_tables(metadatas)):
        raise NothingSealed("this service seals nothing and cannot tell whether a key is still needed")
    ring = KeyRing.from_file(keys_path)
    old = sorted(ring.keys.keys() - {ring.current})
    if not old:
        out.write(f"only key {ring.current} is there\n")
        return
    if datetime.now(UTC) - ring.keys[ring.current].made_at < grace:
        raise KeyInUse(
            f"key {ring.current} is younger than {grace.total_seconds():.0f} s: what began before may not have ended"
        )
    counts = await count_by_key(database, metadatas)
    for number in old:
        if counts[number]:
            raise KeyInUse(f"key {number} seals {counts[number]:,} values: rotate first")
    for number in old:
        ring.without(number)
        out.write(f"key {number} retired\n")
    out.write(f"{ring.retired_path.name} keeps what was retired: delete it when no service with this ring needs it\n")


async def count_by_key(database: Database, metadatas: Sequence[MetaData]) -> Counter[int]:
    """How many values each key seals, counted by the database."""
    counts: Counter[int] = Counter()
    async with database.read(EVERY_DISTRICT) as session:
        for sealed in _sealed_tables(metadatas):
            for column in sealed.columns:
                # The version, the key number, and as much again as makes the head a whole sealed value.
                head = type_coerce(func.substr(column, 1, 5), LargeBinary)
                found = await session.execute(select(head, func.count()).where(column.is_not(None)).group_by(head))
                for first_bytes, count in found:
                    counts[sealed_with(bytes(first_bytes).ljust(17, b"\0"))] += count
    return counts


async def reseal_columns(database: Database, metadatas: Sequence[MetaData], ring: KeyRing, out: TextIO) -> int:
    """Seal every value of every sealed column with the newest key; how many were.

    Passes are repeated until none is left under another key, since rows may be written behind the walk.
    Raises: RotationUnfinished.
    """
    resealed = 0
    for _ in range(_MOST_PASSES):
        for sealed in _sealed_tables(metadatas):
            resealed += await _reseal_table(database, sealed, ring, out)
        left = await count_by_key(database, metadatas)
        if sum(left.values()) == left[ring.current]:
            return resealed
    raise RotationUnfinished("values sealed with old keys keep appearing: does every process see the key file?")


def _sealed_tables(metadatas: Sequence[MetaData]) -> Iterator[_Sealed]:
    for metadata in metadatas:
        for table in metadata.sorted_tables:
            columns = [c for c in table.columns if c.info.get("sealed")]
            if columns:
                yield _Sealed(table, columns)


async def _reseal_table(database: Database, sealed: _Sealed, ring: KeyRing, out: TextIO) -> int:
    from tqdm import tqdm  # here, because every service imports this module and few processes rotate

    async with database.read(EVERY_DISTRICT) as session:
        total = (await session.execute(select(func.count()).select_from(sealed.table))).scalar_one()
    resealed = 0
    after: Sequence[Any] | None = None
    with tqdm(total=total, desc=sealed.table.name, unit=" rows", file=out, disable=None) as progress:
        while True:
            async with database.write(EVERY_DISTRICT) as session:
                rows = await _rows(session, sealed, after)
                resealed += await _reseal_rows(session, sealed, rows, ring)
            if not rows:
                return resealed
            after = rows[-1][: len(sealed.key)]
            progress.update(len(rows))


async def _rows(session: Session, sealed: _Sealed, after: Sequence[Any] | None) -> Sequence[Sequence[Any]]:
    """The next rows by primary key: its values, then the sealed ones."""
    statement = select(*sealed.key, *sealed.columns).order_by(*sealed.key).limit(BATCH)
    if after is not None:
        place = tuple_(*[literal(value, column.type) for value, column in zip(after, sealed.key, strict=True)])
        statement = statement.where(tuple_(*sealed.key) > place)
    return [tuple(row) for row in await session.execute(statement)]


async def _reseal_rows(session: Session, sealed: _Sealed, rows: Sequence[Sequence[Any]], ring: KeyRing) -> int:
    """Replace what another key sealed, each value only where it is still the one that was read."""
    resealed = 0
    width = len(sealed.key)
    for position, column in enumerate(sealed.columns, width):
        changes = [
            _change(ring, column, row[:width], row[position])
            for row in rows
            if row[position] is not None and sealed_with(row[position]) != ring.current
        ]
        if changes:
            await session.execute(_compare_and_set(sealed, column), changes)
            resealed += len(changes)
    return resealed


def _change(ring: KeyRing, column: Column[bytes], key: Sequence[Any], old: bytes) -> dict[str, Any]:
    at = {"table": column.table.name, "column": column.name, "key": "/".join(str(value) for value in key)}
    new = ring.seal(ring.open(old, **at), **at)
    return {"old": old, "new": new, **{f"key_{i}": value for i, value in enumerate(key)}}


def _compare_and_set(sealed: _Sealed, column: Column[bytes]) -> Any:
    same_row = [c == bindparam(f"key_{i}", type_=c.type) for i, c in enumerate(sealed.key)]
    return (
        update(sealed.table)
        .where(and_(*same_row), column == bindparam("old", type_=column.type))
        .values({column: bindparam("new", type_=column.type)})
    )
