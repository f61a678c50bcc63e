"""The port to the bus: messages in keyed, partitioned logs. Nothing above it knows which engine runs."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple, Protocol

Headers = Sequence[tuple[str, bytes]]

PARTITIONS = 6
"""Partitions of a topic of facts. Fixed for its life: a key's partition must not move, or its order is lost."""

MESSAGE_LIMIT_BYTES = 1_000_000
"""Key, value and headers of one message together: what Kafka takes by default (1,048,588), less room for framing."""


class BusUnavailable(Exception):
    """The bus cannot be reached just now. Whatever was handed over may or may not have arrived."""


class OffsetLost(Exception):
    """The log does not hold the offset asked for: it was trimmed, or is another log than the reader's offsets are of.

    Only a rebuild can tell what was missed.
    """


class TopicPartition(NamedTuple):
    """One log."""

    topic: str
    partition: int


@dataclass(frozen=True, slots=True)
class Message:
    """What is handed to the bus. `key` picks the partition; without one it may be any."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()

    @property
    def size_bytes(self) -> int:
        """What counts towards `MESSAGE_LIMIT_BYTES`."""
        own = len(self.key or b"") + len(self.value or b"")
        return own + sum([len(name) + len(value) for name, value in self.headers])


class MessageTooLarge(Exception):
    """One message is larger than the bus takes. Sending it again cannot help; the others of its batch may be fine."""

    def __init__(self, message: Message) -> None:
        super().__init__(f"{message.size_bytes} bytes for {message.topic}")
        self.message = message


def ensure_sendable(messages: Sequence[Message]) -> None:
    """Refuse a batch before any of it is sent. Raises: MessageTooLarge, naming the first that is."""
    for message in messages:
        if message.size_bytes > MESSAGE_LIMIT_BYTES:
            raise MessageTooLarge(message)


class Record(Protocol):
    """What is read from the bus. A protocol, so that a client's own record object serves without a copy."""

    @property
    def topic(self) -> str:
        """The topic it lies in."""

    @property
    def partition(self) -> int:
        """The partition it lies in."""

    @property
    def offset(self) -> int:
        """Its number in the partition; numbers grow but may leave gaps."""

    @property
    def timestamp(self) -> int:
        """When the bus took it, in milliseconds since 1970 (UTC)."""

    @property
    def key(self) -> bytes | None:
        """The key it was sent with."""

    @property
    def value(self) -> bytes | None:
        """The bytes it was sent with."""

    @property
    def headers(self) -> Headers:
        """The headers it was sent with."""


class Reader(Protocol):
    """One member of a consumer group. The caller owns the offsets and says where each partition starts."""

    def unplaced(self) -> frozenset[TopicPartition]:
        """Partitions now assigned to this member that wait to be told where to start; they hand out nothing yet."""

    def place(self, positions: Mapping[TopicPartition, int]) -> None:
        """Start each of these partitions at the given offset. Ignores what is no longer assigned."""

    def displace(self) -> None:
        """Forget every position: all assigned partitions become unplaced (after a lost compare-and-set)."""

    def assigned(self) -> frozenset[TopicPartition]:
        """Partitions assigned to this member now."""

    async def read(self, *, max_records: int, timeout: timedelta) -> Mapping[TopicPartition, Sequence[Record]]:
        """The next records of the placed partitions, each in offset order; empty after `timeout` without any.

        Returns early, and empty, when partitions came or went, so that the caller can place them.

        Raises: BusUnavailable, and then only `close` is left for this reader; OffsetLost when a position
        lies before the log's beginning or past its end.
        """

    async def bounds(self, partitions: Collection[TopicPartition]) -> Mapping[TopicPartition, tuple[int, int]]:
        """First offset held and the offset after the last, per partition. Raises: BusUnavailable."""

    async def close(self) -> None:
        """Leave the group. Never hangs, never raises."""


class Bus(Protocol):
    """A connection to the bus. Opened by `shared.bus.connect`; every call may raise BusUnavailable."""

    async def ensure_topics(self, topics: Mapping[str, int]) -> None:
        """Make the topics that are missing, with so many partitions, kept for ever (a rebuild reads from the start)."""

    async def publish(self, messages: Sequence[Message]) -> None:
        """Hand over all messages in order and return when every one is durable.

        On BusUnavailable some may have arrived: the caller sends the whole batch again, and readers drop what
        they have seen.
        Messages of one key keep their order.
        """

    async def bounds(self, topics: Sequence[str]) -> Mapping[TopicPartition, tuple[int, int]]:
        """First offset held and the offset after the last of every partition of these topics, where they exist."""

    async def reader(self, *, group: str, topics: Sequence[str]) -> Reader:
        """Join a consumer group over these topics."""

    async def close(self) -> None:
        """Let go. Never hangs, never raises."""
