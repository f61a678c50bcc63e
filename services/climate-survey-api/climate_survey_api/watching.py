"""Tells the operator's metrics where somebody waits for an adult: how many, and never who or where."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, tzinfo

import structlog
from prometheus_client import Gauge

from climate_survey_api.comments.views import escalated_by_district
from climate_survey_api.help_requests.views import overdue_by_district
from shared.backoff import Backoff
from shared.db import EVERY_DISTRICT, Database
from shared.errors import DatabaseUnavailable
from shared.telemetry.metrics import comments_escalated, help_requests_overdue

LOOK_AGAIN = timedelta(minutes=5)

log = structlog.get_logger(__name__)


class Watching:
    """Looks until cancelled. Every process tells the same, so the greatest is the number."""

    def __init__(self, database: Database, clock: Callable[[], datetime], zone: tzinfo) -> None:
        self._database = database
        self._clock = clock
        self._zone = zone

    async def run(self) -> None:
        """Look and tell until cancelled; a database that is away is tried again."""
        backoff = Backoff()
        while True:
            try:
                await self.look()
                backoff.reset()
                await asyncio.sleep(LOOK_AGAIN.total_seconds())
            except DatabaseUnavailable as error:
                log.warning("watching_waits", error=type(error.__cause__ or error).__qualname__)
                await backoff.wait()

    async def look(self) -> None:
        """Tell how many wait now. Raises: DatabaseUnavailable."""
        async with self._database.read(EVERY_DISTRICT) as session:
            overdue = await overdue_by_district(session, today=self._clock().astimezone(self._zone).date())
            escalated = await escalated_by_district(session)
        _tell(help_requests_overdue, overdue)
        _tell(comments_escalated, escalated)


def _tell(gauge: Gauge, by_district: Mapping[str, int]) -> None:
    gauge.clear()
    for district_id, n in by_district.items():
        gauge.labels(district_id).set(n)
