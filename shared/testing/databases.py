"""The PostgreSQL databases that tests are given, one test after the other: empty, or fresh from their migrations.

A service's migrations run once. Afterwards what a test wrote is taken out of the tables that it wrote, and the next
test of that service gets the database, renamed. One in which anything else is not as it was made, a table altered, a
trigger dropped, a setting, is emptied to the ground instead.
"""

import asyncio
import uuid
from collections import defaultdict, deque
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import asyncpg

from shared.db import Database
from shared.migrations import Migrations, migrate
from shared.testing.postgres import PostgresServer, dump

_CUT_OFF = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_EMPTY = """
DROP SCHEMA public CASCADE; CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO PUBLIC;
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I RESET ALL', current_database()); END $$
"""
# What a migration made keeps its numbers and the transaction it was made in until somebody changes it. Statistics are
# part of it because they change plans.
_MAKE = """
WITH ours AS (SELECT * FROM pg_class WHERE relnamespace = 'public'::regnamespace),
 public AS (SELECT 'public'::regnamespace AS schema)
SELECT md5(string_agg(fact, '|' ORDER BY fact)) FROM (
  SELECT concat_ws(' ', oid, relname, relowner, relacl, reloptions, relrowsecurity, relforcerowsecurity) FROM ours
  UNION ALL SELECT concat_ws(' ', attrelid, attnum, a.xmin) FROM pg_attribute a JOIN ours o ON o.oid = attrelid
  UNION ALL SELECT concat_ws(' ', 'default', d.oid, d.xmin) FROM pg_attrdef d JOIN ours o ON o.oid = adrelid
  UNION ALL SELECT concat_ws(' ', 'index', indexrelid, indisvalid) FROM pg_index JOIN ours o ON o.oid = indexrelid
  UNION ALL SELECT concat_ws(' ', 'trigger', t.oid, t.xmin) FROM pg_trigger t JOIN ours o ON o.oid = tgrelid
  UNION ALL SELECT concat_ws(' ', 'policy', p.oid, p.xmin) FROM pg_policy p JOIN ours o ON o.oid = polrelid
  UNION ALL SELECT concat_ws(' ', 'rule', r.oid, r.xmin) FROM pg_rewrite r JOIN ours o ON o.oid = ev_class
  UNION ALL SELECT concat_ws(' ', 'statistics', starelid) FROM pg_statistic JOIN ours o ON o.oid = starelid
  UNION ALL SELECT concat_ws(' ', 'constraint', oid, xmin) FROM pg_constraint, public WHERE connamespace = schema
  UNION ALL SELECT concat_ws(' ', 'function', oid, xmin) FROM pg_proc, public WHERE pronamespace = schema
  UNION ALL SELECT concat_ws(' ', 'type', oid, xmin) FROM pg_type, public WHERE typnamespace = schema
  UNION ALL SELECT concat_ws(' ', 'extension', oid, xmin) FROM pg_extension
  UNION ALL SELECT concat_ws(' ', 'schema', oid, xmin) FROM pg_namespace WHERE nspname !~ '^pg_'
  UNION ALL SELECT concat_ws(' ', 'setting', setconfig)
    FROM pg_db_role_setting JOIN pg_database d ON d.oid = setdatabase WHERE datname = current_database()
) AS facts (fact)
"""
# By its size, since a table whose rows are gone again has still counted them.
_WRITTEN = """
SELECT string_agg(quote_ident(relname), ', ') FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND pg_relation_size(oid) > 0
"""

# Whoever left a database last may still be leaving, and nobody may be connected when it is renamed.
_REST = 1

ResultT = TypeVar("ResultT")


@dataclass(frozen=True, slots=True)
class _Made:
    """A database that migrations made: whose, what tells that it is as they left it, and their rows and counters."""

    name: str
    folder: Path
    make: str
    rows: str


class Databases:
    """The databases of one server. To be closed; they end with the server. Those that rest longest are given first."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._empty: deque[str] = deque()
        self._at_rest: defaultdict[Path, deque[_Made]] = defaultdict(deque)
        self._in_use: dict[str, _Made | None] = {}
        self._dumps: dict[Path, tuple[str, str]] = {}
        # A fixture that is no coroutine may be asked for while the tests' own loop runs.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="databases")
        self._runner = asyncio.Runner()
        self._desk: asyncpg.Connection[asyncpg.Record] | None = None
        _opened.append(self)

    def give(self) -> str:
        """An empty database, as a value of DATABASE_URL."""
        return self._address(self._wait_for(self._given()))

    def take_back(self, url: str) -> None:
        """Cut off whoever is connected to a database that was given, and put it away for another test."""
        self._wait_for(self._put_away(url.rpartition("/")[2]))

    async def make(self, url: str, migrations: Migrations) -> None:
        """Put what the migrations make into a database that was given and that nobody has opened yet."""
        name = url.rpartition("/")[2]
        assert self._in_use[name] is None, "it was made already, and may hold what the test put there"
        await asyncio.wrap_future(self._thread.submit(self._runner.run, self._make(name, migrations)))

    def has_given(self, url: str) -> bool:
        """Whether a test has this database from here, now."""
        server, _, name = url.rpartition("/")
        return server == self._server.url and name in self._in_use

    def close(self) -> None:
        """Let go of the connection and the thread."""
        _opened.remove(self)
        self._wait_for(self._leave())
        self._thread.submit(self._runner.close).result()
        self._thread.shutdown()

    def _wait_for(self, work: Coroutine[Any, Any, ResultT]) -> ResultT:
        return self._thread.submit(self._runner.run, work).result()

    def _address(self, name: str) -> str:
        return f"{self._server.url}/{name}"

    async def _administer(self, statement: str) -> None:
        if self._desk is None or self._desk.is_closed():
            self._desk = await asyncpg.connect(self._address("postgres"))
        await self._desk.execute(statement)

    async def _given(self) -> str:
        if len(self._empty) > _REST:
            name = self._empty.popleft()
        else:
            name = _new_name()
            await self._administer(f"CREATE DATABASE {name} TEMPLATE template0")
        self._in_use[name] = None
        return name

    async def _make(self, name: str, migrations: Migrations) -> None:
        folder = migrations.folder
        if len(self._at_rest[folder]) <= _REST:
            self._in_use[name] = await self._made_anew(name, migrations)
            return
        made = self._at_rest[folder].popleft()
        aside = _new_name()
        await self._administer(f"ALTER DATABASE {name} RENAME TO {aside}")
        self._empty.append(aside)
        await self._administer(f"ALTER DATABASE {made.name} RENAME TO {name}")
        self._in_use[name] = made

    async def _made_anew(self, name: str, migrations: Migrations) -> _Made:
        url, folder = self._address(name), migrations.folder
        if folder not in self._dumps:
            await migrate_at(url, migrations)
            self._dumps[folder] = dump(url), dump(url, "--data-only")
            connection = await asyncpg.connect(url)
        else:
            connection = await asyncpg.connect(url)
            await connection.execute(self._dumps[folder][0])
        try:
            return _Made(name, folder, await connection.fetchval(_MAKE), self._dumps[folder][1])
        finally:
            await connection.close()

    async def _put_away(self, name: str) -> None:
        made = self._in_use.pop(name)
        connection = await asyncpg.connect(self._address(name))
        try:
            await connection.execute(_CUT_OFF)
            if made is not None and await connection.fetchval(_MAKE) == made.make:
                written = await connection.fetchval(_WRITTEN)
                await connection.execute(f"TRUNCATE {written} CASCADE; {made.rows}")
                self._at_rest[made.folder].append(replace(made, name=name))
            else:
                await connection.execute(_EMPTY)
                self._empty.append(name)
        finally:
            await connection.close()

    async def _leave(self) -> None:
        if self._desk is not None:
            await self._desk.close()


async def migrate_at(url: str, migrations: Migrations) -> None:
    """Run the migrations in the database at this address."""
    database = Database(url, pool_size=1)
    await migrate(database, migrations)
    await database.close()


def _new_name() -> str:
    return f"test_{uuid.uuid4().hex}"


_opened: list[Databases] = []


def giver_of(url: str) -> Databases | None:
    """Who gave this database to a test; None for one that the test has from elsewhere."""
    return next((databases for databases in _opened if databases.has_given(url)), None)
