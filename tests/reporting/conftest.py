"""Reporting on both databases: as a service, or its tables alone."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from reporting.app import MIGRATIONS
from shared.db import Database
from shared.testing.migrated import make_migrated
from tests.reporting.suite import Reporting, reporting_on


@pytest.fixture
async def reporting(database_url: str, tmp_path: Path) -> AsyncIterator[Reporting]:
    """Reporting over a database and an embedded bus of its own; its clock stands still."""
    async with reporting_on(database_url, tmp_path) as service:
        yield service


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A database of reporting, migrated and empty."""
    await make_migrated(database_url, MIGRATIONS)
    opened = Database(database_url, pool_size=6)
    yield opened
    await opened.close()
