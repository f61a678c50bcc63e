"""The service in the time that it is, on PostgreSQL alone where a test is about that, and a provider."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime
from pathlib import Path

import httpx2
import pytest

from referral_api.settings import Settings
from shared.http.runtime import utc_now
from shared.testing.service import ServiceInTest
from tests.referral_api.suite import referral_api


@pytest.fixture
def clock() -> Callable[[], datetime]:
    """The service's time; a module whose tests move it has a fixture of its own under this name."""
    return utc_now


@pytest.fixture
async def on_postgresql(
    postgresql_url: str, tmp_path: Path, clock: Callable[[], datetime]
) -> AsyncIterator[ServiceInTest[Settings]]:
    """The same where it is about what PostgreSQL alone does."""
    async with referral_api(postgresql_url, tmp_path, clock=clock) as service:
        yield service


@pytest.fixture
async def provider(api: ServiceInTest[Settings]) -> AsyncIterator[httpx2.AsyncClient]:
    """Somebody who works for the provider `p-1`."""
    async with api.client("provider", "p-user", provider="p-1") as client:
        yield client
