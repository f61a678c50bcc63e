"""A database at the newest revision in a moment: migrated once per process, then made anew from what that left."""

import shutil
from pathlib import Path

from sqlalchemy.engine import make_url

from shared.migrations import Migrations
from shared.testing.databases import giver_of, migrate_at
from shared.testing.kept import kept_folder


async def make_migrated(url: str, migrations: Migrations) -> None:
    """Bring a database that is empty, and that nobody has opened yet, to the newest revision."""
    if make_url(url).get_backend_name() == "sqlite":
        await _copy(url.removeprefix("sqlite:///"), migrations)
    elif (giver := giver_of(url)) is not None:
        await giver.make(url, migrations)
    else:
        await migrate_at(url, migrations)


async def _copy(path: str, migrations: Migrations) -> None:
    template = kept_folder() / f"{migrations.folder.parent.name}.db"
    if not template.exists():
        await migrate_at(f"sqlite:///{template}.new", migrations)
        Path(f"{template}.new").rename(template)  # noqa: ASYNC240  # a test waits for it anyway
    shutil.copy(template, path)
