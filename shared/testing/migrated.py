"""A database at the newest revision in a moment: migrated once per process, then made anew from what that left."""

import shutil
import tempfile
from functools import cache
from pathlib import Path

from sqlalchemy.engine import make_url

from shared.db import Database
from shared.migrations import Migrations, migrate
from shared.testing.databases import giver_of


async def make_migrated(url: str, migrations: Migrations) -> None:
    """Bring a database that is empty, and that nobody has opened yet, to the newest revision."""
    if make_url(url).get_backend_name() == "sqlite":
        await _copy(url.removeprefix("sqlite:///"), migrations)
    elif (giver := giver_of(url)) is not None:
        await giver.make(url, migrations)
    else:
        await _migrate(url, migrations)


async def _copy(path: str, migrations: Migrations) -> None:
    template = _templates() / f"{migrations.folder.parent.name}.db"
    if not template.exists():
        await _migrate(f"sqlite:///{template}.new", migrations)
        Path(f"{template}.new").rename(template)  # noqa: ASYNC240  # a test waits for it anyway
    shutil.copy(template, path)


async def _migrate(url: str, migrations: Migrations) -> None:
    database = Database(url, pool_size=1)
    await migrate(database, migrations)
    await database.close()


@cache
def _templates() -> Path:
    return Path(tempfile.mkdtemp(prefix="rapport-templates-"))
