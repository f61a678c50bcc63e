"""Surveys on both databases."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.climate_survey_api.administrations.holding import Surveys, surveys_at_noon


@pytest.fixture
async def surveys(database_url: str, tmp_path: Path) -> AsyncIterator[Surveys]:
    async with surveys_at_noon(database_url, tmp_path) as made:
        yield made
