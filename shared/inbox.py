"""Where a reader keeps how far it has read and what it has seen: the two tables that make an effect happen once."""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column, Integer, Table, Text, Uuid, delete, select, text

from shared.bulk import bulk_upsert
from shared.bus.base import TopicPartition
from shared.copying import UUID_BYTES, copy_columns
from shared.db import ReadSession, Session, UtcDateTime, driver, plumbing

inbox = Table("inbox", plumbing, Column("event_id", Uuid, primary_key=True))

consumer_offsets = Table(
    "consumer_offsets",
    plumbing,
    Column("consumer", Text, primary_key=True),
    Column("topic", Text, primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("next_offset", BigInteger, nullable=False),
    Column("applied_at", UtcDateTime),
)


class OffsetsMoved(Exception):
    """Somebody else has read on from where this reader thought to be: what it read is not its to apply."""


_FEW_IDS = 100
"""Up to so many ids go in one statement: a COPY takes two round trips, and each is a wait on the way to the view."""


class SeenBefore(Exception):
    """Some of these events were applied before."""


async def offsets_of(session: ReadSession, consumer: str) -> dict[TopicPartition, int]:
    """The next offset of each partition that this consumer has ever begun."""
    o = consumer_offsets.c
    rows = await session.execute(select(o.topic, o.partition, o.next_offset).where(o.consumer == consumer))
    return {TopicPartition(topic, partition): offset for topic, partition, offset in rows}


async def begin_offsets(session: Session, consumer: str, positions: Mapping[TopicPartition, int]) -> None:
    """Begin these partitions at the given offsets, unless somebody has begun them before."""
    rows = [(consumer, tp.topic, tp.partition, offset) for tp, offset in sorted(positions.items())]
    columns = ("consumer", "topic", "partition", "next_offset")
    await bulk_upsert(session, consumer_offsets, columns, rows, on_conflict="ignore")


_MOVE_POSTGRESQL = """
UPDATE consumer_offsets o SET next_offset = m.next_offset, applied_at = $6
FROM unnest($1::text[], $2::int[], $3::bigint[], $4::bigint[]) AS m(topic, partition, expected, next_offset)
WHERE o.consumer = $5 AND o.topic = m.topic AND o.partition = m.partition AND o.next_offset = m.expected
"""
_MOVE_SQLITE = text(
    "UPDATE consumer_offsets SET next_offset = :next, applied_at = :now WHERE consumer = :consumer"
    " AND topic = :topic AND partition = :partition AND next_offset = :expected"
)


async def move_offsets(session: Session, consumer: str, moves: Mapping[TopicPartition, tuple[int, int]]) -> None:
    """Move every partition from its expected offset to the next one, all or none.

    This compare-and-set, not the consumer group, makes an effect happen exactly once: a reader that was frozen past
    its session finds the rows moved. Raises: OffsetsMoved.
    """
    now = datetime.now(UTC)
    ordered = sorted(moves.items())
    if session.dialect.name == "postgresql":
        topics, partitions = [tp.topic for tp, _ in ordered], [tp.partition for tp, _ in ordered]
        expected, following = [e for _, (e, _n) in ordered], [n for _, (_e, n) in ordered]
        raw = await driver(session)
        status: str = await raw.execute(_MOVE_POSTGRESQL, topics, partitions, expected, following, consumer, now)
        moved = int(status.rsplit(" ", 1)[1])
    else:
        moved = 0
        for tp, (expected_offset, next_offset) in ordered:
            done = await session.execute(
                _MOVE_SQLITE,
                {
                    "next": next_offset,
                    "now": now.replace(tzinfo=None).isoformat(sep=" "),
                    "consumer": consumer,
                    "topic": tp.topic,
                    "partition": tp.partition,
                    "expected": expected_offset,
                },
            )
            moved += done.rowcount
    if moved != len(ordered):
        raise OffsetsMoved(consumer)


_HOLD_POSTGRESQL = """
UPDATE consumer_offsets o SET next_offset = o.next_offset
FROM unnest($1::text[], $2::int[], $3::bigint[]) AS m(topic, partition, expected)
WHERE o.consumer = $4 AND o.topic = m.topic AND o.partition = m.partition AND o.next_offset = m.expected
"""


async def hold_offsets(session: Session, consumer: str, positions: Mapping[TopicPartition, int]) -> None:
    """Write on PostgreSQL that these partitions stand where they stand. Raises: OffsetsMoved when one does not.

    A write and not a look, so that its commit waits until everything before it is on disk too.
    """
    topics, partitions = [tp.topic for tp in positions], [tp.partition for tp in positions]
    raw = await driver(session)
    status: str = await raw.execute(_HOLD_POSTGRESQL, topics, partitions, list(positions.values()), consumer)
    if int(status.rsplit(" ", 1)[1]) != len(positions):
        raise OffsetsMoved(consumer)


async def mark_seen(session: Session, event_ids: Collection[UUID]) -> None:
    """Note these events as applied. Raises: SeenBefore; the transaction must then not commit."""
    if session.dialect.name == "postgresql" and len(event_ids) > _FEW_IDS:
        from asyncpg import UniqueViolationError  # not before it is at work, see `shared.away`

        try:
            await copy_columns(await driver(session), inbox.name, [UUID_BYTES], [[i.bytes for i in event_ids]])
        except UniqueViolationError:
            raise SeenBefore from None  # its message quotes the row
        return
    new = await bulk_upsert(session, inbox, ("event_id",), [(i,) for i in event_ids], on_conflict="ignore")
    if new != len(event_ids):
        raise SeenBefore


async def seen_among(session: ReadSession, event_ids: Iterable[UUID]) -> set[UUID]:
    """Which of these events were applied before."""
    found: set[UUID] = set()
    wanted = list(event_ids)
    for start in range(0, len(wanted), 500):
        some = wanted[start : start + 500]
        rows = await session.execute(select(inbox.c.event_id).where(inbox.c.event_id.in_(some)))
        found.update(rows.scalars())
    return found


async def forget_seen(session: Session, before: datetime, *, most: int) -> int:
    """Drop up to `most` events that were seen and are older than that, the oldest first; how many.

    An event's age is in its id: UUIDv7 begins with milliseconds since 1970.
    """
    oldest = UUID(int=int(before.timestamp() * 1000) << 80)
    old = select(inbox.c.event_id).where(inbox.c.event_id < oldest).order_by(inbox.c.event_id).limit(most)
    return (await session.execute(delete(inbox).where(inbox.c.event_id.in_(old)))).rowcount
