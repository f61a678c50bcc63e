"""One member of a group on the embedded bus: all partitions are its own while it holds the group's lease, else none."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from pathlib import Path

from shared.bus.base import BusUnavailable, TopicPartition
from shared.bus.local.bell import Bell
from shared.bus.local.log import LocalRecord, LogFile
from shared.holders import is_gone

LOOK_S = 1.0
"""How often news is looked for that nobody rang for: who appended it was killed before, or is of another host."""

STANDBY_POLL_S = 0.5
CLOSE_LIMIT_S = 2.0

logger = logging.getLogger(__name__)


class LocalReader:
    """See `Reader`. Made by `LocalBus.reader`."""

    def __init__(
        self,
        path: Path,
        *,
        group: str,
        topics: frozenset[str],
        lease: timedelta,
        left: Callable[["LocalReader"], None],
    ) -> None:
        self._log = LogFile(path, durable=False)
        # Leases go through the watching connection: it alone does not take its own commits for news.
        self._watch = LogFile(path, durable=False)
        self._group = group
        self._topics = topics
        self._lease_s = lease.total_seconds()
        self._left = left
        self._bell = Bell(self.wake)
        self._holder = self._bell.holder
        self._leads = False
        self._leads_until = 0.0
        self._terms = 0
        self._partitions: frozenset[TopicPartition] = frozenset()
        self._positions: dict[TopicPartition, int] = {}
        self._seen_version = -1
        self._awake = True
        self._waiter: asyncio.Future[None] | None = None
        self._keeper: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Try for the lease once, then go on trying, or keeping it, in the background."""
        try:
            await self._claim()
        except BaseException:
            self._bell.close()
            raise
        self._keeper = asyncio.create_task(self._keep(), name=f"lease of {self._group}")

    def unplaced(self) -> frozenset[TopicPartition]:
        """See `Reader`."""
        return self.assigned() - self._positions.keys()

    def place(self, positions: Mapping[TopicPartition, int]) -> None:
        """See `Reader`."""
        assigned = self.assigned()
        self._positions.update({p: offset for p, offset in positions.items() if p in assigned})
        self.wake()

    def displace(self) -> None:
        """See `Reader`."""
        self._positions.clear()

    def assigned(self) -> frozenset[TopicPartition]:
        """See `Reader`."""
        return self._partitions

    async def read(self, *, max_records: int, timeout: timedelta) -> Mapping[TopicPartition, list[LocalRecord]]:
        """See `Reader`."""
        deadline = time.monotonic() + timeout.total_seconds()
        before = self._partitions
        while await self._news(deadline):
            records = await self._fetch(max_records)
            if records:
                self._awake = True  # there may be more
            if records or self._partitions != before:
                return records
        return {}

    async def bounds(self, partitions: Collection[TopicPartition]) -> Mapping[TopicPartition, tuple[int, int]]:
        """See `Reader`."""
        topics = frozenset(place.topic for place in partitions)
        ends = await asyncio.to_thread(self._log.ends, topics)
        return {place: (0, ends[place]) for place in partitions if place in ends}

    def wake(self) -> None:
        """Look for news now: something was appended, placed, won or lost."""
        self._awake = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def close(self) -> None:
        """See `Reader`."""
        self._left(self)
        self._bell.close()
        if self._keeper is not None:
            self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeper
            self._keeper = None
        self._lost()
        with contextlib.suppress(BusUnavailable, TimeoutError):
            async with asyncio.timeout(CLOSE_LIMIT_S):
                await asyncio.to_thread(self._log.release, self._group, self._holder)
        for log in (self._log, self._watch):
            # In a thread: it may have to wait for a piece of work of a task that was cancelled.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_LIMIT_S):
                    await asyncio.to_thread(log.close)

    async def _fetch(self, max_records: int) -> dict[TopicPartition, list[LocalRecord]]:
        if not self._leads:
            return {}
        term = self._terms
        found = await asyncio.to_thread(
            self._log.fetch,
            dict(self._positions),
            topics=self._topics,
            lease=(self._group, self._holder),
            max_records=max_records,
        )
        if term != self._terms:  # lost meanwhile, and perhaps won again: the positions are forgotten
            return {}
        if found is None:
            self._lost()
            return {}
        self._partitions, records = found
        for place, batch in records.items():
            self._positions[place] = batch[-1].offset + 1
        return records

    async def _news(self, deadline: float) -> bool:
        """Wait until there may be something to fetch; False when the deadline came first."""
        while not self._has_news():
            now = time.monotonic()
            if now >= deadline:
                return False
            await self._doze(min(LOOK_S, deadline - now))
        return True

    def _has_news(self) -> bool:
        version = self._watch.try_version()
        if version is not None and version != self._seen_version:
            self._seen_version = version
            self._awake = True
        awake, self._awake = self._awake, False
        return awake

    async def _doze(self, seconds: float) -> None:
        """Sleep until woken. Half the cost of an event under a timeout."""
        loop = asyncio.get_running_loop()
        self._waiter = loop.create_future()
        timer = loop.call_later(seconds, self._end_doze, self._waiter)
        try:
            await self._waiter
        finally:
            timer.cancel()

    @staticmethod
    def _end_doze(waiter: "asyncio.Future[None]") -> None:
        if not waiter.done():
            waiter.set_result(None)

    async def _keep(self) -> None:
        while True:
            third = self._lease_s / 3
            await asyncio.sleep(third if self._leads else min(STANDBY_POLL_S, third))
            try:
                await self._claim()
            except BusUnavailable as problem:
                logger.warning("lease of %s: %s", self._group, problem)
                self._seen_version = -1  # the watch opens anew, and counts anew
                if time.time() > self._leads_until:
                    self._lost()

    async def _claim(self) -> None:
        """Take the lease, or keep it; a standby only looks as long as the holder seems well."""
        instead_of = None
        if not self._leads:
            lease = await asyncio.to_thread(self._watch.lease, self._group)
            if lease is not None:
                holder, until = lease
                if is_gone(holder):
                    instead_of = holder
                elif time.time() < until < time.time() + 2 * self._lease_s:
                    return
        asked_at = time.time()
        won = await asyncio.to_thread(
            self._watch.claim, self._group, self._holder, seconds=self._lease_s, instead_of=instead_of
        )
        if not won:
            self._lost()
            return
        self._leads_until = asked_at + self._lease_s
        if not self._leads:
            ends = await asyncio.to_thread(self._log.ends, self._topics)
            self._leads = True
            self._partitions = frozenset(ends)
            self.wake()

    def _lost(self) -> None:
        self._leads = False
        self._terms += 1
        self._partitions = frozenset()
        self._positions.clear()
        self.wake()
