"""The service with nothing in it, and its district's administrator."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from climate_survey_api.settings import Settings
from shared.testing.service import ServiceInTest
from tests.climate_survey_api.suite import NOON, Clock, climate_survey_api


@pytest.fixture
async def surveys(database_url: str, tmp_path: Path) -> AsyncIterator[ServiceInTest[Settings]]:
    async with climate_survey_api(database_url, tmp_path, clock=Clock(NOON)) as service:
        yield service


@pytest.fixture
async def admin(surveys: ServiceInTest[Settings]) -> AsyncIterator[httpx2.AsyncClient]:
    async with surveys.client("district_admin", "a-1") as client:
        yield client
