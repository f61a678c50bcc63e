"""The suite on both databases."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.flows.suite import Suite, suite


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
async def services(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Suite]:
    """All services over one bus, each with a database of its own."""
    new: Callable[[], str] | None = None
    if request.param == "postgresql":
        new = request.getfixturevalue("new_postgresql_url")
    async with suite(tmp_path, new) as made:
        yield made
