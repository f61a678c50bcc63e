"""Builds every view anew from the log, beside the ones that serve, and puts the new ones in their place at the end.

    side tables made | log read from its beginning, each event once | margins | one transaction: offsets, inbox, views

At the end rows are copied, no tables renamed: see docs/decisions/0005-rebuild-copies-rows.md. A rebuild that is killed
leaves nothing but side tables, which the next one throws away.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import MetaData, quoted_name, select, text
from tqdm import tqdm

from reporting.codec import Unstorable
from reporting.models import REBUILT
from reporting.projections.folding import Folded
from reporting.rolling import roll_some
from reporting.sink import ViewSink
from shared.bulk import bulk_upsert
from shared.bus.base import Bus, Reader, Record, TopicPartition
from shared.cloudevents import NotAnEvent, from_record
from shared.db import EVERY_DISTRICT, NAMING, Database, Session, driver
from shared.events.base import Event
from shared.inbox import consumer_offsets, inbox
from shared.leases import LEASE, Leadership

MOST_RECORDS = 5000
NEARLY_THERE = 100
"""So few new records are left to the running consumer, which has applied them within a blink."""
WAIT = timedelta(seconds=2)
MOST_SILENT_READS = 30
SWAP_PATIENCE = timedelta(hours=1)

_BESIDE = MetaData(naming_convention=NAMING)
_NEW = {table.name: table.to_metadata(_BESIDE, name=f"{table.name}__next") for table in (*REBUILT, inbox)}
for _index in [index for table in _NEW.values() for index in table.indexes]:
    _index.name = quoted_name(f"{_index.name}__next", quote=None)  # SQLite's index names are those of the whole file
_NEW_INBOX = _NEW[inbox.name]
_MOST_IDS = 500


class RebuildRunning(Exception):
    """Another rebuild of this database is under way."""


class LogSilent(Exception):
    """The bus holds more records, and hands none out."""


async def rebuild(database: Database, bus: Bus, *, consumer: str, topics: Sequence[str]) -> int:
    """Replace every view by what the log says, while the old ones serve.

    What was announced after the log was read is the running consumer's: its next batch finds its offsets moved, and it
    goes on from the new ones. Returns how many records were passed over, because they are no event or cannot be
    applied: they lie among the dead letters.

    Raises: RebuildRunning, LogSilent, BusUnavailable, OffsetLost, DatabaseUnavailable.
    """
    async with _alone(database) as leadership:
        await _make_side_tables(database)
        reader = await bus.reader(group=f"{consumer}-rebuild-{uuid4()}", topics=topics)
        try:
            building = _Building(database, leadership)
            await _read_all(building, bus, reader, topics)
            await building.roll_all()
            ends = {partition: end for partition, (_, end) in (await bus.bounds(topics)).items()}
            async with database.write(EVERY_DISTRICT) as session:
                await _overtake(session, consumer, building, reader, ends)
                await _swap(session, consumer, building.positions)
        finally:
            await reader.close()
        return building.passed_over


@asynccontextmanager
async def _alone(database: Database) -> AsyncIterator[Leadership]:
    """The only rebuild of this database. One that was killed may hold its lease for a while yet."""
    leadership = Leadership(database, "rebuild")
    for _ in range(int(LEASE.total_seconds()) + 2):
        async with leadership.try_to_lead() as leads:
            if leads:
                yield leadership
                return
        await asyncio.sleep(1)
    raise RebuildRunning


async def _make_side_tables(database: Database) -> None:
    async with database.write(EVERY_DISTRICT) as session:
        for table in _NEW.values():
            await session.execute(text(f"DROP TABLE IF EXISTS {table.name}"))
        if database.dialect == "sqlite":
            await session.run_sync(_BESIDE.create_all)
            return
        for name, table in _NEW.items():
            # Unlogged: a crash empties them, and a rebuild that died begins anew anyway.
            await session.execute(text(f"CREATE UNLOGGED TABLE {table.name} (LIKE {name} INCLUDING ALL)"))


class _Building:
    """The side tables as they grow."""

    def __init__(self, database: Database, leadership: Leadership) -> None:
        self._database = database
        self._leadership = leadership
        self._into = {name: table.name for name, table in _NEW.items()}
        self._sink = ViewSink(self._into)
        self.positions: dict[TopicPartition, int] = {}
        self.passed_over = 0

    async def apply(self, found: Mapping[TopicPartition, Sequence[Record]]) -> int:
        """Write what these records change; how many there were. Raises: RebuildRunning, DatabaseUnavailable."""
        if not await self._leadership.renew():
            raise RebuildRunning
        async with self._database.write(EVERY_DISTRICT) as session:
            return await self.apply_within(session, found)

    async def apply_within(self, session: Session, found: Mapping[TopicPartition, Sequence[Record]]) -> int:
        """The same within a transaction that is open."""
        records = [record for partition in found.values() for record in partition]
        events = self._decoded(records)
        prepared = self._prepared(events)
        await session.execute(text("SAVEPOINT before_inbox"))
        if await _mark_seen(session, events) != len(events):
            await session.execute(text("ROLLBACK TO SAVEPOINT before_inbox"))
            events = await _unseen(session, events)
            await _mark_seen(session, events)
            prepared = self._prepared(events)
        await session.execute(text("RELEASE SAVEPOINT before_inbox"))
        await self._sink.store(session, prepared)
        self.positions.update({partition: some[-1].offset + 1 for partition, some in found.items() if some})
        return len(records)

    async def roll_all(self) -> None:
        """Bring the margins up to date. Raises: RebuildRunning, DatabaseUnavailable."""
        moved = 1
        while moved:
            if not await self._leadership.renew():
                raise RebuildRunning
            async with self._database.write(EVERY_DISTRICT) as session:
                moved = await roll_some(session, self._into)

    def _decoded(self, records: Sequence[Record]) -> dict[UUID, Event]:
        events: dict[UUID, Event] = {}
        for record in records:
            try:
                event = from_record(record, self._sink.known)
            except NotAnEvent:
                self.passed_over += 1
                continue
            if event is not None:
                events[event.event_id] = event
        return events

    def _prepared(self, events: dict[UUID, Event]) -> Folded:
        """What these events change; one that nothing can hold is taken out of them and passed over."""
        try:
            return self._sink.prepare(list(events.values()))
        except Unstorable:
            for event_id, event in list(events.items()):
                try:
                    self._sink.prepare([event])
                except Unstorable:
                    del events[event_id]
                    self.passed_over += 1
            return self._sink.prepare(list(events.values()))


async def _mark_seen(session: Session, events: Mapping[UUID, Event]) -> int:
    ids = [(event_id,) for event_id in events]
    return await bulk_upsert(session, _NEW_INBOX, ("event_id",), ids, on_conflict="ignore")


async def _unseen(session: Session, events: dict[UUID, Event]) -> dict[UUID, Event]:
    """The events that are not applied yet: a producer may announce one twice."""
    ids = list(events)
    for start in range(0, len(ids), _MOST_IDS):
        some = _NEW_INBOX.c.event_id.in_(ids[start : start + _MOST_IDS])
        for event_id in (await session.execute(select(_NEW_INBOX.c.event_id).where(some))).scalars():
            del events[event_id]
    return events


async def _read_all(building: _Building, bus: Bus, reader: Reader, topics: Sequence[str]) -> None:
    """Apply the log to the side tables, until next to nothing has been announced since the last look at its end."""
    bounds = await bus.bounds(topics)
    building.positions.update({partition: first for partition, (first, _) in bounds.items()})
    left = _left(bounds, building.positions)
    with tqdm(total=left, unit=" records", desc="rebuild", file=sys.stderr) as bar:
        while left > 0:
            bar.update(await _read_some(building, reader))
            left = _left(bounds, building.positions)
            if left == 0:
                bounds = await bus.bounds(topics)
                new = _left(bounds, building.positions)
                left = new if new > NEARLY_THERE else 0
                bar.total = bar.n + left


async def _read_some(building: _Building, reader: Reader) -> int:
    """Apply the next records; how many."""
    return await building.apply(await _next(building, reader))


async def _next(building: _Building, reader: Reader) -> Mapping[TopicPartition, Sequence[Record]]:
    """The next records. Raises: LogSilent."""
    for _ in range(MOST_SILENT_READS):
        waiting = reader.unplaced()
        if new := waiting - building.positions.keys():
            building.positions.update({p: first for p, (first, _) in (await reader.bounds(new)).items()})
        reader.place({partition: building.positions[partition] for partition in waiting})
        if found := await reader.read(max_records=MOST_RECORDS, timeout=WAIT):
            return found
    raise LogSilent


async def _overtake(
    session: Session, consumer: str, building: _Building, reader: Reader, ends: Mapping[TopicPartition, int]
) -> None:
    """Read on until nothing that the running consumer has applied is missing; it waits at its offsets' rows meanwhile.

    Were it set back, an idle consumer would not know: it finds out that its offsets have moved with its next batch, and
    a batch may be long in coming. Where its offset lies past the log's end, that log is no longer the one it has read.
    """
    o = consumer_offsets.c
    locked = select(o.topic, o.partition, o.next_offset).where(o.consumer == consumer).with_for_update()
    its = {TopicPartition(topic, number): offset for topic, number, offset in await session.execute(locked)}
    goal = {partition: min(offset, ends[partition]) for partition, offset in its.items() if partition in ends}
    while any(building.positions.get(partition, 0) < offset for partition, offset in goal.items()):
        await building.apply_within(session, await _next(building, reader))


def _left(bounds: Mapping[TopicPartition, tuple[int, int]], positions: Mapping[TopicPartition, int]) -> int:
    return sum(max(0, end - positions.get(partition, first)) for partition, (first, end) in bounds.items())


async def _swap(session: Session, consumer: str, positions: Mapping[TopicPartition, int]) -> None:
    """Put the side tables' rows, and how far they go, in the place of the old ones; readers see it with the commit."""
    now = datetime.now(UTC)
    rows = [(consumer, p.topic, p.partition, offset, now) for p, offset in sorted(positions.items())]
    columns = [column.name for column in consumer_offsets.columns]
    await bulk_upsert(session, consumer_offsets, columns, rows, on_conflict="replace")
    for table in (*REBUILT, inbox):
        new, names = _NEW[table.name].name, ", ".join(column.name for column in table.columns)
        # In order what is read together lies together; and half a million rows go into an index in half the time.
        keys = ", ".join(column.name for column in table.primary_key)
        in_order = f"ORDER BY {keys}" if keys else ""
        await _run(session, f"DELETE FROM {table.name}")
        await _run(session, f"INSERT INTO {table.name} ({names}) SELECT {names} FROM {new} {in_order}")
        await _run(session, f"DROP TABLE {new}")


async def _run(session: Session, statement: str) -> None:
    raw = await driver(session)
    if session.dialect.name == "postgresql":
        # Millions of rows may take longer than a request's statement is given.
        await raw.execute(statement, timeout=SWAP_PATIENCE.total_seconds())
    else:
        await raw.execute(statement)
