"""What deletion has left in a database's files, for tests that hold them in their hands."""

from pathlib import Path

from sqlalchemy import text

from shared.db import Database


async def files_of(database: Database, database_url: str, table: str) -> list[str]:
    """The files that a table lies in."""
    if database.dialect == "sqlite":
        path = database_url.removeprefix("sqlite:///")
        return [path, f"{path}-wal"]
    async with database.dedicated() as connection:
        return [(await connection.execute(text(f"SELECT pg_relation_filepath('{table}')"))).scalar_one()]


async def contents(database: Database, files: list[str]) -> bytes:
    """All that is in these files, as far as they are still there."""
    if database.dialect == "sqlite":
        return b"".join(map(content_of, files))
    async with database.dedicated() as connection:
        await connection.execute(text("CHECKPOINT"))
        read = text("SELECT pg_read_binary_file(:file, 0, 1 << 24, true)")
        return b"".join([(await connection.execute(read, {"file": file})).scalar_one() or b"" for file in files])


def content_of(path: str) -> bytes:
    """All that is in a file; nothing in one that is gone."""
    return Path(path).read_bytes() if Path(path).exists() else b""
