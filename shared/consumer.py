"""Reads the bus and applies each event exactly once: one batch, one transaction, one effect.

A batch's transaction holds the compare-and-set of its offsets, the inbox rows of its events, the effect itself and
the dead letters. The next batch is read and prepared while the database stores the one before.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Generic, Protocol, TypeVar
from uuid import UUID

import structlog

from shared.backoff import Backoff
from shared.bus.base import Bus, BusUnavailable, Message, OffsetLost, Reader, Record, TopicPartition
from shared.cloudevents import NotAnEvent, from_record, traceparent
from shared.db import EVERY_DISTRICT, Database, Session
from shared.dead_letters import dead_letter_topic, to_dead_letter
from shared.errors import DatabaseUnavailable
from shared.events.base import Event
from shared.inbox import OffsetsMoved, SeenBefore, begin_offsets, mark_seen, move_offsets, offsets_of, seen_among
from shared.outbox import record_messages
from shared.telemetry.metrics import consumer_age_seconds, events_applied, events_dead_lettered
from shared.telemetry.tracing import batch_span

log = structlog.get_logger(__name__)
Prepared = TypeVar("Prepared")

MOST_RECORDS = 5000
RECORDS_AT_ONCE = 100
"""Decoded without a pause: then the batch before may send its next statement, and a request is answered."""
IDLE = timedelta(milliseconds=500)
LOST_WAIT = timedelta(seconds=10)


class Sink(Protocol[Prepared]):
    """What a service makes of events."""

    @property
    def known(self) -> Mapping[str, type[Event]]:
        """The events it listens to, by their name on the wire; others are passed over."""

    def prepare(self, events: Sequence[Event]) -> Prepared:
        """Work out the changes: pure, and the same whatever the batch's borders. May raise for a poisoned event."""

    async def store(self, session: Session, prepared: Prepared) -> None:
        """Write the changes within the consumer's transaction."""


@dataclass(slots=True)
class _Batch(Generic[Prepared]):
    """Records read together, and what became of them."""

    records: Sequence[Record]
    moves: Mapping[TopicPartition, tuple[int, int]]
    newest_ms: int = 0
    """When the newest of them was put on the bus, in milliseconds since 1970."""
    events: dict[UUID, Event] = field(default_factory=dict)
    letters: list[Message] = field(default_factory=list)
    prepared: Prepared | None = None


class Consumer(Generic[Prepared]):
    """Applies the events of some topics to one database until cancelled, each once however many of these run."""

    def __init__(
        self,
        database: Database,
        bus: Bus,
        sink: Sink[Prepared],
        *,
        group: str,
        topics: Mapping[str, int],
        name: str | None = None,
        announces: bool = True,
    ) -> None:
        """`topics` are those read, with their partitions; `name` keys the offsets where it is not the group.

        What the sink only writes down for itself (`announces` false) need not wait for the database's disk: should the
        server crash, offsets and effect are taken back together, and the log is read again from there.
        """
        self._database = database
        self._bus = bus
        self._sink = sink
        self._group = group
        self._topics = topics
        self._name = name or group
        self._announces = announces
        self._next: dict[TopicPartition, int] = {}
        self.applied = 0
        self.dead_lettered = 0
        self.has_begun = False
        """Whether it was ever handed partitions and told where to start in them."""

    async def run(self) -> None:
        """Read and apply; whatever is away is tried again, and a reader that lost its place finds it again."""
        backoff = Backoff()
        while True:
            try:
                await self._bus.ensure_topics(self._all_topics())
                reader = await self._bus.reader(group=self._group, topics=list(self._topics))
            except BusUnavailable as error:
                log.warning("consumer_waits", group=self._group, because=type(error).__qualname__)
                await backoff.wait()
                continue
            try:
                await self._read_on(reader, backoff)
            except BusUnavailable as error:
                log.warning("consumer_waits", group=self._group, because=type(error).__qualname__)
                await backoff.wait()
            except OffsetLost:
                # Guessing where to go on would count wrongly for ever; a rebuild starts from what the log still holds.
                log.error("consumer_lost_the_log", group=self._group, remedy="rebuild")
                await asyncio.sleep(LOST_WAIT.total_seconds())
            finally:
                await reader.close()

    async def _read_on(self, reader: Reader, backoff: Backoff) -> None:
        storing: asyncio.Task[None] | None = None
        reader.displace()
        try:
            while True:
                try:
                    if reader.unplaced():
                        if storing is not None:
                            await storing
                            storing = None
                        await self._place(reader)
                    batch = await self._next_batch(reader, IDLE)
                    if storing is not None:
                        await storing
                    storing = asyncio.create_task(self._store(batch)) if batch else None
                    backoff.reset()
                except OffsetsMoved:
                    log.info("consumer_lost_its_place", group=self._group)
                    storing = None
                    reader.displace()
                except DatabaseUnavailable:
                    log.warning("consumer_waits", group=self._group, because="DatabaseUnavailable")
                    storing = None
                    reader.displace()
                    await backoff.wait()
        finally:
            if storing is not None:
                # A cancelled consumer lets the transaction under way end: stopping is no reason to do it twice.
                await asyncio.gather(storing, return_exceptions=True)

    async def catch_up(self, reader: Reader) -> int:
        """Apply what is there now, without running on; how many records. For tests and rebuilds."""
        if reader.unplaced():
            await self._place(reader)
        batch = await self._next_batch(reader, timedelta(0))
        if batch is None:
            return 0
        await self._store(batch)
        return len(batch.records)

    async def _place(self, reader: Reader) -> None:
        """Start each newly assigned partition where the database says this consumer has come to."""
        waiting = reader.unplaced()
        async with self._database.read(EVERY_DISTRICT) as session:
            known = await offsets_of(session, self._name)
        fresh = waiting - known.keys()
        if fresh:
            first = {tp: bounds[0] for tp, bounds in (await reader.bounds(fresh)).items()}
            async with self._database.write(EVERY_DISTRICT) as session:
                await begin_offsets(session, self._name, first)
                known = await offsets_of(session, self._name)
        positions = {tp: known[tp] for tp in waiting}
        self._next.update(positions)
        reader.place(positions)
        self.has_begun = True

    async def _next_batch(self, reader: Reader, wait: timedelta) -> _Batch[Prepared] | None:
        found = await reader.read(max_records=MOST_RECORDS, timeout=wait)
        if not found:
            return None
        records = [record for partition in found.values() for record in partition]
        following = {tp: partition[-1].offset + 1 for tp, partition in found.items()}
        newest_ms = max(partition[-1].timestamp for partition in found.values())
        batch = _Batch[Prepared](records, {tp: (self._next[tp], n) for tp, n in following.items()}, newest_ms)
        self._next.update(following)
        await self._decode(batch)
        return batch

    async def _decode(self, batch: _Batch[Prepared]) -> None:
        for start in range(0, len(batch.records), RECORDS_AT_ONCE):
            self._read_events(batch, batch.records[start : start + RECORDS_AT_ONCE])
            await asyncio.sleep(0)
        self._prepare(batch)

    def _read_events(self, batch: _Batch[Prepared], records: Sequence[Record]) -> None:
        known = self._sink.known
        for record in records:
            try:
                event = from_record(record, known)
            except NotAnEvent as error:
                batch.letters.append(self._set_aside(record, error))
                continue
            if event is not None:
                batch.events[event.event_id] = event

    def _prepare(self, batch: _Batch[Prepared]) -> None:
        try:
            batch.prepared = self._sink.prepare(list(batch.events.values()))
        except Exception:  # a poisoned event may fail in any way: find it, set it aside, go on
            by_id = {self._id_of(r): r for r in batch.records}
            for event_id, event in list(batch.events.items()):
                try:
                    self._sink.prepare([event])
                except Exception as error:
                    del batch.events[event_id]
                    batch.letters.append(self._set_aside(by_id[event_id], error))
            batch.prepared = self._sink.prepare(list(batch.events.values()))

    async def _store(self, batch: _Batch[Prepared]) -> None:
        """Make the batch's effect happen, once. Raises: OffsetsMoved, DatabaseUnavailable."""
        try:
            await self._commit_unseen(batch)
        except (OffsetsMoved, DatabaseUnavailable):
            raise
        except Exception as error:  # the store refused some event: find it, set it aside, go on
            log.error("batch_refused", group=self._group, error=type(error).__qualname__)
            await self._one_by_one(batch)
        age = time.time() - batch.newest_ms / 1000
        consumer_age_seconds.labels(self._group).set(max(0.0, age))

    async def _commit_unseen(self, batch: _Batch[Prepared]) -> None:
        try:
            await self._commit(batch)
        except SeenBefore:
            await self._without_seen(batch)
            await self._commit(batch)

    async def _commit(self, batch: _Batch[Prepared]) -> None:
        announces = self._announces or bool(batch.letters)
        causes = (traceparent(r.headers) for r in batch.records)
        with batch_span(f"apply {self._group}", causes, events=len(batch.events)):
            async with self._database.write(EVERY_DISTRICT, wakes_relay=announces, durable=announces) as session:
                await move_offsets(session, self._name, batch.moves)
                if batch.events:
                    await mark_seen(session, batch.events)
                    assert batch.prepared is not None
                    await self._sink.store(session, batch.prepared)
                await record_messages(session, batch.letters)
        self.applied += len(batch.events)
        self.dead_lettered += len(batch.letters)
        events_applied.labels(self._group).inc(len(batch.events))
        events_dead_lettered.labels(self._group).inc(len(batch.letters))

    async def _without_seen(self, batch: _Batch[Prepared]) -> None:
        """Take out what was applied before: the relay sent it twice, or a replay was."""
        async with self._database.read(EVERY_DISTRICT) as session:
            for event_id in await seen_among(session, batch.events):
                del batch.events[event_id]
        self._prepare(batch)

    async def _one_by_one(self, batch: _Batch[Prepared]) -> None:
        """Store each record in a transaction of its own; what the store refuses becomes a dead letter."""
        expected = {tp: first for tp, (first, _next) in batch.moves.items()}
        for record in batch.records:
            tp = TopicPartition(record.topic, record.partition)
            moves = {tp: (expected[tp], record.offset + 1)}
            single = _Batch[Prepared]([record], moves)
            await self._decode(single)
            try:
                await self._commit(single)
            except SeenBefore:
                await self._commit(_Batch([record], moves))
            except (OffsetsMoved, DatabaseUnavailable):
                raise
            except Exception as error:
                await self._commit(_Batch([record], moves, letters=[self._set_aside(record, error)]))
            expected[tp] = record.offset + 1

    def _set_aside(self, record: Record, error: Exception) -> Message:
        # Only our own words: a message of pydantic or the driver may quote the row.
        reason = str(error) if isinstance(error, NotAnEvent) else "could not be applied"
        log.error(
            "dead_letter",
            group=self._group,
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            error=type(error).__qualname__,
        )
        return to_dead_letter(record, group=self._group, reason=reason, error=type(error).__qualname__)

    def _id_of(self, record: Record) -> UUID | None:
        try:
            event = from_record(record, self._sink.known)
            return event.event_id if event is not None else None
        except NotAnEvent:
            return None

    def _all_topics(self) -> dict[str, int]:
        return {**self._topics, **{dead_letter_topic(t, self._group): 1 for t in self._topics}}
