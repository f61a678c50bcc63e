"""The service on both databases, in a time that a test moves."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from referral_api.settings import Settings
from shared.testing.service import ServiceInTest
from tests.referral_api.clearance.officers import NOON
from tests.referral_api.referrals.referring import Clock
from tests.referral_api.suite import referral_api


@pytest.fixture
def clock() -> Clock:
    """The service's time."""
    return Clock(NOON)


@pytest.fixture
async def api(database_url: str, tmp_path: Path, clock: Clock) -> AsyncIterator[ServiceInTest[Settings]]:
    """The service with its small roster."""
    async with referral_api(database_url, tmp_path, clock=clock) as service:
        yield service


@pytest.fixture
async def officer(api: ServiceInTest[Settings]) -> AsyncIterator[httpx2.AsyncClient]:
    """An officer at the first school."""
    async with api.client("officer", "o-1", schools=["s-1"]) as client:
        yield client


@pytest.fixture
async def counselor(api: ServiceInTest[Settings]) -> AsyncIterator[httpx2.AsyncClient]:
    """A counsellor of both schools."""
    async with api.client("counselor", "c-1", schools=["s-1", "s-2"]) as client:
        yield client
