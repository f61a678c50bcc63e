"""Lets surveys open and close in time, and tells at the end of each day how far they have come."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo

import structlog

from climate_survey_api.administrations.errors import AdministrationNotFound, NeverOpened, OpeningForbidden
from climate_survey_api.administrations.operations.running import (
    close_administration,
    open_administration,
    tell_progress,
)
from climate_survey_api.administrations.rules import Status
from climate_survey_api.administrations.views.waiting import Due, administrations_due
from climate_survey_api.changes import OnClosing, OnOpening, UsedCodes
from shared.backoff import Backoff
from shared.crypto import KeyRing
from shared.db import EVERY_DISTRICT, Database, Session
from shared.errors import DatabaseUnavailable

LOOK_AGAIN = timedelta(seconds=5)
"""A survey opens and closes this much late; a look at rest is one statement over those that are not closed."""

log = structlog.get_logger(__name__)


class Timetable:
    """Moves until cancelled what no request moves. Safe in any number of processes: rows are locked."""

    def __init__(
        self,
        database: Database,
        ring: KeyRing,
        clock: Callable[[], datetime],
        zone: tzinfo,
        *,
        on_opening: OnOpening,
        on_closing: OnClosing,
        used_codes: UsedCodes,
    ) -> None:
        self._database = database
        self._ring = ring
        self._clock = clock
        self._zone = zone
        self._on_opening = on_opening
        self._on_closing = on_closing
        self._used_codes = used_codes

    async def run(self) -> None:
        """Look and move until cancelled; whatever is away is tried again."""
        backoff = Backoff()
        while True:
            try:
                await self.move_what_is_due()
                backoff.reset()
                await asyncio.sleep(LOOK_AGAIN.total_seconds())
            except DatabaseUnavailable as error:
                log.warning("timetable_waits", error=type(error.__cause__ or error).__qualname__)
                await backoff.wait()

    async def move_what_is_due(self) -> int:
        """Move every survey whose time has come, each in a transaction of its own; how many there were.

        One that meets a fault stays as it is, and is tried again at the next look. Raises: DatabaseUnavailable.
        """
        now = self._clock()
        async with self._database.read(EVERY_DISTRICT) as session:
            due = await administrations_due(session, now=now, zone=self._zone)
        for one in due:
            try:
                async with self._database.write(EVERY_DISTRICT) as session:
                    await self._move(session, one, now)
            except (AdministrationNotFound, NeverOpened, OpeningForbidden) as refusal:
                # Between the look and the lock somebody changed the plan or took it back; the next look knows.
                log.info("survey_not_moved", because=type(refusal).__name__)
            except DatabaseUnavailable:
                raise
            except Exception as error:  # one that cannot be moved may not stop the others, nor this process
                log.error("survey_move_failed", administration_id=str(one.administration_id), exc_info=error)
        if due:
            log.info("surveys_moved", surveys=len(due))
        return len(due)

    async def _move(self, session: Session, due: Due, now: datetime) -> None:
        if due.status is Status.DRAFT:
            await open_administration(
                session,
                self._ring,
                due.administration_id,
                district_id=due.district_id,
                now=now,
                zone=self._zone,
                on_opening=self._on_opening,
            )
        elif now >= due.closes_at:
            await close_administration(
                session,
                self._ring,
                due.administration_id,
                district_id=due.district_id,
                now=now,
                zone=self._zone,
                used_codes=self._used_codes,
                on_closing=self._on_closing,
            )
        else:
            await tell_progress(
                session,
                due.administration_id,
                district_id=due.district_id,
                now=now,
                zone=self._zone,
                used_codes=self._used_codes,
            )
