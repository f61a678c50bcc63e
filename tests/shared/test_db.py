"""What a transaction promises on both databases: all or nothing, nothing left behind, and one district only."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ProgrammingError

from shared.db import EVERY_DISTRICT, Database, Session, driver, make_durable, may_be_district
from shared.errors import DatabaseUnavailable
from shared.migrations import protect
from shared.testing.postgres import postgres_server

DISTRICT = "demo"


class Table:
    """What `protect` takes for Alembic's operations, on a session."""

    def __init__(self, session: Session) -> None:
        self._connection = session.sync_connection

    def get_bind(self) -> object:
        """The connection."""
        return self._connection

    def execute(self, statement: str) -> None:
        """Run it."""
        assert self._connection is not None
        self._connection.exec_driver_sql(statement)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    made = Database(database_url, pool_size=2)
    async with made.write(EVERY_DISTRICT) as session:
        await create_notes(session)
    yield made
    await made.close()


async def create_notes(session: Session) -> None:
    await session.execute(text("CREATE TABLE notes (district_id TEXT NOT NULL, note TEXT PRIMARY KEY)"))
    if session.dialect.name == "postgresql":
        await session.execute(
            text(
                "DO $$ BEGIN CREATE ROLE rapport_app NOLOGIN;"
                " EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
            )
        )
        await session.execute(text("GRANT ALL ON notes TO rapport_app"))


async def add(session: Session, note: str, district_id: str = DISTRICT) -> None:
    await session.execute(text("INSERT INTO notes VALUES (:d, :n)"), {"d": district_id, "n": note})


async def notes(database: Database, district_id: str = EVERY_DISTRICT) -> list[str]:
    async with database.read(district_id) as session:
        return list((await session.execute(text("SELECT note FROM notes ORDER BY note"))).scalars())


async def test_a_block_that_ends_is_stored_and_one_that_raises_leaves_nothing(database: Database) -> None:
    async with database.write(DISTRICT) as session:
        await add(session, "kept")
    assert database.committed.is_set()
    database.committed.clear()
    with pytest.raises(LookupError):
        async with database.write(DISTRICT) as session:
            await add(session, "dropped")
            raise LookupError
    assert await notes(database) == ["kept"]
    assert not database.committed.is_set()


async def test_a_refused_statement_leaves_a_connection_that_works(database: Database) -> None:
    for _ in range(5):
        with pytest.raises(Exception, match="notes"):
            async with database.write(DISTRICT) as session:
                await add(session, "one")
                await add(session, "one")
    async with database.write(DISTRICT) as session:
        await add(session, "one")
    assert await notes(database) == ["one"]


async def test_a_cancelled_writer_leaves_nothing_and_gives_lock_and_connection_back(database: Database) -> None:
    async def write(inside: asyncio.Event, note: str) -> None:
        async with database.write(DISTRICT) as session:
            await add(session, note)
            inside.set()
            await asyncio.Event().wait()

    for n in range(12):  # more often than there are connections
        inside = asyncio.Event()
        writing = asyncio.create_task(write(inside, f"cancelled {n}"))
        await inside.wait()
        writing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writing
    async with asyncio.timeout(10), database.write(DISTRICT) as session:
        await add(session, "after")
    assert await notes(database) == ["after"]


async def test_a_writer_cancelled_at_any_point_is_all_or_nothing_and_blocks_nobody(database: Database) -> None:
    async def write(n: int) -> None:
        async with database.write(DISTRICT) as session:
            await add(session, f"{n:03} first")
            await add(session, f"{n:03} second")

    for n in range(60):
        writing = asyncio.create_task(write(n))
        for _ in range(n):
            await asyncio.sleep(0)
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
    async with asyncio.timeout(10), database.write(DISTRICT) as session:
        await add(session, "after")
    stored = await notes(database)
    assert stored[-1] == "after"
    assert [note for note in stored[:-1] if f"{note[:3]} first" not in stored] == []
    assert len(stored) % 2 == 1


async def hurry(database: Database) -> None:
    """Every connection from now on waits for the write lock for a moment only."""

    def wait_shortly(connection: Any, _: object) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA busy_timeout=50")
        cursor.close()

    event.listen(database._engine.sync_engine, "connect", wait_shortly)
    await database.close()


async def test_who_waits_too_long_for_the_write_lock_of_another_process_is_told_to_come_again(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    async with database.write(EVERY_DISTRICT) as session:
        await session.execute(text("CREATE TABLE notes (district_id TEXT, note TEXT)"))
    await hurry(database)
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseUnavailable):
        async with database.write(DISTRICT) as session:
            await add(session, "never")
    other.execute("ROLLBACK")
    other.close()
    async with database.write(DISTRICT) as session:
        await add(session, "again")
    assert await notes(database) == ["again"]
    await database.close()


def log_bytes(sqlite_url: str) -> int:
    return Path(f"{make_url(sqlite_url).database}-wal").stat().st_size


@pytest.mark.slow
async def test_the_log_of_a_large_transaction_gives_its_room_back(sqlite_url: str) -> None:
    database = Database(sqlite_url, pool_size=1)
    async with database.write(EVERY_DISTRICT) as session:
        await create_notes(session)
        for number in range(40):
            await add(session, f"{number}" + "x" * 1_000_000)
    before = log_bytes(sqlite_url)
    for number in range(2):  # one moves what the log holds into the file, the next one begins the log anew
        async with database.write(EVERY_DISTRICT) as session:
            await add(session, f"small {number}")
    after = log_bytes(sqlite_url)
    await database.close()
    assert before > 40_000_000
    assert after <= 16 * 2**20


async def test_transactions_wait_for_a_connection_and_all_of_them_come_to_an_end(database: Database) -> None:
    async def write(n: int) -> None:
        async with database.write(DISTRICT) as session:
            await add(session, f"{n:02}")

    await asyncio.gather(*[write(n) for n in range(20)])
    assert len(await notes(database)) == 20


async def test_connections_that_died_at_rest_are_replaced_unnoticed(postgresql_url: str) -> None:
    database = Database(postgresql_url, pool_size=3)
    async with database.read(EVERY_DISTRICT), database.read(EVERY_DISTRICT), database.read(EVERY_DISTRICT):
        pass  # three lie in the pool now
    await end_all_connections(postgresql_url)
    async with database.read(EVERY_DISTRICT) as session:
        assert (await session.execute(text("SELECT 1"))).scalar_one() == 1
    await database.close()


async def test_a_connection_that_dies_in_the_middle_is_told_and_not_kept(postgresql_url: str) -> None:
    database = Database(postgresql_url, pool_size=1)
    with pytest.raises(DatabaseUnavailable) as refused:
        async with database.write(EVERY_DISTRICT) as session:
            await session.execute(text("SELECT 1"))
            await end_all_connections(postgresql_url)
            await session.execute(text("SELECT 1"))
    assert refused.value.headers["Retry-After"]
    async with database.write(EVERY_DISTRICT) as session:
        assert (await session.execute(text("SELECT 1"))).scalar_one() == 1
    await database.close()


async def end_all_connections(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    await connection.close()


@pytest.mark.postgresql
async def test_a_server_that_is_down_is_told_and_found_again_when_it_is_back() -> None:
    with postgres_server(fast=True) as server:
        database = Database(server.create_database("down"), pool_size=2)
        async with database.read(EVERY_DISTRICT):
            pass
        server.kill()
        for transaction in (database.read, database.write):
            with pytest.raises(DatabaseUnavailable):
                async with transaction(EVERY_DISTRICT):
                    pass
        server.start()
        async with database.write(EVERY_DISTRICT) as session:
            assert (await session.execute(text("SELECT 1"))).scalar_one() == 1
        await database.close()


async def test_a_server_that_answers_nothing_is_told_on_a_connection_of_its_own_too(postgresql_url: str) -> None:
    database = Database(postgresql_url, pool_size=1)
    with pytest.raises(DatabaseUnavailable):
        async with database.dedicated() as connection:
            await (await driver(connection)).execute("SELECT pg_sleep(20)", timeout=0.1)
    async with database.dedicated() as connection:
        assert await (await driver(connection)).fetchval("SELECT 1") == 1
    await database.close()


async def test_who_is_chosen_to_end_a_deadlock_may_try_again(postgresql_url: str) -> None:
    database = Database(postgresql_url, pool_size=4)
    async with database.write(EVERY_DISTRICT) as session:
        await create_notes(session)
        await add(session, "a")
        await add(session, "b")
    both = asyncio.Barrier(2)

    async def lock(first: str, second: str) -> None:
        async with database.write(DISTRICT) as session:
            for note in (first, second):
                await session.execute(text("SELECT 1 FROM notes WHERE note = :n FOR UPDATE"), {"n": note})
                if note == first:
                    await both.wait()

    outcomes = await asyncio.gather(lock("a", "b"), lock("b", "a"), return_exceptions=True)
    assert sorted(type(o).__name__ for o in outcomes) == ["DatabaseUnavailable", "NoneType"]
    await database.close()


async def test_a_free_connection_that_never_comes_is_told(postgresql_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    database = Database(postgresql_url, pool_size=1)
    monkeypatch.setattr(database._engine.pool, "_timeout", 0.05)
    async with database.read(EVERY_DISTRICT):
        with pytest.raises(DatabaseUnavailable):
            async with database.read(EVERY_DISTRICT):
                pass
    await database.close()


async def test_a_statement_at_fault_is_no_outage(database: Database) -> None:
    with pytest.raises(Exception, match="nowhere") as refused:
        async with database.write(DISTRICT) as session:
            await session.execute(text("SELECT * FROM nowhere"))
    assert not isinstance(refused.value, DatabaseUnavailable)


async def protected(url: str) -> None:
    """The table `notes` with two districts' rows, as a migration would have made it."""
    database = Database(url, pool_size=1)
    async with database.write(EVERY_DISTRICT) as session:
        await create_notes(session)
        await session.run_sync(lambda _: protect(Table(session), "notes"))
        await add(session, "ours")
        await add(session, "theirs", "elsewhere")
    await database.close()


async def as_owner_without_privileges(url: str) -> str:
    """The same database for a login that owns the table and is nobody's superuser."""
    parsed = make_url(url)
    owner = f"owner_{parsed.database}"
    connection = await asyncpg.connect(url)
    await connection.execute(f"CREATE ROLE {owner} LOGIN PASSWORD 'secret'")
    await connection.execute(f"ALTER TABLE notes OWNER TO {owner}")
    await connection.close()
    return parsed.set(username=owner, password="secret").render_as_string(hide_password=False)


@pytest.mark.parametrize("login", ["superuser", "owner"])
async def test_row_level_security_hides_other_districts_from_any_login(postgresql_url: str, login: str) -> None:
    await protected(postgresql_url)
    url = postgresql_url if login == "superuser" else await as_owner_without_privileges(postgresql_url)
    database = Database(url, pool_size=1)
    assert await notes(database, DISTRICT) == ["ours"]
    assert await notes(database, "elsewhere") == ["theirs"]
    assert await notes(database, "nobody") == []
    assert await notes(database) == ["ours", "theirs"]
    with pytest.raises(ProgrammingError, match="row-level security"):
        async with database.write(DISTRICT) as session:
            await add(session, "smuggled", "elsewhere")
    async with database.write(DISTRICT) as session:
        await session.execute(text("DELETE FROM notes"))
        raw = await driver(session)
        login_name = await raw.fetchval("SELECT current_user")
    assert (login_name == "rapport_app") is (login == "superuser")
    assert await notes(database) == ["theirs"]
    async with database.dedicated() as connection:  # nothing of a district's transaction outlives it
        found = await connection.exec_driver_sql("SELECT current_setting('rapport.district_id', true)")
        assert not found.scalar_one()
    await database.close()


@pytest.mark.parametrize(
    "district_id", ["", "'", "a'; DROP TABLE notes; --", "a b", "-a", ".a", "a" * 65, "demo\n", "dé", "*", "**"]
)
async def test_a_district_that_could_carry_a_statement_is_none(postgresql_url: str, district_id: str) -> None:
    assert not may_be_district(district_id)
    database = Database(postgresql_url, pool_size=1)
    if district_id != EVERY_DISTRICT:
        for transaction in (database.read, database.write):
            with pytest.raises(ValueError, match="not a district id"):
                async with transaction(district_id):
                    pass
    await database.close()


@pytest.mark.parametrize("district_id", ["demo", "d-1", "0", "A.b_c-9", "a" * 64])
def test_letters_digits_dots_dashes_and_underscores_make_a_district(district_id: str) -> None:
    assert may_be_district(district_id)


async def disk_is(session: Session) -> tuple[str, str]:
    """Whether a commit waits for the disk, and who said so."""
    found = await session.execute(text("SELECT setting, source FROM pg_settings WHERE name = 'synchronous_commit'"))
    setting, source = found.one()
    return setting, source


async def test_only_a_transaction_that_says_so_does_not_wait_for_the_disk(
    database: Database, database_url: str
) -> None:
    if database.dialect == "sqlite":
        async with database.write(EVERY_DISTRICT, durable=False) as session:
            assert (await session.execute(text("PRAGMA synchronous"))).scalar_one() == 2  # FULL, whoever asks
        return
    async with database.write(EVERY_DISTRICT) as session:
        name = make_url(database_url).database
        await session.execute(text(f'ALTER DATABASE "{name}" SET synchronous_commit = local'))
    configured = Database(database_url, pool_size=1)
    async with configured.write(EVERY_DISTRICT) as session:
        assert await disk_is(session) == ("local", "database")
    async with configured.write(EVERY_DISTRICT, durable=False) as session:
        assert await disk_is(session) == ("off", "session")
        await make_durable(session)
        assert (await disk_is(session))[0] == "local"
    async with configured.write(EVERY_DISTRICT) as session:
        assert await disk_is(session) == ("local", "database")
    await configured.close()
