"""What was destroyed cannot be read in a SQLite file either."""

from pathlib import Path
from typing import Any

from sqlalchemy import event, text

from shared.db import EVERY_DISTRICT, Database


def keep_what_is_deleted(connection: Any, _: object) -> None:
    """Do as SQLite does where its builder did not decide otherwise."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA secure_delete = OFF")
    cursor.close()


async def test_nothing_that_is_deleted_or_written_over_stays_in_the_file_however_sqlite_was_built(
    tmp_path: Path,
) -> None:
    file = tmp_path / "service.db"
    database = Database(f"sqlite:///{file}")
    event.listen(database._engine.sync_engine, "connect", keep_what_is_deleted, insert=True)
    async with database.write(EVERY_DISTRICT) as session:
        await session.execute(text("CREATE TABLE notes (number INTEGER PRIMARY KEY, note TEXT)"))
        await session.execute(
            text("INSERT INTO notes VALUES (1, 'a deleted secret'), (2, 'an old secret'), (3, 'kept')")
        )
    async with database.write(EVERY_DISTRICT) as session:
        await session.execute(text("DELETE FROM notes WHERE number = 1"))
        await session.execute(text("UPDATE notes SET note = NULL WHERE number = 2"))
    await database.close()
    left = file.read_bytes()
    assert b"kept" in left
    assert b"secret" not in left
