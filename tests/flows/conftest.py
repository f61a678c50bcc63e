"""The suite on both databases."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.flows.suite import Suite, suite


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
async def both(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Suite]:
    """Both services over one bus, each with a database of its own."""
    if request.param == "sqlite":
        databases = f"sqlite:///{tmp_path / 'a.db'}", f"sqlite:///{tmp_path / 'b.db'}"
    else:
        new: Callable[[], str] = request.getfixturevalue("new_postgresql_url")
        databases = new(), new()
    async with suite(tmp_path, databases) as made:
        yield made
