"""Reads the bus and applies each event exactly once: one batch, one transaction, one effect.

A batch's transaction holds the compare-and-set of its offsets, the inbox rows of its events, the effect itself and
the dead letters. The next batch is read and prepared while the database stores the one before.
"""

import asyncio
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Generic

import structlog

from shared.backoff import Backoff
from shared.batches import Batch, Decoder, Prepared, Sink
from shared.bus.base import Bus, BusUnavailable, OffsetLost, Reader, TopicPartition
from shared.cloudevents import traceparent
from shared.db import EVERY_DISTRICT, Database
from shared.dead_letters import dead_letter_topic
from shared.errors import DatabaseUnavailable
from shared.inbox import (
    OffsetsMoved,
    SeenBefore,
    begin_offsets,
    hold_offsets,
    mark_seen,
    move_offsets,
    offsets_of,
    seen_among,
)
from shared.outbox import record_messages
from shared.telemetry.metrics import consumer_age_seconds, events_applied, events_dead_lettered
from shared.telemetry.tracing import batch_span

log = structlog.get_logger(__name__)

MOST_RECORDS = 10_000
"""A batch's statements cost the same for any number of events: 0.69 and 0.81 of the bench's reference over 300,000
events, against 0.62 and 0.63 with 5,000."""
IDLE = timedelta(seconds=1)
"""How long it waits for records before it looks whether what it stored is on disk."""
LOST_WAIT = timedelta(seconds=10)
CONFIRM = timedelta(seconds=5)
"""How long commits that a crash may take back go on without a look whether one did."""


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
        server crash, offsets and effect are taken back together, `_confirm` finds that out, and the log is read again
        from there.
        """
        self._database = database
        self._bus = bus
        self._sink = sink
        self._decoder = Decoder(sink, group=group)
        self._group = group
        self._topics = topics
        self._name = name or group
        self._announces = announces
        self._stored: dict[TopicPartition, int] = {}
        self._unsure_since: float | None = None
        """Since when there are commits that a crash of the server may take back."""
        self._next: dict[TopicPartition, int] = {}
        self.applied = 0
        self.dead_lettered = 0
        self.has_begun = False
        """Whether it was ever handed partitions and told where to start in them."""

    async def run(self) -> None:
        """Read and apply; whatever is away is tried again, and a reader that lost its place finds it again."""
        backoff = Backoff(most_seconds=0.5)  # a key that was withdrawn meanwhile must not wait longer than the bus
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
                        storing = None
                    if self._is_to_confirm(idle=batch is None):
                        await self._confirm(reader)
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
        self._stored.update(positions)
        self._note_unsure()  # whoever stored up to here may not have confirmed it
        reader.place(positions)
        self.has_begun = True

    def _note_unsure(self) -> None:
        if not self._announces and self._database.dialect == "postgresql" and self._unsure_since is None:
            self._unsure_since = time.monotonic()

    def _is_to_confirm(self, *, idle: bool) -> bool:
        since = self._unsure_since
        return since is not None and (idle or time.monotonic() - since > CONFIRM.total_seconds())

    async def _confirm(self, reader: Reader) -> None:
        """Have everything stored so far on disk, or find that a crash took some of it back.

        Without it a reader whose partition has gone quiet would never learn of that: dead connections are replaced
        unnoticed, and offsets are compared only when the next record comes. Raises: OffsetsMoved, DatabaseUnavailable.
        """
        positions = {tp: self._stored[tp] for tp in reader.assigned() if tp in self._stored}
        async with self._database.write(EVERY_DISTRICT, wakes_relay=False) as session:
            await hold_offsets(session, self._name, positions)
        self._unsure_since = None

    async def _next_batch(self, reader: Reader, wait: timedelta) -> Batch[Prepared] | None:
        found = await reader.read(max_records=MOST_RECORDS, timeout=wait)
        if not found:
            return None
        records = [record for partition in found.values() for record in partition]
        following = {tp: partition[-1].offset + 1 for tp, partition in found.items()}
        newest_ms = max(partition[-1].timestamp for partition in found.values())
        batch = Batch[Prepared](records, {tp: (self._next[tp], n) for tp, n in following.items()}, newest_ms)
        self._next.update(following)
        await self._decoder.decode(batch)
        return batch

    async def _store(self, batch: Batch[Prepared]) -> None:
        """Make the batch's effect happen, once. Raises: OffsetsMoved, DatabaseUnavailable."""
        try:
            await self._commit_unseen(batch)
        except (OffsetsMoved, DatabaseUnavailable):
            raise
        except Exception as error:  # the store refused some event: find it, set it aside, go on
            log.error("batch_refused", group=self._group, error=type(error).__qualname__)
            await self._one_by_one(batch)
        if batch.newest_ms is not None:
            consumer_age_seconds.labels(self._group).set(max(0.0, time.time() - batch.newest_ms / 1000))

    async def _commit_unseen(self, batch: Batch[Prepared]) -> None:
        try:
            await self._commit(batch)
        except SeenBefore:
            await self._without_seen(batch)
            await self._commit(batch)

    async def _commit(self, batch: Batch[Prepared]) -> None:
        durable = self._announces or bool(batch.letters)
        causes = (traceparent(r.headers) for r in batch.records)
        with batch_span(f"apply {self._group}", causes, events=len(batch.events)):
            async with self._database.write(EVERY_DISTRICT, wakes_relay=durable, durable=durable) as session:
                await move_offsets(session, self._name, batch.moves)
                if batch.events:
                    await mark_seen(session, batch.events)
                    await self._sink.store(session, batch.to_store())
                await record_messages(session, batch.letters)
        self._stored.update({tp: following for tp, (_, following) in batch.moves.items()})
        if not durable:
            self._note_unsure()
        self.applied += len(batch.events)
        self.dead_lettered += len(batch.letters)
        events_applied.labels(self._group).inc(len(batch.events))
        events_dead_lettered.labels(self._group).inc(len(batch.letters))

    async def _without_seen(self, batch: Batch[Prepared]) -> None:
        """Take out what was applied before: the relay sent it twice, or a replay was."""
        async with self._database.read(EVERY_DISTRICT) as session:
            for event_id in await seen_among(session, batch.events):
                del batch.events[event_id]
        self._decoder.prepare(batch)

    async def _one_by_one(self, batch: Batch[Prepared]) -> None:
        """Store each record in a transaction of its own; what the store refuses becomes a dead letter."""
        expected = {tp: first for tp, (first, _next) in batch.moves.items()}
        for record in batch.records:
            tp = TopicPartition(record.topic, record.partition)
            moves = {tp: (expected[tp], record.offset + 1)}
            single = Batch[Prepared]([record], moves)
            await self._decoder.decode(single)
            try:
                await self._commit(single)
            except SeenBefore:
                await self._commit(Batch([record], moves))
            except (OffsetsMoved, DatabaseUnavailable):
                raise
            except Exception as error:
                await self._commit(Batch([record], moves, letters=[self._decoder.set_aside(record, error)]))
            expected[tp] = record.offset + 1

    def _all_topics(self) -> dict[str, int]:
        return {**self._topics, **{dead_letter_topic(t, self._group): 1 for t in self._topics}}
