"""One service's database: SQLite on one machine, PostgreSQL beyond; the only file that begins and ends transactions.

Connections are in the driver's autocommit mode and the transaction is written out here, because `BEGIN` then carries
everything a transaction needs (role, district) in one round trip.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, NewType

from sqlalchemy import DateTime, MetaData, event
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool
from sqlalchemy.types import TypeDecorator

from shared.away import is_away
from shared.errors import DatabaseUnavailable
from shared.sqlite_version import Version, VersionOf

ReadSession = NewType("ReadSession", AsyncConnection)
"""A transaction that only reads."""
Session = NewType("Session", ReadSession)
"""A transaction that may write. Handed out by the write dependency and the consumer, nowhere else."""

EVERY_DISTRICT = "*"
"""The scope of the suite's own workers, which serve all districts."""

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

plumbing = MetaData(naming_convention=NAMING)
"""The tables that every service has: outbox, inbox, offsets, idempotency keys, leases."""

_DISTRICT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}|\*")
_SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",  # NORMAL would answer 201 and forget it when the power fails; 0.4 ms a commit, measured
    "PRAGMA busy_timeout=10000",
    "PRAGMA foreign_keys=ON",
    "PRAGMA cache_size=-4096",
    "PRAGMA secure_delete=ON",  # what is destroyed may not stay in the file; many builds see to it unasked, not all
    "PRAGMA journal_size_limit=16777216",  # else the log of the largest import, 180 MB, keeps its room for good
)
_BEGIN_WITHOUT_DISK = "BEGIN; SET LOCAL synchronous_commit = off"


class UtcDateTime(TypeDecorator[datetime]):
    """An instant, always aware and in UTC; SQLite, which has no zones, keeps it as UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        """Refuse a naive instant: nobody can say later what zone it was in."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime is not an instant")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        """Give the zone back that SQLite dropped."""
        if value is None or value.tzinfo is not None:
            return value
        return value.replace(tzinfo=UTC)


def may_be_district(district_id: str) -> bool:
    """Whether a token's district id is safe to stand in a statement: letters, digits, `._-`, at most 64."""
    return bool(_DISTRICT.fullmatch(district_id)) and district_id != EVERY_DISTRICT


class Database:
    """A service's database. `write` and `read` open its only transactions.

    On PostgreSQL each transaction states its district, and row-level security hides every other one. A login that
    row-level security would not bind (a superuser) steps down to the role `rapport_app` for the transaction.
    """

    def __init__(self, url: str, *, pool_size: int = 32) -> None:
        place = make_url(url)
        self.dialect: Literal["sqlite", "postgresql"] = (
            "sqlite" if place.get_backend_name() == "sqlite" else "postgresql"
        )
        self._version = VersionOf(Path(place.database or "")) if self.dialect == "sqlite" else None
        self._engine = _engine(url, self.dialect, pool_size)
        self._write_lock = asyncio.Lock()
        self._steps_down: bool | None = None
        self.committed = asyncio.Event()
        """Set after every committed write that may have recorded events; the relay clears and waits on it."""

    @asynccontextmanager
    async def write(
        self, district_id: str, *, wakes_relay: bool = True, durable: bool = True
    ) -> AsyncIterator[Session]:
        """A transaction that commits when the block ends and leaves nothing when it raises.

        What records no event need not wake the relay, least of all the relay's own deletes. Work that would simply be
        done again need not be `durable`: PostgreSQL then does not wait for its disk, and a crash of the server may
        take the last half second of such commits back, whole and in order.
        Raises: DatabaseUnavailable when the database cannot be reached, also in the middle.
        """
        if self.dialect == "sqlite":
            # One writer per file: without this lock 32 writers make p99 0.5-1.1 s instead of 23-36 ms.
            async with self._write_lock, self._transaction("BEGIN IMMEDIATE") as connection:
                yield Session(ReadSession(connection))
        else:
            begin = await self._begin(district_id, "BEGIN" if durable else _BEGIN_WITHOUT_DISK)
            async with self._transaction(begin) as connection:
                yield Session(ReadSession(connection))
        if wakes_relay:
            self.committed.set()

    @asynccontextmanager
    async def read(self, district_id: str) -> AsyncIterator[ReadSession]:
        """A transaction that sees one state of the database and changes nothing."""
        if self.dialect == "sqlite":
            begin = "BEGIN"
        else:
            begin = await self._begin(district_id, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        async with self._transaction(begin) as connection:
            yield ReadSession(connection)

    @asynccontextmanager
    async def dedicated(self) -> AsyncIterator[AsyncConnection]:
        """A connection outside any transaction, closed for good at the end: for locks that live as long as it does.

        Raises: DatabaseUnavailable when it breaks.
        """
        connection = await self._connect()
        try:
            yield connection
        except BaseException as error:
            if is_away(error):  # a server that answers nothing ends in a bare TimeoutError
                raise DatabaseUnavailable from error
            raise
        finally:
            await connection.invalidate()
            await connection.close()

    def version(self) -> Version | None:
        """Another whenever anybody has committed anything; None where only a look can tell, as on PostgreSQL."""
        return None if self._version is None else self._version.now()

    async def close(self) -> None:
        """Close every connection."""
        if self._version is not None:
            self._version.close()
        await self._engine.dispose()

    async def _begin(self, district_id: str, begin: str = "BEGIN") -> str:
        if not _DISTRICT.fullmatch(district_id):
            raise ValueError("not a district id")
        if self._steps_down is None:
            self._steps_down = await self._login_is_above_row_security()
        role = "; SET LOCAL ROLE rapport_app" if self._steps_down and district_id != EVERY_DISTRICT else ""
        return f"{begin}; SET LOCAL rapport.district_id = '{district_id}'{role}"

    async def _login_is_above_row_security(self) -> bool:
        connection = await self._connect()
        try:
            answer = await connection.exec_driver_sql(
                "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
            )
            return bool(answer.scalar_one())
        finally:
            await connection.close()

    @asynccontextmanager
    async def _transaction(self, begin: str) -> AsyncIterator[AsyncConnection]:
        connection = await self._begun(begin)
        try:
            yield connection
            await _run(connection, "COMMIT")
        except BaseException as error:
            await _abandon(connection)
            if is_away(error):
                raise DatabaseUnavailable(headers={"Retry-After": "2"}) from error
            raise
        finally:
            await connection.close()

    async def _begun(self, begin: str) -> AsyncConnection:
        """A connection with its transaction open; a pooled one that died at rest is replaced unnoticed."""
        connection = await self._connect()
        try:
            await _run(connection, begin)
            return connection
        except BaseException as error:
            await _abandon(connection)
            await connection.close()
            if not is_away(error):
                raise
        await self._engine.dispose()
        connection = await self._connect()
        try:
            await _run(connection, begin)
        except BaseException as error:
            await _abandon(connection)
            await connection.close()
            if is_away(error):
                raise DatabaseUnavailable(headers={"Retry-After": "2"}) from error
            raise
        return connection

    async def _connect(self) -> AsyncConnection:
        try:
            return await self._engine.connect()
        except BaseException as error:
            if is_away(error):
                raise DatabaseUnavailable(headers={"Retry-After": "2"}) from error
            raise


def _engine(url: str, dialect: str, pool_size: int) -> AsyncEngine:
    if dialect == "sqlite":
        engine = create_async_engine(
            make_url(url).set(drivername="sqlite+aiosqlite"),
            isolation_level="AUTOCOMMIT",
            hide_parameters=True,
            poolclass=AsyncAdaptedQueuePool,
            # Each is a thread; a file has one writer, so a few readers beside it suffice.
            pool_size=4,
            max_overflow=4,
            pool_timeout=10,
        )
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        return engine
    return create_async_engine(
        make_url(url).set(drivername="postgresql+asyncpg"),
        isolation_level="AUTOCOMMIT",
        hide_parameters=True,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=10,
        connect_args={"timeout": 5, "command_timeout": 60, "server_settings": {"timezone": "UTC"}},
    )


def _prepare_sqlite(connection: Any, _: object) -> None:
    cursor = connection.cursor()
    for pragma in _SQLITE_PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


async def driver(session: ReadSession | AsyncConnection) -> Any:
    """The driver's own connection beneath a session: asyncpg's or aiosqlite's, for bulk statements."""
    opened = session.sync_connection
    if opened is None or opened.closed or opened.invalidated:
        return (await session.get_raw_connection()).driver_connection
    return opened.connection.driver_connection  # at hand; the way above starts a greenlet, six times a request


async def make_durable(session: Session) -> None:
    """Let a transaction that was not opened `durable` wait for the disk after all, as the server is configured."""
    if session.dialect.name == "postgresql":
        await _run(session, "SET LOCAL synchronous_commit = DEFAULT")


async def _run(connection: AsyncConnection, statement: str) -> None:
    await (await driver(connection)).execute(statement)


async def _abandon(connection: AsyncConnection) -> None:
    """Roll back; where that fails too, throw the connection away so that nobody gets it half open."""
    try:
        await asyncio.shield(_run(connection, "ROLLBACK"))
    except asyncio.CancelledError:
        await connection.invalidate()
        raise  # whoever cancels must not wait for a task that goes on
    except BaseException:
        await connection.invalidate()
