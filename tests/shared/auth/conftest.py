"""A real issuer for the tests of tokens from outside."""

from collections.abc import AsyncIterator

import pytest

from tests.shared.auth.issuer import Issuer, running_issuer


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    """A provider of the test's own."""
    async with running_issuer() as running:
        yield running
