"""climate-survey-api in a test."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from climate_survey_api.app import SERVICE
from climate_survey_api.settings import Settings
from shared.http.runtime import utc_now
from shared.testing.service import ServiceInTest, in_test

NOON = datetime(2026, 11, 25, 17, tzinfo=UTC)
"""Noon in New York, where the service's day begins in tests: a clock that stands still."""


class Clock:
    """A clock that a test puts on: noon, unless it says otherwise."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """What it shows."""
        return self.now

    def move(self, by: timedelta) -> datetime:
        """Let so much time go by."""
        self.now += by
        return self.now


@asynccontextmanager
async def climate_survey_api(
    database_url: str, folder: Path, *, clock: Callable[[], datetime] = utc_now
) -> AsyncIterator[ServiceInTest[Settings]]:
    """The service with nothing in it."""
    settings = Settings(
        database_url=database_url, event_bus_url=f"sqlite:///{folder / 'bus.db'}", keys_dir=folder / "keys"
    )
    async with in_test(SERVICE, settings, clock=clock) as service:
        yield service
