"""Keeps standings and agreements announced where nobody asks: rules that changed, days that have come."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta, tzinfo

import structlog

from shared.backoff import Backoff
from shared.db import EVERY_DISTRICT, Database, Session
from shared.errors import DatabaseUnavailable
from shared.lookout import Lookout
from training_registry.agreements.operations import announce_turns
from training_registry.standing.operations import recalculate_some, sweep_some
from training_registry.standing.views import next_recalculation

LOOK_AGAIN = timedelta(seconds=1)
"""A change of rules reaches every standing this much later."""

log = structlog.get_logger(__name__)

Step = Callable[[Session, datetime, date], Awaitable[int]]


class Sweep:
    """Announces until cancelled what no request does. Safe in any number of processes: rows are locked."""

    def __init__(self, database: Database, clock: Callable[[], datetime], zone: tzinfo) -> None:
        self._database = database
        self._clock = clock
        self._zone = zone
        self._swept: date | None = None
        self._lookout = Lookout(database)
        self._recalculate_at: datetime | None = None

    async def run(self) -> None:
        """Sweep until cancelled; whatever is away is tried again."""
        backoff = Backoff()
        while True:
            try:
                await self.sweep()
                backoff.reset()
                await asyncio.sleep(LOOK_AGAIN.total_seconds())
            except DatabaseUnavailable as error:
                log.warning("sweep_waits", error=type(error.__cause__ or error).__qualname__)
                await backoff.wait()

    async def sweep(self) -> int:
        """Announce everything that waits to be; how much was looked at. Raises: DatabaseUnavailable."""
        today = self._clock().astimezone(self._zone).date()
        if not await self._something_waits(today):
            return 0
        looked_at = 0
        for step in (_recalculate, _sweep_standings, _sweep_agreements):
            while some := await self._take(step, today):
                looked_at += some
        self._swept = today
        log.info("standings_swept", looked_at=looked_at)
        return looked_at

    async def _something_waits(self, today: date) -> bool:
        """Asked by reading: at rest, no transaction is opened that others would have to wait for."""
        if self._swept != today:
            return True
        self._recalculate_at = await self._lookout.look(self._next_recalculation, otherwise=self._recalculate_at)
        return self._recalculate_at is not None and self._recalculate_at <= self._clock()

    async def _next_recalculation(self) -> datetime | None:
        async with self._database.read(EVERY_DISTRICT) as session:
            return await next_recalculation(session)

    async def _take(self, step: Step, today: date) -> int:
        async with self._database.write(EVERY_DISTRICT) as session:
            return await step(session, self._clock(), today)


async def _recalculate(session: Session, now: datetime, today: date) -> int:
    return await recalculate_some(session, now=now, today=today)


async def _sweep_standings(session: Session, now: datetime, today: date) -> int:
    return await sweep_some(session, now=now, today=today)


async def _sweep_agreements(session: Session, now: datetime, today: date) -> int:
    return await announce_turns(session, today=today, now=now)
