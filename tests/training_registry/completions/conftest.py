"""A registry with two officers, each at a school of his own, and who keeps its books."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from shared.testing.service import ServiceInTest
from tests.training_registry.completions.books import add_officer
from tests.training_registry.suite import NOON, training_registry
from training_registry.settings import Settings


@pytest.fixture
async def api(database_url: str, tmp_path: Path) -> AsyncIterator[ServiceInTest[Settings]]:
    async with training_registry(database_url, tmp_path, clock=lambda: NOON) as service:
        await add_officer(service, "o-1", "s-1")
        await add_officer(service, "o-2", "s-2")
        yield service


@pytest.fixture
async def admin(api: ServiceInTest[Settings]) -> AsyncIterator[httpx2.AsyncClient]:
    async with api.client("district_admin", "a-1") as client:
        yield client
