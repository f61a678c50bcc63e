"""What is cleared away: what is old enough, all of it, and nothing else."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, insert, select

from shared import janitor as module
from shared.db import EVERY_DISTRICT, Database
from shared.http.idempotency import forget_keys, idempotency_keys
from shared.inbox import forget_seen, inbox, mark_seen
from shared.janitor import Janitor, Kept
from shared.leases import Leadership
from shared.testing.plumbing import plumbed

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
KEPT = (
    Kept("idempotency_keys", timedelta(days=7), forget_keys),
    Kept("inbox", timedelta(days=400), forget_seen),
)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with plumbed(database_url) as made:
        yield made


def event_id(age: timedelta) -> UUID:
    """A UUIDv7 of an event that is so old."""
    milliseconds = int((NOW - age).timestamp() * 1000)
    return UUID(int=milliseconds << 80 | 0x7 << 76 | uuid4().int & (1 << 62) - 1 | 2 << 62)


async def keep(database: Database, *ages: timedelta) -> None:
    """Store a key and a seen event of each age."""
    async with database.write(EVERY_DISTRICT) as session:
        await mark_seen(session, [event_id(age) for age in ages])
        await session.execute(
            insert(idempotency_keys),
            [
                {
                    "district_id": f"d-{n % 3}",
                    "sub": "c-1",
                    "key": f"{n}",
                    "request_sha256": b"",
                    "status": 201,
                    "headers": "{}",
                    "body": b"",
                    "stored_at": NOW - age,
                }
                for n, age in enumerate(ages)
            ],
        )


async def left(database: Database) -> tuple[int, int]:
    """How many keys and seen events there are."""
    async with database.read(EVERY_DISTRICT) as session:
        keys, seen = [
            (await session.execute(select(func.count()).select_from(table))).scalar_one()
            for table in (idempotency_keys, inbox)
        ]
    return int(keys), int(seen)


async def test_what_is_old_enough_goes_and_the_rest_stays(database: Database) -> None:
    a_moment = timedelta(seconds=1)
    await keep(
        database,
        timedelta(0),
        timedelta(days=7) - a_moment,
        timedelta(days=7) + a_moment,
        timedelta(days=400) - a_moment,
        timedelta(days=400) + a_moment,
    )
    janitor = Janitor(database, KEPT, lambda: NOW)
    assert await janitor.clear() == 4
    assert await left(database) == (2, 4)
    assert await janitor.clear() == 0


async def test_much_goes_in_small_steps_and_all_of_it(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BATCH", 10)
    await keep(database, *[timedelta(days=500, seconds=n) for n in range(35)], timedelta(0))
    assert await Janitor(database, KEPT, lambda: NOW).clear() == 70
    assert await left(database) == (1, 1)


async def test_one_clears_at_a_time(database: Database) -> None:
    await keep(database, timedelta(days=500))
    async with Leadership(database, "janitor").try_to_lead() as leads:
        assert leads
        assert await Janitor(database, KEPT, lambda: NOW).clear() == 0
    assert await left(database) == (1, 1)


async def test_it_clears_at_once_when_started_and_stops_when_cancelled(database: Database) -> None:
    await keep(database, timedelta(days=500))
    running = asyncio.create_task(Janitor(database, KEPT, lambda: NOW).run())
    async with asyncio.timeout(20):
        while await left(database) != (0, 0):
            await asyncio.sleep(0.02)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
