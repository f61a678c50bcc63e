"""A test is given a database as if nobody had ever had it, although others have."""

import asyncio
from collections.abc import Iterator

import asyncpg
import pytest

from referral_api.app import MIGRATIONS
from shared.db import Database
from shared.migrations import Migrations, current_revision, migrate
from shared.testing import databases as of_tests
from shared.testing.databases import Databases
from shared.testing.migrated import make_migrated
from shared.testing.postgres import PostgresServer, dump

pytestmark = pytest.mark.slow

WRITTEN = """
INSERT INTO outbox (topic, headers, recorded_at) VALUES ('roster', '', now()); DELETE FROM outbox;
INSERT INTO inbox VALUES (gen_random_uuid());
INSERT INTO orgs (district_id, org_id, name, kind, active) VALUES ('demo', 's-1', 'One', 'school', true);
UPDATE change_clock SET ahead = 77; DELETE FROM change_eras; UPDATE alembic_version SET version_num = 'old'
"""
ALTERED = [
    "ALTER TABLE orgs DISABLE ROW LEVEL SECURITY",
    "ALTER TABLE orgs NO FORCE ROW LEVEL SECURITY",
    "ALTER POLICY own_district ON orgs USING (true)",
    "ALTER TABLE orgs ADD COLUMN colour TEXT",
    "ALTER TABLE orgs ALTER COLUMN name SET DEFAULT 'nameless'",
    "ALTER TABLE orgs RENAME TO places",
    "ALTER TABLE orgs SET (fillfactor = 50)",
    "DROP TRIGGER number_change ON referrals",
    "ALTER TABLE referrals DISABLE TRIGGER number_change",
    "DROP INDEX ix_idempotency_keys_stored_at",
    "ALTER TABLE inbox DROP CONSTRAINT pk_inbox",
    "DROP TABLE leases",
    "CREATE TABLE leases_too (name TEXT)",
    "CREATE VIEW names AS SELECT name FROM orgs",
    "CREATE FUNCTION one() RETURNS INT LANGUAGE sql RETURN 1",
    "CREATE TYPE colour AS ENUM ('red')",
    "REVOKE DELETE ON orgs FROM rapport_app",
    "GRANT CREATE ON SCHEMA public TO PUBLIC",
    "INSERT INTO leases VALUES ('a', 'b', 1); ANALYZE leases",
    "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET work_mem = ''9MB''', current_database()); END $$",
]


@pytest.fixture
def own(postgresql: PostgresServer) -> Iterator[Databases]:
    """Databases that no other test has."""
    kept = Databases(postgresql)
    yield kept
    kept.close()


async def execute(url: str, statements: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(statements)
    await connection.close()


async def found(url: str, query: str) -> object:
    connection = await asyncpg.connect(url)
    answer: object = await connection.fetchval(query)
    await connection.close()
    return answer


async def number_of(url: str) -> object:
    """What a database keeps when it is renamed."""
    return await found(url, "SELECT oid FROM pg_database WHERE datname = current_database()")


async def made(own: Databases) -> str:
    url = own.give()
    await make_migrated(url, MIGRATIONS)
    return url


async def test_what_a_test_wrote_the_next_one_does_not_see(own: Databases) -> None:
    first = await made(own)
    fresh, number = dump(first), await number_of(first)
    numbers = []
    for url in (first, *[await made(own) for _ in range(2)]):
        await execute(url, WRITTEN)
        assert dump(url) != fresh
        own.take_back(url)
    for _ in range(3):
        url = await made(own)
        numbers.append(await number_of(url))
        assert dump(url) == fresh
        own.take_back(url)
    assert number in numbers, "nobody was given again what had been written to, so nothing was tested"


async def test_an_altered_database_is_given_to_nobody_as_it_is(own: Databases) -> None:
    for statement in ALTERED:
        url = await made(own)
        await execute(url, statement)
        own.take_back(url)
        left = url.rpartition("/")[2]
        assert await found(url, "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace") == 0, left
        assert await found(url, "SELECT count(*) FROM pg_db_role_setting WHERE setdatabase <> 0") == 0


async def test_who_asks_for_an_empty_database_gets_no_migrated_one(own: Databases) -> None:
    for number in range(4):
        url = own.give()
        database = Database(url, pool_size=1)
        assert await current_revision(database) is None
        await database.close()
        if number % 2:
            await make_migrated(url, MIGRATIONS)
        else:
            await execute(
                url, "CREATE TABLE alembic_version (version_num TEXT); INSERT INTO alembic_version VALUES (1)"
            )
        own.take_back(url)


async def test_migrations_run_once(own: Databases, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[Migrations] = []

    async def counted(database: Database, migrations: Migrations) -> None:
        ran.append(migrations)
        await migrate(database, migrations)

    monkeypatch.setattr(of_tests, "migrate", counted)
    at_once = [await made(own) for _ in range(3)]
    for url in at_once:
        own.take_back(url)
    for _ in range(3):
        own.take_back(await made(own))
    assert ran == [MIGRATIONS]


async def test_nobody_stays_connected_to_what_another_is_given(own: Databases) -> None:
    url = await made(own)
    left_open = await asyncpg.connect(url)
    begun = left_open.transaction()
    await begun.start()
    await left_open.execute("LOCK TABLE orgs")
    await asyncio.to_thread(own.take_back, url)
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError)):
        await left_open.execute("SELECT 1")


async def test_a_database_is_made_once_and_not_under_the_hands_of_its_test(own: Databases) -> None:
    url = await made(own)
    with pytest.raises(AssertionError, match="already"):
        await make_migrated(url, MIGRATIONS)
    own.take_back(url)
