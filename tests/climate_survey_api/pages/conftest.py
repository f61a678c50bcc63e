"""The service with a clock that stands still."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from climate_survey_api.settings import Settings
from shared.testing.service import ServiceInTest
from tests.climate_survey_api.suite import Clock, climate_survey_api


@pytest.fixture
def clock() -> Clock:
    """Noon."""
    return Clock()


@pytest.fixture
async def service(sqlite_url: str, tmp_path: Path, clock: Clock) -> AsyncIterator[ServiceInTest[Settings]]:
    """The service with nothing in it. The pages have no tables: what they call is tested on both databases."""
    async with climate_survey_api(sqlite_url, tmp_path, clock=clock) as made:
        yield made


@pytest.fixture
async def on_each_database(database_url: str, tmp_path: Path, clock: Clock) -> AsyncIterator[ServiceInTest[Settings]]:
    """The same, once on SQLite and once on PostgreSQL."""
    async with climate_survey_api(database_url, tmp_path, clock=clock) as made:
        yield made
