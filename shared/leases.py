"""One leader per task and database: an advisory lock on PostgreSQL, a lease row that must be renewed on SQLite."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

from sqlalchemy import Column, Float, Table, Text, text

from shared.db import EVERY_DISTRICT, Database, plumbing
from shared.errors import DatabaseUnavailable
from shared.holders import is_gone, new_holder

LEASE = timedelta(seconds=10)
"""How long a SQLite leader may be silent before another takes over; one that is known to have ended is not waited for.
"""
LOCK_LOOK = timedelta(milliseconds=100)
"""How often a PostgreSQL leader asks for its lock: no longer than a batch takes, and not once for every event."""

leases = Table(
    "leases",
    plumbing,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("expires_at", Float, nullable=False),  # seconds since 1970 (UTC)
)


class Leadership:
    """Leads the task `name` as long as `renew` answers true."""

    def __init__(self, database: Database, name: str) -> None:
        self._database = database
        self._name = name
        self._holder = new_holder()
        self._lock_number = int.from_bytes(name.encode()[:7].ljust(7, b"\0"), "big")
        self._renewed_at: float | None = None

    @asynccontextmanager
    async def try_to_lead(self) -> AsyncIterator[bool]:
        """Whether this process leads now; leadership ends with the block.

        Raises: DatabaseUnavailable.
        """
        if self._database.dialect == "sqlite":
            leads = await self.renew()
            try:
                yield leads
            finally:
                if leads:
                    await self._release()
            return
        async with self._database.dedicated() as connection:
            self._connection = connection
            taken = await connection.execute(text("SELECT pg_try_advisory_lock(:n)"), {"n": self._lock_number})
            yield bool(taken.scalar_one())

    async def renew(self) -> bool:
        """Whether this process still leads. On PostgreSQL the lock's connection must live.

        Raises: DatabaseUnavailable when that connection is gone: another may lead by now.
        """
        now = time.time()
        if self._database.dialect == "postgresql":
            if self._renewed_at is None or not 0 <= now - self._renewed_at < LOCK_LOOK.total_seconds():
                await self._connection.execute(text("SELECT 1"))
                self._renewed_at = now
            return True
        if self._renewed_at is not None and 0 <= now - self._renewed_at < LEASE.total_seconds() / 3:
            return True
        async with self._database.write(EVERY_DISTRICT, wakes_relay=False) as session:
            held_by = None
            if self._renewed_at is None:
                held_by = (await session.execute(_HELD_BY, {"name": self._name})).scalar_one_or_none()
            kept = await session.execute(
                _TAKE,
                {
                    "name": self._name,
                    "holder": self._holder,
                    "gone": held_by if held_by is not None and is_gone(held_by) else self._holder,
                    "until": now + LEASE.total_seconds(),
                    "now": now,
                },
            )
        leads = kept.rowcount == 1
        self._renewed_at = now if leads else None
        return leads

    async def _release(self) -> None:
        self._renewed_at = None
        # Left to expire where the database is away: raised here, that would take the place of a cancellation.
        with suppress(DatabaseUnavailable):
            async with self._database.write(EVERY_DISTRICT, wakes_relay=False) as session:
                await session.execute(
                    text("DELETE FROM leases WHERE name = :name AND holder = :holder"),
                    {"name": self._name, "holder": self._holder},
                )


_HELD_BY = text("SELECT holder FROM leases WHERE name = :name")
_TAKE = text(
    "INSERT INTO leases (name, holder, expires_at) VALUES (:name, :holder, :until)"
    " ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at"
    " WHERE leases.holder IN (excluded.holder, :gone) OR leases.expires_at < :now"
)
