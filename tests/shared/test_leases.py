"""One leads: while it lives nobody else does, and when it ends another may."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from sqlalchemy import update

from shared.db import EVERY_DISTRICT, Database, Session
from shared.errors import DatabaseUnavailable
from shared.leases import Leadership, leases
from shared.testing.plumbing import plumbed


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with plumbed(database_url) as made:
        yield made


async def test_one_leads_and_the_next_after_it(database: Database) -> None:
    async with Leadership(database, "task").try_to_lead() as first:
        assert first
        async with Leadership(database, "task").try_to_lead() as second:
            assert not second
        async with Leadership(database, "other").try_to_lead() as beside:
            assert beside
    assert await leads_within(database, timedelta(seconds=5))


async def leads_within(database: Database, patience: timedelta) -> bool:
    """PostgreSQL lets go of the lock when it notices that the connection is closed, which takes a moment."""
    async with asyncio.timeout(patience.total_seconds()):
        while True:
            async with Leadership(database, "task").try_to_lead() as leads:
                if leads:
                    return True
            await asyncio.sleep(0.01)


async def test_of_many_at_once_one_leads(database: Database) -> None:
    done = asyncio.Event()
    asked: list[bool] = []

    async def ask() -> None:
        async with Leadership(database, "task").try_to_lead() as leads:
            asked.append(leads)
            if len(asked) == 6:
                done.set()
            await done.wait()

    await asyncio.gather(*[ask() for _ in range(6)])
    assert sorted(asked) == [False] * 5 + [True]


async def test_the_lead_goes_with_a_cancelled_task(database: Database) -> None:
    leading = asyncio.Event()

    async def lead() -> None:
        async with Leadership(database, "task").try_to_lead():
            leading.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(lead())
    await leading.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await leads_within(database, timedelta(seconds=5))


async def test_a_leader_that_was_frozen_past_its_lease_learns_that_another_leads(sqlite_url: str) -> None:
    async with plumbed(sqlite_url) as database:
        frozen = Leadership(database, "task")
        async with frozen.try_to_lead() as first:
            assert first
            assert await frozen.renew()
            async with database.write(EVERY_DISTRICT) as session:
                await session.execute(update(leases).values(expires_at=0.0))
            async with Leadership(database, "task").try_to_lead() as second:
                assert second
                frozen._renewed_at = 0.0
                assert not await frozen.renew()
                assert not await frozen.renew()


async def test_a_leader_that_was_killed_is_not_waited_for(sqlite_url: str) -> None:
    async with plumbed(sqlite_url) as database:
        killed = Leadership(database, "task")
        process = await asyncio.create_subprocess_exec("sleep", "60")
        killed._holder = killed._holder.replace(f":{os.getpid()}:", f":{process.pid}:")
        async with killed.try_to_lead() as first:
            assert first
            async with Leadership(database, "task").try_to_lead() as early:
                assert not early
            process.kill()
            await process.wait()
            async with Leadership(database, "task").try_to_lead() as second:
                assert second


async def test_a_lease_that_cannot_be_given_back_does_not_swallow_a_cancellation(sqlite_url: str) -> None:
    async with plumbed(sqlite_url) as database:
        leading = asyncio.Event()

        async def lead() -> None:
            async with Leadership(AwayAtTheEnd(database), "task").try_to_lead():
                leading.set()
                await asyncio.Event().wait()

        task = asyncio.create_task(lead())
        await leading.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


class AwayAtTheEnd(Database):
    """A database that takes one write and is away then."""

    def __init__(self, there: Database) -> None:
        self.dialect = there.dialect
        self._there = there
        self._writes = 0

    @asynccontextmanager
    async def write(
        self, district_id: str, *, wakes_relay: bool = True, durable: bool = True
    ) -> AsyncIterator[Session]:
        """The first write goes through."""
        self._writes += 1
        if self._writes > 1:
            raise DatabaseUnavailable
        async with self._there.write(district_id, wakes_relay=wakes_relay, durable=durable) as session:
            yield session


async def test_a_leader_whose_connection_died_is_told(postgresql_url: str) -> None:
    async with plumbed(postgresql_url) as database:
        leadership = Leadership(database, "task")
        with pytest.raises(DatabaseUnavailable):
            async with leadership.try_to_lead() as leads:
                assert leads
                async with database.write(EVERY_DISTRICT) as session:
                    await session.exec_driver_sql(
                        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
                        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
                    )
                await leadership.renew()
