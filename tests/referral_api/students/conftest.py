"""A district on both databases."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.referral_api.students.district import District, a_district


@pytest.fixture
async def district(database_url: str, tmp_path: Path) -> AsyncIterator[District]:
    """The service without a roster."""
    async with a_district(database_url, tmp_path) as found:
        yield found
