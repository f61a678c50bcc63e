"""How far the logs reach, and when all that they held was last applied: how old may what a service heard be."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from shared.bus.base import Bus, BusUnavailable, TopicPartition
from shared.db import EVERY_DISTRICT, Database
from shared.errors import DatabaseUnavailable
from shared.inbox import offsets_of
from shared.lookout import Lookout

log = structlog.get_logger(__name__)

LOOK_AGAIN = timedelta(seconds=1)
STALE_AFTER = timedelta(seconds=10)
"""Several looks have failed, or what waits was not applied for as long: it is no longer a matter of a moment."""


@dataclass(frozen=True, slots=True)
class Ends:
    """What the bus held at an instant: the first offset of each partition, and the one after its last."""

    at: datetime
    bounds: Mapping[TopicPartition, tuple[int, int]]


class Horizon:
    """Looks every second how far the logs reach, so that no request has to wait for the bus to learn it."""

    def __init__(self, bus: Bus, topics: Sequence[str], clock: Callable[[], datetime]) -> None:
        self._bus = bus
        self._topics = topics
        self._clock = clock
        self.seen: Ends | None = None
        """The latest look that succeeded; it grows old while the bus is away."""

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            try:
                await self.look()
            except BusUnavailable:
                log.debug("horizon_waits")
            await asyncio.sleep(LOOK_AGAIN.total_seconds())

    async def look(self) -> Ends:
        """How far the logs reach now. Raises: BusUnavailable."""
        at = self._clock()  # before asking: what is there afterwards is newer
        self.seen = Ends(at, await self._bus.bounds(self._topics))
        return self.seen


class CaughtUp:
    """Looks every second whether a consumer, in whichever process it runs, has applied all that its topics hold."""

    def __init__(self, database: Database, horizon: Horizon, *, consumer: str) -> None:
        self._database = database
        self._lookout = Lookout(database)
        self._horizon = horizon
        self._consumer = consumer
        self.at: datetime | None = None
        """The last instant at which it was so; None: not since this process began to look.

        Between two looks something may have come, so it is never the present.
        """
        self._applied: Mapping[TopicPartition, int] | None = None
        """How far the consumer was at the last comparison; None before the first."""

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            try:
                await self.look()
            except (BusUnavailable, DatabaseUnavailable):
                log.debug("horizon_waits")
            await asyncio.sleep(LOOK_AGAIN.total_seconds())

    async def look(self) -> None:
        """Compare once. Raises: BusUnavailable, DatabaseUnavailable."""
        ends = await self._horizon.look()
        applied = await self._lookout.look(self._offsets, otherwise=self._applied or {})
        before = applied if self._applied is None else self._applied
        self._applied = applied
        # Topics that are not there yet have nothing to apply, but nobody can know that they will stay empty.
        if ends.bounds and all(
            # Who had applied more than the log holds now reads another log: it was lost and begun anew, and so is he.
            applied.get(at, first) >= end >= before.get(at, first)
            for at, (first, end) in ends.bounds.items()
        ):
            self.at = ends.at

    async def _offsets(self) -> Mapping[TopicPartition, int]:
        async with self._database.read(EVERY_DISTRICT) as session:
            return await offsets_of(session, self._consumer)

    def is_stale(self, now: datetime, *, after: timedelta = STALE_AFTER) -> bool:
        """Whether it is longer ago than this that it was so; also when it never was."""
        return self.at is None or now - self.at > after
