"""The SQLite file behind the embedded bus: what is on disk, and each short piece of work on it, without asyncio.

Durability: an append is synchronous=FULL. Once it returns, the relay deletes the outbox row, and this log is then the
only place that knows of the event, so it must survive a power cut. Leases are not worth a flush (NORMAL).
"""

import sqlite3
import threading
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import orjson

from shared.bus.base import BusUnavailable, Headers, Message, OffsetLost, TopicPartition
from shared.bus.local.bell import ring
from shared.bus.local.layout import open_log
from shared.bus.partitioning import partition_of

READ = "BEGIN"
WRITE = "BEGIN IMMEDIATE"
MOST_BYTES = 4 * 2**20
"""Of values handed out together, beside one of each partition that goes beyond. A school's enrolment has 10 kB, of
which a reader makes 150 kB of objects: so its memory does not grow with how many of them wait. Of the other events it
is eight thousand.
"""


class LocalRecord(NamedTuple):
    """A record as the port wants it."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Headers


class _Log(NamedTuple):
    log_id: int
    next_offset: int


class LogFile:
    """One connection to the file, usable from any thread, one piece of work at a time.

    A lock of its own, because the thread of a cancelled task goes on working after the task has gone.
    """

    def __init__(self, path: Path, *, durable: bool) -> None:
        self._path = path
        self._durable = durable
        self._lock = threading.Lock()
        self._opened: sqlite3.Connection | None = None

    def ensure_topics(self, topics: Mapping[str, int]) -> None:
        """Add the logs of topics that have none. The number of partitions of a topic that exists stays."""
        with self._work(WRITE) as connection:
            present = {topic for (topic,) in connection.execute("SELECT DISTINCT topic FROM logs")}
            missing = [(t, p) for t, count in topics.items() if t not in present for p in range(count)]
            connection.executemany("INSERT INTO logs (topic, partition) VALUES (?, ?)", missing)
            readers = _readers(connection) if missing else []
        ring(readers)

    def append(self, messages: Sequence[Message]) -> None:
        """Store all or none, numbered without gaps in the order given, and wake the readers."""
        with self._work(WRITE) as connection:
            logs = _logs(connection, {message.topic for message in messages})
            counts: dict[str, int] = {}
            for topic, _ in logs:
                counts[topic] = counts.get(topic, 0) + 1
            now = time.time_ns() // 1_000_000
            tails = {place: log.next_offset for place, log in logs.items()}
            rows = []
            for message in messages:
                place = _place(message, counts, keyless=now)
                offset = tails[place]
                tails[place] = offset + 1
                headers = _pack(message.headers)
                log_id = logs[place].log_id
                rows.append((log_id, offset, message.key, message.value, headers, now))
            connection.executemany("INSERT INTO records VALUES (?, ?, ?, ?, ?, ?)", rows)
            connection.executemany(
                "UPDATE logs SET next_offset = ? WHERE log_id = ?",
                [(tails[p], log.log_id) for p, log in logs.items() if tails[p] > log.next_offset],
            )
            readers = _readers(connection)
        ring(readers)

    def ends(self, topics: frozenset[str]) -> dict[TopicPartition, int]:
        """The offset after the last, for each partition of these topics that exists."""
        with self._work() as connection:
            return {place: log.next_offset for place, log in _logs(connection, topics).items()}

    def fetch(
        self,
        positions: Mapping[TopicPartition, int],
        *,
        topics: frozenset[str],
        lease: tuple[str, str],
        max_records: int,
    ) -> tuple[frozenset[TopicPartition], dict[TopicPartition, list[LocalRecord]]] | None:
        """All partitions there are, and the next records of the placed ones; None when the lease is another's.

        Lease and records are of one snapshot, so nothing is handed out that was lost before it was read.
        Raises: OffsetLost.
        """
        with self._work() as connection:
            group, holder = lease
            row = connection.execute("SELECT holder FROM leases WHERE group_name = ?", (group,)).fetchone()
            if row is None or row[0] != holder:
                return None
            logs = _logs(connection, topics)
            waiting = []
            for place, position in positions.items():
                end = logs[place].next_offset if place in logs else 0
                if not 0 <= position <= end:
                    raise OffsetLost(f"{place.topic}/{place.partition}: {position} is outside 0..{end}")
                if position < end:
                    waiting.append(place)
            found: dict[TopicPartition, list[LocalRecord]] = {}
            most_bytes = MOST_BYTES
            for behind, place in enumerate(waiting):
                left = len(waiting) - behind
                share = -(-max_records // left)  # what others leave goes to the rest
                if share > 0:
                    room = most_bytes // left
                    records = _read(connection, place, logs[place].log_id, positions[place], share, room)
                    found[place] = records
                    max_records -= len(records)
                    most_bytes -= sum(map(_size, records))
            return frozenset(logs), found

    def claim(self, group: str, holder: str, *, seconds: float, instead_of: str | None = None) -> bool:
        """Take or keep the group's lease. True when it is the holder's now.

        Another's lease is taken over when it has run out, or when that other is the one named by `instead_of`.
        """
        now = time.time()
        with self._work(WRITE) as connection:
            return (
                connection.execute(
                    "INSERT INTO leases VALUES (:group, :holder, :until)"
                    " ON CONFLICT (group_name) DO UPDATE SET holder = :holder, expires_at = :until"
                    " WHERE holder = :holder OR expires_at NOT BETWEEN :now AND :longest"
                    " OR holder = :instead_of",
                    {
                        "group": group,
                        "holder": holder,
                        "until": now + seconds,
                        "now": now,
                        "longest": now + 2 * seconds,  # further off only if the clock was set back
                        "instead_of": instead_of,
                    },
                ).rowcount
                == 1
            )

    def lease(self, group: str) -> tuple[str, float] | None:
        """Who holds the group, and until when (seconds since 1970)."""
        with self._work() as connection:
            row: tuple[str, float] | None = connection.execute(
                "SELECT holder, expires_at FROM leases WHERE group_name = ?", (group,)
            ).fetchone()
            return row

    def release(self, group: str, holder: str) -> None:
        """Give the lease back, if it is still the holder's."""
        with self._work(WRITE) as connection:
            connection.execute("DELETE FROM leases WHERE group_name = ? AND holder = ?", (group, holder))

    def try_version(self) -> int | None:
        """A number that changes whenever another connection commits; None while this one is at work.

        Reads no page and waits for nothing, so it may be asked on the event loop.
        """
        if self._opened is None or not self._lock.acquire(blocking=False):
            return None
        try:
            (version,) = self._opened.execute("PRAGMA data_version").fetchone()
            return int(version)
        except sqlite3.Error as error:
            raise BusUnavailable(f"{self._path.name}: {error}") from error
        finally:
            self._lock.release()

    def close(self) -> None:
        """Let the file go."""
        with self._lock:
            self._drop()

    @contextmanager
    def _work(self, transaction: str = READ) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                if self._opened is None:
                    self._opened = open_log(self._path, durable=self._durable)
                self._opened.execute(transaction)
                try:
                    yield self._opened
                except BaseException:
                    self._opened.rollback()
                    raise
                self._opened.commit()
            except (sqlite3.Error, OSError) as error:
                self._drop()  # the next try opens anew: the file may have been put right meanwhile
                raise BusUnavailable(f"{self._path.name}: {error}") from error

    def _drop(self) -> None:
        if self._opened is not None:
            self._opened.close()
            self._opened = None


def _readers(connection: sqlite3.Connection) -> list[str]:
    """Who is to be woken. One that died longer ago than its lease held is not: its port may be another's by now."""
    found = connection.execute("SELECT holder FROM leases WHERE expires_at > ?", (time.time(),))
    return [holder for (holder,) in found]


def _logs(connection: sqlite3.Connection, topics: Collection[str]) -> dict[TopicPartition, _Log]:
    rows = connection.execute("SELECT topic, partition, log_id, next_offset FROM logs")
    return {
        TopicPartition(topic, partition): _Log(log_id, next_offset)
        for topic, partition, log_id, next_offset in rows
        if topic in topics
    }


def _place(message: Message, counts: Mapping[str, int], *, keyless: int) -> TopicPartition:
    partitions = counts.get(message.topic)
    if partitions is None:
        raise BusUnavailable(f"there is no topic {message.topic}")
    if message.key is None:
        return TopicPartition(message.topic, keyless % partitions)
    return TopicPartition(message.topic, partition_of(message.key, partitions))


def _read(
    connection: sqlite3.Connection, place: TopicPartition, log_id: int, position: int, limit: int, most_bytes: int
) -> list[LocalRecord]:
    rows = connection.execute(
        'SELECT "offset", timestamp, key, value, headers FROM records'
        ' WHERE log_id = ? AND "offset" >= ? ORDER BY "offset" LIMIT ?',
        (log_id, position, limit),
    )
    topic, partition = place
    records: list[LocalRecord] = []
    for offset, timestamp, key, value, headers in rows:
        records.append(LocalRecord(topic, partition, offset, timestamp, key, value, _unpack(headers)))
        most_bytes -= _size(records[-1])
        if most_bytes <= 0:
            break
    return records


def _size(record: LocalRecord) -> int:
    return len(record.value or b"")


def _pack(headers: Headers) -> bytes:
    """Headers as a JSON list; Latin-1 takes any byte there and back."""
    return orjson.dumps([(name, value.decode("latin-1")) for name, value in headers])


def _unpack(packed: bytes) -> Headers:
    return tuple([(name, value.encode("latin-1")) for name, value in orjson.loads(packed)])
