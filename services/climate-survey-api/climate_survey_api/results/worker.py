"""Counts closed surveys that had too many answers for the request that closed them, and sweeps up behind all."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from uuid import UUID

import structlog

from climate_survey_api.administrations.destroyed import keys_to_wipe, note_wiped, put_off
from climate_survey_api.administrations.views.counting import administrations_to_count
from climate_survey_api.responses.keys import forget_destroyed_keys, wipe_destroyed_keys
from climate_survey_api.results.deciding import decide
from climate_survey_api.results.operations import gather, settle
from shared.backoff import Backoff
from shared.crypto import KeyRing
from shared.db import EVERY_DISTRICT, Database
from shared.errors import DatabaseUnavailable
from shared.leases import Leadership

LOOK_AGAIN = timedelta(seconds=5)
"""A large survey's count begins this much later; a look at rest is two statements, a third while keys are at hand."""
TRY_AGAIN = timedelta(minutes=10)
"""After a fault: another try costs as much as the first, and a ring that lacks a key is mended by hand."""
SWEEP_AGAIN = timedelta(minutes=1)
"""After somebody was in the way, as a backup may be for hours: whoever answers meanwhile waits behind every try."""

log = structlog.get_logger(__name__)


class Counting:
    """Counts until cancelled. Safe in any number of processes: of two that count the same one settles it."""

    def __init__(self, database: Database, ring: KeyRing, clock: Callable[[], datetime], zone: tzinfo) -> None:
        self._database = database
        self._ring = ring
        self._clock = clock
        self._zone = zone
        self._not_before: dict[UUID, datetime] = {}
        """When those are tried again that met a fault."""

    async def run(self) -> None:
        """Look and count until cancelled; whatever is away is tried again."""
        backoff = Backoff()
        while True:
            try:
                await self.sweep()  # first: a count may take long, and may fail again and again
                await self.count_what_waits()
                backoff.reset()
                await asyncio.sleep(LOOK_AGAIN.total_seconds())
            except DatabaseUnavailable as error:
                log.warning("count_waits", error=type(error.__cause__ or error).__qualname__)
                await backoff.wait()

    async def count_what_waits(self) -> int:
        """Count every survey that waits to be; how many there were. Raises: DatabaseUnavailable.

        One that meets a fault stays as it is, and is tried again later.
        """
        now = self._clock()
        async with self._database.read(EVERY_DISTRICT) as session:
            waiting = await administrations_to_count(session)
        for district_id, administration_id in waiting:
            if self._not_before.get(administration_id, now) > now:
                continue
            try:
                await self._count(district_id, administration_id)
            except DatabaseUnavailable:
                raise
            except Exception as error:  # one that cannot be counted may not stop the others, nor this process
                log.error("survey_count_failed", administration_id=str(administration_id), exc_info=error)
                self._not_before[administration_id] = now + TRY_AGAIN
        return len(waiting)

    async def sweep(self) -> None:
        """Forget keys that were destroyed, and wipe them out of the database's files: once, whoever of all does it.

        Not where they are destroyed, which may be a request: it takes a connection that is in no transaction.
        Raises: DatabaseUnavailable.
        """
        async with self._database.read(EVERY_DISTRICT) as session:
            await forget_destroyed_keys(session, self._ring)
            is_clean = not await keys_to_wipe(session, self._clock())
        if is_clean:
            return
        async with Leadership(self._database, "wiping").try_to_lead() as leads:
            if leads:
                await self._wipe()

    async def _wipe(self) -> None:
        """Wipe what is still to be now that nobody else does; what fails is put off for every process."""
        now = self._clock()
        async with self._database.read(EVERY_DISTRICT) as session:
            destroyed = await keys_to_wipe(session, now)
        for table, notes in destroyed.items():
            not_before = now + SWEEP_AGAIN
            try:
                is_wiped = await wipe_destroyed_keys(self._database, table)
            except DatabaseUnavailable:
                raise
            except Exception as error:  # as on a full disk: neither the other tables nor the counts wait for it
                log.error("destroyed_keys_wipe_failed", table=table.value, exc_info=error)
                is_wiped, not_before = False, now + TRY_AGAIN
            async with self._database.write(EVERY_DISTRICT, wakes_relay=False) as session:
                if is_wiped:
                    await note_wiped(session, notes)
                else:
                    await put_off(session, notes, not_before)

    async def _count(self, district_id: str, administration_id: UUID) -> None:
        """Read and decide first and write then: SQLite has one writer, whom a large survey would keep for minutes."""
        async with self._database.read(EVERY_DISTRICT) as session:
            gathered = await gather(session, self._ring, district_id=district_id, administration_id=administration_id)
        if gathered is None:
            return
        decided = await decide(gathered, now=self._clock(), zone=self._zone)
        async with self._database.write(EVERY_DISTRICT) as session:
            is_settled = await settle(
                session, self._ring, decided, district_id=district_id, administration_id=administration_id
            )
        if is_settled:
            log.info("survey_counted")
