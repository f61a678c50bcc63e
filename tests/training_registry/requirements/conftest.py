"""The registry with a clock that moves on request, and its district's administrator."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from shared.testing.service import ServiceInTest
from tests.training_registry.suite import Clock, training_registry
from training_registry.settings import Settings


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def registry(database_url: str, tmp_path: Path, clock: Clock) -> AsyncIterator[ServiceInTest[Settings]]:
    async with training_registry(database_url, tmp_path, clock=clock) as service:
        yield service


@pytest.fixture
async def admin(registry: ServiceInTest[Settings]) -> AsyncIterator[httpx2.AsyncClient]:
    async with registry.client("district_admin", "a-1") as client:
        yield client
