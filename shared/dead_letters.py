"""A record that cannot be read or applied is set aside with its bytes and the reason; the rest flows on.

It goes to `<topic>.<group>.dlq` through the reader's own outbox, in the transaction that moves the offset past it.
"""

from dataclasses import replace
from datetime import UTC, datetime

from shared.bus.base import Headers, Message, Record

PREFIX = "dlq_"


def dead_letter_topic(topic: str, group: str) -> str:
    """Where a group's dead letters of a topic lie."""
    return f"{topic}.{group}.dlq"


def to_dead_letter(record: Record, *, group: str, reason: str, error: str) -> Message:
    """The record as a dead letter: same key, bytes and headers, and `dlq_` headers that tell what happened.

    `reason` and `error` quote nothing of the record.
    """
    told = {
        "original_topic": record.topic,
        "original_partition": str(record.partition),
        "original_offset": str(record.offset),
        "original_timestamp": str(record.timestamp),
        "group": group,
        "reason": reason,
        "exception": error,
        "attempts": "1",
        "at": datetime.now(UTC).isoformat(),
    }
    notes = tuple((PREFIX + name, value.encode()) for name, value in told.items())
    return Message(
        dead_letter_topic(record.topic, group), record.key, record.value, (*original_headers(record.headers), *notes)
    )


def original_headers(headers: Headers) -> tuple[tuple[str, bytes], ...]:
    """The headers the record came with, without what was noted when it was set aside.

    Kafka also knows headers without a value, which only foreign producers write: here they become empty.
    """
    return tuple((name, value or b"") for name, value in headers if not name.startswith(PREFIX))


def notes_of(headers: Headers) -> dict[str, str]:
    """What was noted when a record was set aside, without the prefix."""
    return {
        name.removeprefix(PREFIX): value.decode("utf-8", "replace")
        for name, value in headers
        if name.startswith(PREFIX)
    }


def to_original(record: Record) -> Message:
    """A dead letter as the message it was, for the topic it came from."""
    topic = notes_of(record.headers)["original_topic"]
    return Message(topic, record.key, record.value, original_headers(record.headers))


def without_value(message: Message) -> Message:
    """A letter too large for the bus, without its bytes; they lie where `original_offset` says."""
    return replace(message, value=None, headers=(*message.headers, (f"{PREFIX}value", b"left out: too large")))
