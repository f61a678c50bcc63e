"""Counts closed surveys that had too many answers for the request that closed them, and sweeps up behind all counts."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from uuid import UUID

import structlog

from climate_survey_api.administrations.views.counting import administrations_to_count, surveys_counted
from climate_survey_api.responses.keys import wipe_destroyed_keys
from climate_survey_api.results.deciding import decide
from climate_survey_api.results.operations import gather, settle
from shared.backoff import Backoff
from shared.crypto import KeyRing
from shared.db import EVERY_DISTRICT, Database
from shared.errors import DatabaseUnavailable

LOOK_AGAIN = timedelta(seconds=5)
"""A large survey's count begins this much later; a look at rest is two statements."""
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
        self._swept = 0
        """How many surveys were counted when this process last swept."""
        self._not_swept_before: datetime | None = None
        """When it tries again what somebody was in the way of."""

    async def run(self) -> None:
        """Look and count until cancelled; whatever is away is tried again."""
        backoff = Backoff()
        while True:
            try:
                await self.count_what_waits()
                await self.sweep()
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
        """Wipe destroyed keys out of the database's files: after each count, and at the start.

        Not where it was counted, which may be a request: it takes a connection that is in no transaction.
        Raises: DatabaseUnavailable.
        """
        now = self._clock()
        if self._not_swept_before is not None and now < self._not_swept_before:
            return
        async with self._database.read(EVERY_DISTRICT) as session:
            counted = await surveys_counted(session)
        if counted == self._swept:
            return
        if await wipe_destroyed_keys(self._database):
            self._swept, self._not_swept_before = counted, None
        else:
            self._not_swept_before = now + SWEEP_AGAIN

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
