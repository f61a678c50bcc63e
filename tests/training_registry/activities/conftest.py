"""The registry with its ledger, and those who write in it."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from tests.training_registry.activities.noting import Api
from tests.training_registry.suite import NOON, training_registry


@pytest.fixture
async def api(database_url: str, tmp_path: Path) -> AsyncIterator[Api]:
    async with training_registry(database_url, tmp_path, clock=lambda: NOON) as service:
        yield service


@pytest.fixture
async def officer(api: Api) -> AsyncIterator[httpx2.AsyncClient]:
    async with api.client("officer", "o-1", schools=["s-1", "s-2"]) as client:
        yield client


@pytest.fixture
async def other(api: Api) -> AsyncIterator[httpx2.AsyncClient]:
    """Another officer at one of the first one's schools."""
    async with api.client("officer", "o-2", schools=["s-1"]) as client:
        yield client


@pytest.fixture
async def admin(api: Api) -> AsyncIterator[httpx2.AsyncClient]:
    async with api.client("district_admin", "a-1") as client:
        yield client
