"""The suite on both databases."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from shared.testing.postgres import PostgresServer
from tests.flows.suite import Suite, suite


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
async def both(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Suite]:
    """Both services over one bus, each with a database of its own."""
    if request.param == "sqlite":
        databases = f"sqlite:///{tmp_path / 'a.db'}", f"sqlite:///{tmp_path / 'b.db'}"
    else:
        server: PostgresServer = request.getfixturevalue("postgresql")
        databases = server.create_database(f"a_{uuid4().hex}"), server.create_database(f"b_{uuid4().hex}")
    async with suite(tmp_path, databases) as made:
        yield made
