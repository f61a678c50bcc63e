"""One member of a Kafka consumer group that starts where its owner says, never where Kafka thinks.

Exceptions of a rebalance listener are swallowed by the client, so ours only takes note. A newly assigned partition is
given a position and paused at once, else the client would look for one of its own; `place` moves and resumes it.
"""

import asyncio
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import timedelta

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener
from aiokafka.errors import KafkaError, OffsetOutOfRangeError
from aiokafka.structs import TopicPartition as KafkaPartition

from shared.bus.base import BusUnavailable, OffsetLost, Record, TopicPartition
from shared.bus.kafka.ending import ends_well

START_LIMIT_S = 10.0
BOUNDS_LIMIT_S = 10.0
PROBE_LIMIT_S = 1.0
"""Nothing is read while a broker is asked for, and what it brings on its return has to be heard within two seconds."""
STALL = timedelta(seconds=60)
"""So long without an answer from any broker, or without the group settling, and it is asked whether one can be reached
at all.

An outage, however long, is left to the client: it comes back by itself within a second, still a member, while a new
reader has to wait until the group has noticed that the old one is gone. Measured after outages of 75 s: 0.4 s, against
10.2 s.
"""
RECOVERY = timedelta(seconds=15)
"""So long a broker can be reached and this reader still hears nothing: it is given up for a new one."""


class KafkaReader:
    """See `Reader`. Made by `KafkaBus.reader`."""

    def __init__(
        self,
        servers: Sequence[str],
        *,
        client_id: str,
        group: str,
        session: timedelta,
        metadata_age: timedelta,
        stall: timedelta,
        left: Callable[["KafkaReader"], None],
    ) -> None:
        session_ms = int(session.total_seconds() * 1000)
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=list(servers),
            client_id=client_id,
            group_id=group,
            enable_auto_commit=False,
            auto_offset_reset="none",
            isolation_level="read_committed",
            fetch_min_bytes=1,
            fetch_max_wait_ms=500,
            session_timeout_ms=session_ms,
            rebalance_timeout_ms=session_ms,
            heartbeat_interval_ms=session_ms // 4,
            request_timeout_ms=session_ms + 5_000,  # joining takes as long as the group waits for a dead member
            metadata_max_age_ms=int(metadata_age.total_seconds() * 1000),
        )
        self._servers = list(servers)
        self._stall_seconds = stall.total_seconds()
        self._reached_at: float | None = None
        self._left = left
        self._assigned: frozenset[TopicPartition] = frozenset()
        self._placed: set[TopicPartition] = set()
        self._is_settled = False
        self._changed: asyncio.Timeout | None = None
        self._well_at = time.monotonic()
        self._broken: str | None = None

    async def start(self, topics: Sequence[str]) -> None:
        """Connect, and join the group in the background. Raises: BusUnavailable."""
        try:
            async with asyncio.timeout(START_LIMIT_S):
                await self._consumer.start()
            self._consumer.subscribe(topics, listener=_Listener(self))
        except BaseException as error:
            await self.close()
            if isinstance(error, KafkaError | OSError | TimeoutError):
                raise BusUnavailable(f"{type(error).__name__}: {error}") from error
            raise

    def unplaced(self) -> frozenset[TopicPartition]:
        """See `Reader`."""
        return self._assigned - self._placed

    def place(self, positions: Mapping[TopicPartition, int]) -> None:
        """See `Reader`."""
        for place, offset in positions.items():
            if place in self._assigned:
                partition = KafkaPartition(*place)
                self._consumer.seek(partition, offset)
                self._consumer.resume(partition)
                self._placed.add(place)
        self._well_at = time.monotonic()

    def displace(self) -> None:
        """See `Reader`."""
        self._consumer.pause(*(KafkaPartition(*place) for place in self._placed))
        self._placed.clear()

    def assigned(self) -> frozenset[TopicPartition]:
        """See `Reader`."""
        return self._assigned

    async def read(self, *, max_records: int, timeout: timedelta) -> Mapping[TopicPartition, Sequence[Record]]:
        """See `Reader`."""
        await self._ensure_well()
        seconds = timeout.total_seconds()
        try:
            # The client's own time-out does not hold while the group is rebalancing.
            async with asyncio.timeout(seconds + 0.1) as self._changed:
                found: Mapping[TopicPartition, Sequence[Record]] = await self._consumer.getmany(
                    timeout_ms=int(seconds * 1000), max_records=max_records
                )
        except TimeoutError:
            return {}
        except OffsetOutOfRangeError as error:
            raise OffsetLost(str(error)) from error
        except KafkaError as error:
            # Records taken out before the failure are lost to the caller: this reader must not go on.
            self._broken = f"{type(error).__name__}: {error}"
            raise BusUnavailable(self._broken) from error
        finally:
            self._changed = None
        if found:
            self._well_at = time.monotonic()
            self._reached_at = None
        return found

    async def bounds(self, partitions: Collection[TopicPartition]) -> Mapping[TopicPartition, tuple[int, int]]:
        """See `Reader`."""
        try:
            return await bounds_of(self._consumer, partitions)
        except (KafkaError, OSError, TimeoutError) as error:
            raise BusUnavailable(f"{type(error).__name__}: {error}") from error

    async def close(self) -> None:
        """See `Reader`."""
        self._left(self)
        self.revoke()
        self._broken = "closed"
        await _abandon(self._consumer)

    def revoke(self) -> None:
        """The group is about to share out anew."""
        self._assigned = frozenset()
        self._placed.clear()
        self._is_settled = False
        self._well_at = time.monotonic()
        self._end_read()

    def assign(self, partitions: Collection[KafkaPartition]) -> None:
        """The group has shared out."""
        for partition in partitions:
            self._consumer.seek(partition, 0)
            self._consumer.pause(partition)
        self._assigned = frozenset(TopicPartition(*partition) for partition in partitions)
        self._placed.clear()
        self._is_settled = True
        self._well_at = time.monotonic()
        self._end_read()

    def _end_read(self) -> None:
        if self._changed is not None:
            self._changed.reschedule(asyncio.get_running_loop().time())

    async def _ensure_well(self) -> None:
        """Look after what nobody else does: the fetching task, whose death the client only logs, and long silence."""
        if self._broken is None and self._consumer._fetcher.error_future.done():
            self._broken = "the fetching task ended"
        if self._broken is None and time.monotonic() - self._well_at > self._stall_seconds and self._is_stalled():
            if not await self._reaches_a_broker():
                self._reached_at = None  # it is the brokers that are away, and not this reader that is lost
            elif self._reached_at is None:
                self._reached_at = time.monotonic()
            elif time.monotonic() - self._reached_at > RECOVERY.total_seconds():
                self._broken = f"brokers are there, and nothing was heard for {RECOVERY.total_seconds():.0f} s"
        if self._broken is not None:
            raise BusUnavailable(self._broken)

    async def _reaches_a_broker(self) -> bool:
        """Whether some broker takes a connection."""
        for server in self._servers:
            host, _, port = server.rpartition(":")
            try:
                async with asyncio.timeout(PROBE_LIMIT_S):
                    _, writer = await asyncio.open_connection(host.strip("[]"), int(port))
            except (OSError, TimeoutError):
                continue
            writer.close()
            return True
        return False

    def _is_stalled(self) -> bool:
        if not self._is_settled:
            return True
        heard = [self._consumer.last_poll_timestamp(KafkaPartition(*place)) or 0 for place in self._placed]
        return bool(heard) and time.time() - max(heard) / 1000 > self._stall_seconds


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]  # the client has no types
    """Plain functions, not coroutines: between the client's own assignment and ours nothing may run."""

    def __init__(self, reader: KafkaReader) -> None:
        self._reader = reader

    def on_partitions_revoked(self, revoked: Collection[KafkaPartition]) -> None:
        self._reader.revoke()

    def on_partitions_assigned(self, assigned: Collection[KafkaPartition]) -> None:
        self._reader.assign(assigned)


async def bounds_of(
    consumer: AIOKafkaConsumer, partitions: Collection[TopicPartition]
) -> Mapping[TopicPartition, tuple[int, int]]:
    """First offset and the one after the last of each partition, which must exist. Raises: KafkaError, TimeoutError."""
    asked = [KafkaPartition(*place) for place in partitions]
    async with asyncio.timeout(BOUNDS_LIMIT_S):
        first = await consumer.beginning_offsets(asked)
        last = await consumer.end_offsets(asked)
    return {TopicPartition(*place): (first[place], last[place]) for place in asked}


async def _abandon(consumer: AIOKafkaConsumer) -> None:
    """Leave the group, but do not wait long for brokers that may be gone."""
    if await ends_well(consumer.stop()):
        return
    coordinator, fetcher = consumer._coordinator, consumer._fetcher
    tasks: set[asyncio.Task[object] | None] = set()
    if coordinator is not None:
        tasks |= {coordinator._coordination_task, coordinator._heartbeat_task, coordinator._commit_refresh_task}
    if fetcher is not None:
        tasks |= {fetcher._fetch_task, *fetcher._pending_tasks}
    for task in tasks:
        if task is not None:
            task.cancel()
    await ends_well(consumer._client.close())
