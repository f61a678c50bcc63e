"""The registry with a clock that moves on request, and its district's administrator."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import httpx2
import pytest

from shared.testing.service import ServiceInTest
from tests.training_registry.suite import NOON, training_registry
from training_registry.settings import Settings


class Clock:
    """Noon of the day on which tests begin, and later where a test says so."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        """What it shows."""
        return self.now

    def move(self, by: timedelta) -> datetime:
        """Let so much time go by."""
        self.now += by
        return self.now


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
