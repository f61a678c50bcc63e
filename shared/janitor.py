"""Clears away what is old enough: what was only kept for repeats, and what a service keeps for so long."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from shared.backoff import Backoff
from shared.db import EVERY_DISTRICT, Database, Session
from shared.errors import DatabaseUnavailable
from shared.leases import Leadership

EVERY = timedelta(hours=1)
BATCH = 1000
"""Rows dropped in one transaction: a few milliseconds, so that no request waits for the write lock of SQLite."""

log = structlog.get_logger(__name__)


class Forget(Protocol):
    """Drops up to `most` rows that are older than an instant; how many."""

    def __call__(self, session: Session, before: datetime, *, most: int) -> Awaitable[int]:
        """Drop them."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept for a while."""

    what: str
    """As the log names it."""
    as_long_as: timedelta
    forget: Forget


class Janitor:
    """Clears one service's database every hour until cancelled. Safe in any number of processes: one leads."""

    def __init__(self, database: Database, kept: Sequence[Kept], clock: Callable[[], datetime]) -> None:
        self._database = database
        self._kept = kept
        self._clock = clock

    async def run(self) -> None:
        """Clear, wait, clear again; a database that is away is tried again."""
        backoff = Backoff()
        while True:
            try:
                await self.clear()
                backoff.reset()
                await asyncio.sleep(EVERY.total_seconds())
            except DatabaseUnavailable:
                log.warning("janitor_waits", because="DatabaseUnavailable")
                await backoff.wait()

    async def clear(self) -> int:
        """Drop all that is old enough, in small transactions; how much. Raises: DatabaseUnavailable."""
        now = self._clock()
        leadership = Leadership(self._database, "janitor")
        async with leadership.try_to_lead() as leads:
            if not leads:
                return 0
            dropped = {one.what: await self._drop(leadership, one.forget, now - one.as_long_as) for one in self._kept}
        if any(dropped.values()):
            log.info("cleared", **dropped)
        return sum(dropped.values())

    async def _drop(self, leadership: Leadership, forget: Forget, before: datetime) -> int:
        dropped = 0
        while await leadership.renew():
            async with self._database.write(EVERY_DISTRICT, wakes_relay=False) as session:
                some = await forget(session, before, most=BATCH)
            dropped += some
            if some < BATCH:
                break
        return dropped
