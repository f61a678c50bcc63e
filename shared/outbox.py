"""Events are recorded here in the transaction of the change they tell of; the relay publishes them after the commit."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from uuid import UUID

import orjson
import uuid_utils.compat
from sqlalchemy import BigInteger, Column, Identity, Integer, LargeBinary, Table, Text

from shared.bulk import bulk_upsert
from shared.bus.base import MESSAGE_LIMIT_BYTES, Message
from shared.cloudevents import to_message
from shared.db import Session, UtcDateTime, driver, plumbing
from shared.events.base import Event
from shared.telemetry.metrics import events_recorded
from shared.telemetry.tracing import current_traceparent

outbox = Table(
    "outbox",
    plumbing,
    Column(
        "seq",
        BigInteger().with_variant(Integer, "sqlite"),
        Identity(always=False),
        primary_key=True,
    ),
    Column("topic", Text, nullable=False),
    Column("key", LargeBinary),
    Column("value", LargeBinary),
    # A JSON object, header bytes as Latin-1 text: reversible for any bytes, also those of a dead letter.
    Column("headers", LargeBinary, nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
    sqlite_autoincrement=True,  # a plain rowid may be used again after the newest row is deleted
)


LARGEST_BYTES = MESSAGE_LIMIT_BYTES - 10_000
"""The largest event: what the bus takes, less the notes it would carry as a dead letter. None can block the outbox."""


class EventTooLarge(Exception):
    """The event is larger than the bus takes; the change it tells of must not be stored either."""


def new_event_id() -> UUID:
    """A fresh id that sorts by time (UUIDv7), so that indexes over ids grow at one end."""
    return uuid_utils.compat.uuid7()


async def record(session: Session, *events: Event, source: str) -> None:
    """Announce these facts, in this order, if and only if the transaction commits.

    Call after the aggregate's own row was written: its lock then orders the events of one key.
    """
    await record_messages(session, announcements(*events, source=source))


def announcements(*events: Event, source: str) -> list[Message]:
    """These facts as they are announced, for `record_messages`. Raises: EventTooLarge."""
    traceparent = current_traceparent()
    messages = [to_message(e, source=source, traceparent=traceparent) for e in events]
    for message in messages:
        if message.size_bytes > LARGEST_BYTES:
            raise EventTooLarge(message.topic)
    return messages


_FEW_ROWS = 100
"""More of them go in by COPY: with it `make bench BENCH=activities` told 0.16, and 0.14 before."""
_COLUMNS = ("topic", "key", "value", "headers", "recorded_at")


async def record_messages(session: Session, messages: Sequence[Message]) -> None:
    """Hand messages over as they are: announcements, dead letters and their replays."""
    if messages:
        now = datetime.now(UTC)
        rows = [(m.topic, m.key, m.value, pack_headers(m.headers), now) for m in messages]
        # Each row draws its number here, in this order, so none is ever there already.
        if len(rows) > _FEW_ROWS and session.dialect.name == "postgresql":
            await (await driver(session)).copy_records_to_table(outbox.name, records=rows, columns=_COLUMNS)
        else:
            await bulk_upsert(session, outbox, _COLUMNS, rows, on_conflict="ignore")
        for topic, n in Counter(m.topic for m in messages).items():
            events_recorded.labels(topic).inc(n)


def pack_headers(headers: Iterable[tuple[str, bytes]]) -> bytes:
    """Headers as one column's bytes."""
    return orjson.dumps([(name, value.decode("latin-1")) for name, value in headers])


def unpack_headers(packed: bytes) -> tuple[tuple[str, bytes], ...]:
    """The headers that `pack_headers` packed."""
    return tuple([(name, value.encode("latin-1")) for name, value in orjson.loads(packed)])
