"""Records read together become events; what is none, or is poisoned, is set aside, and the rest is prepared."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar
from uuid import UUID

import structlog

from shared.bus.base import Message, Record, TopicPartition
from shared.cloudevents import NotAnEvent, from_record
from shared.db import Session
from shared.dead_letters import to_dead_letter
from shared.events.base import Event

log = structlog.get_logger(__name__)
Prepared = TypeVar("Prepared")

RECORDS_AT_ONCE = 100
"""Decoded without a pause: then the batch before may send its next statement, and a request is answered."""


class Sink(Protocol[Prepared]):
    """What a service makes of events."""

    @property
    def known(self) -> Mapping[str, type[Event]]:
        """The events it listens to, by their name on the wire; others are passed over."""

    def prepare(self, events: Sequence[Event]) -> Prepared:
        """Work out the changes, never None: pure, and the same whatever the batch's borders.

        May raise for a poisoned event.
        """

    async def store(self, session: Session, prepared: Prepared) -> None:
        """Write the changes within the consumer's transaction."""


class FailTogether(Exception):
    """Events that can be prepared one by one cannot be prepared together."""


@dataclass(slots=True)
class Batch(Generic[Prepared]):
    """Records read together, and what became of them."""

    records: Sequence[Record]
    moves: Mapping[TopicPartition, tuple[int, int]]
    newest_ms: int | None = None
    """When the newest of them was put on the bus, in milliseconds since 1970; not told of a single record."""
    events: dict[UUID, Event] = field(default_factory=dict)
    letters: list[Message] = field(default_factory=list)
    prepared: Prepared | None = None

    def to_store(self) -> Prepared:
        """What the sink made of the events. Raises: FailTogether."""
        if self.prepared is None:
            raise FailTogether
        return self.prepared


class Decoder(Generic[Prepared]):
    """Turns the records of a batch into events and what one sink makes of them."""

    def __init__(self, sink: Sink[Prepared], *, group: str) -> None:
        """`group` is whose dead letters the records become that are set aside."""
        self._sink = sink
        self._group = group

    async def decode(self, batch: Batch[Prepared]) -> None:
        """Read the batch's records and prepare its events."""
        for start in range(0, len(batch.records), RECORDS_AT_ONCE):
            self._read(batch, batch.records[start : start + RECORDS_AT_ONCE])
            await asyncio.sleep(0)
        self.prepare(batch)

    def _read(self, batch: Batch[Prepared], records: Sequence[Record]) -> None:
        known = self._sink.known
        for record in records:
            try:
                event = from_record(record, known)
            except NotAnEvent as error:
                batch.letters.append(self.set_aside(record, error))
                continue
            if event is not None:
                batch.events[event.event_id] = event

    def prepare(self, batch: Batch[Prepared]) -> None:
        """Work out what the batch's events change, without those that are poisoned."""
        batch.prepared = self._together(batch)
        if batch.prepared is not None:
            return
        by_id = {self._id_of(r): r for r in batch.records}
        for event_id, event in list(batch.events.items()):
            try:
                self._sink.prepare([event])
            except Exception as error:
                del batch.events[event_id]
                batch.letters.append(self.set_aside(by_id[event_id], error))
        batch.prepared = self._together(batch)

    def _together(self, batch: Batch[Prepared]) -> Prepared | None:
        try:
            return self._sink.prepare(list(batch.events.values()))
        except Exception:  # a poisoned event may fail in any way: it is found, set aside, and the rest goes on
            return None

    def set_aside(self, record: Record, error: Exception) -> Message:
        """The dead letter of a record."""
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
