"""The service with a clock that stands still."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from climate_survey_api.settings import Settings
from shared.testing.service import ServiceInTest
from tests.climate_survey_api.suite import Clock, climate_survey_api


@pytest.fixture
async def service(database_url: str, tmp_path: Path) -> AsyncIterator[ServiceInTest[Settings]]:
    """The service with nothing in it."""
    async with climate_survey_api(database_url, tmp_path, clock=Clock()) as made:
        yield made
