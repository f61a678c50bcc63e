"""The service on both databases, under a clock that the tests move."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.referral_api.referrals.clocks.waiting import Waiting, waiting


@pytest.fixture
async def api(database_url: str, tmp_path: Path) -> AsyncIterator[Waiting]:
    """The service, and its clock."""
    async with waiting(database_url, tmp_path) as made:
        yield made


@pytest.fixture
async def on_postgresql(postgresql_url: str, tmp_path: Path) -> AsyncIterator[Waiting]:
    """Where two transactions can write at once."""
    async with waiting(postgresql_url, tmp_path) as made:
        yield made
