"""A database at the newest revision in a moment: migrated once per process, then made anew from what that left."""

import asyncio
import shutil
import tempfile
from functools import cache
from pathlib import Path

import asyncpg
from sqlalchemy.engine import make_url

from shared.db import Database
from shared.migrations import Migrations, migrate
from shared.testing.postgres import dump

_dumps: dict[tuple[str, Path], str] = {}


async def make_migrated(url: str, migrations: Migrations) -> None:
    """Bring a database that is empty, and that nobody has opened yet, to the newest revision."""
    if make_url(url).get_backend_name() == "sqlite":
        await _copy(url.removeprefix("sqlite:///"), migrations)
    else:
        await _load(url, migrations)


async def _copy(path: str, migrations: Migrations) -> None:
    template = _templates() / f"{migrations.folder.parent.name}.db"
    if not template.exists():
        await _migrate(f"sqlite:///{template}.new", migrations)
        Path(f"{template}.new").rename(template)  # noqa: ASYNC240  # a test waits for it anyway
    shutil.copy(template, path)


async def _load(url: str, migrations: Migrations) -> None:
    """On PostgreSQL a dump makes it in a quarter of the time, and what it names as a role is of one server.

    A copy made by CREATE DATABASE takes as long as the dump, and must be dropped again, which waits for a checkpoint.
    """
    place = (url.rpartition("/")[0], migrations.folder)
    if place not in _dumps:
        await _migrate(url, migrations)
        _dumps[place] = await asyncio.to_thread(dump, url)
        return
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(_dumps[place])
    finally:
        await connection.close()


async def _migrate(url: str, migrations: Migrations) -> None:
    database = Database(url, pool_size=1)
    await migrate(database, migrations)
    await database.close()


@cache
def _templates() -> Path:
    return Path(tempfile.mkdtemp(prefix="rapport-templates-"))
