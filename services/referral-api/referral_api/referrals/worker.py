"""Watches the contact clocks of all districts, and lets each say in time what it has to say."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog

from referral_api.referrals.operations.alarming import next_alarm, ring_alarms, some_stand_still, wind_clocks
from referral_api.referrals.operations.rescheduling import continue_rescheduling, something_to_reschedule
from shared.backoff import Backoff
from shared.db import EVERY_DISTRICT, Database, Session
from shared.errors import DatabaseUnavailable

LOOK_AGAIN = timedelta(seconds=5)
"""Another process may have set a clock to an earlier time than the one that is waited for."""
SOON = timedelta(seconds=1)
"""When to come back for alarms that others hold locked."""

log = structlog.get_logger(__name__)


class ContactClock:
    """Rings until cancelled. Safe in any number of processes, without a leader: each alarm's row is locked to ring it.

    A clock that should have rung while no process ran rings when one does again.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    async def run(self) -> None:
        """Ring what is due and sleep until the next alarm, until cancelled."""
        backoff = Backoff()
        while True:
            try:
                await self.wind_what_stands_still()
                goes_on = await self.reschedule_some()
                await self.ring_what_is_due()
                rest = timedelta(0) if goes_on else await self._rest()
                backoff.reset()
                await asyncio.sleep(rest.total_seconds())
            except DatabaseUnavailable:
                log.warning("contact_clock_waits", because="the database is away")
                await backoff.wait()

    async def reschedule_some(self) -> bool:
        """Set one batch of clocks by its district's new calendar; whether there was one. Raises: DatabaseUnavailable.

        One batch at a time, so that no alarm waits for all of them.
        """
        async with self._database.read(EVERY_DISTRICT) as session:
            if not await something_to_reschedule(session, self._clock()):
                return False
        async with self._database.write(EVERY_DISTRICT) as session:
            return await continue_rescheduling(session, self._clock())

    async def wind_what_stands_still(self) -> int:
        """Give an alarm to every referral that waits without one; how many. Raises: DatabaseUnavailable."""
        async with self._database.read(EVERY_DISTRICT) as session:
            if not await some_stand_still(session):
                return 0
        wound = await self._batch_by_batch(wind_clocks)
        log.info("contact_clocks_wound", wound=wound)
        return wound

    async def ring_what_is_due(self) -> int:
        """Let every clock speak that has something to say by now; how many there were. Raises: DatabaseUnavailable."""
        if not await self._something_is_due():
            return 0
        rung = await self._batch_by_batch(ring_alarms)
        log.info("contact_clocks_rang", rung=rung)
        return rung

    async def _batch_by_batch(self, take_some: Callable[[Session, datetime], Awaitable[int]]) -> int:
        """Each in a transaction of its own, until there is nothing left; how many in all."""
        taken = 0
        while True:
            async with self._database.write(EVERY_DISTRICT) as session:
                some = await take_some(session, self._clock())
            if not some:
                return taken
            taken += some

    async def _something_is_due(self) -> bool:
        """Asked by reading: at rest, no transaction is opened that others would have to wait for."""
        alarm_at = await self._next_alarm()
        return alarm_at is not None and alarm_at <= self._clock()

    async def _rest(self) -> timedelta:
        alarm_at = await self._next_alarm()
        if alarm_at is None:
            return LOOK_AGAIN
        return min(max(alarm_at - self._clock(), SOON), LOOK_AGAIN)

    async def _next_alarm(self) -> datetime | None:
        async with self._database.read(EVERY_DISTRICT) as session:
            return await next_alarm(session)
