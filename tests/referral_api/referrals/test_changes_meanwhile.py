"""No change is missed: not one that becomes visible late, and none under many writers."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from random import Random
from uuid import UUID

import pytest
from sqlalchemy import text

from referral_api.referrals.operations.storing import add
from referral_api.settings import Settings
from shared.testing.service import DISTRICT, ServiceInTest
from tests.referral_api.referrals.following import Reader, a_new_one, touch


async def test_a_change_that_becomes_visible_late_is_not_missed(on_postgresql: ServiceInTest[Settings]) -> None:
    """The first to begin is the last to commit; a reader comes in between, and again."""
    database, reader = on_postgresql.process.database, Reader(on_postgresql)
    early, late = a_new_one(on_postgresql), a_new_one(on_postgresql)
    async with AsyncExitStack() as still_open:
        session = await still_open.enter_async_context(database.write(DISTRICT))
        await add(session, early)
        async with database.write(DISTRICT) as other:
            await add(other, late)
        # The later number is visible, the earlier is not: to hand out the later would be to skip the earlier.
        assert await reader.page() == []
    assert await reader.page() == [early.referral_id, late.referral_id]
    assert await reader.page() == []


async def test_an_update_that_becomes_visible_late_is_not_missed(on_postgresql: ServiceInTest[Settings]) -> None:
    database, reader = on_postgresql.process.database, Reader(on_postgresql)
    one, two = a_new_one(on_postgresql), a_new_one(on_postgresql)
    async with database.write(DISTRICT) as session:
        await add(session, one)
        await add(session, two)
    assert set(await reader.page()) == {one.referral_id, two.referral_id}
    async with AsyncExitStack() as still_open:
        session = await still_open.enter_async_context(database.write(DISTRICT))
        await touch(session, one.referral_id, 2)
        async with database.write(DISTRICT) as other:
            await touch(other, two.referral_id, 2)
        assert await reader.page() == []
    assert await reader.page() == [one.referral_id, two.referral_id]


async def test_what_was_just_written_is_waited_for_while_somebody_elses_short_transaction_ends(
    on_postgresql: ServiceInTest[Settings],
) -> None:
    database, reader = on_postgresql.process.database, Reader(on_postgresql)
    mine = a_new_one(on_postgresql)
    begun, may_end = asyncio.Event(), asyncio.Event()

    async def somebody_else() -> None:
        async with database.write(DISTRICT) as session:
            await session.execute(text("SELECT pg_current_xact_id()"))
            begun.set()
            await may_end.wait()

    other = asyncio.create_task(somebody_else())
    await begun.wait()
    async with database.write(DISTRICT) as session:
        await add(session, mine)
    reading = asyncio.create_task(reader.page())
    asyncio.get_running_loop().call_later(0.05, may_end.set)
    assert await reading == [mine.referral_id]
    await other


@pytest.mark.slow
async def test_many_writers_and_a_reader_in_a_hurry(api: ServiceInTest[Settings]) -> None:
    """Whatever is stored in the end, the reader has in its newest state, though he was never waited for."""
    database, random = api.process.database, Random(7)
    reader, patient = Reader(api, limit=3), Reader(api, limit=500)
    stored: dict[UUID, int] = {}
    done = asyncio.Event()

    async def writer(number: int) -> None:
        for turn in range(12):
            async with database.write(DISTRICT) as session:
                made = replace(a_new_one(api), submitted_by=f"o-{number}")
                await add(session, made)
                stored[made.referral_id] = 1
                await asyncio.sleep(random.random() / 100)
                # Two that differ for each writer, in one order for all: a deadlock is not what is tried here.
                for rid in sorted(r for r in stored if r.int % 6 == number)[: turn % 3]:
                    stored[rid] += 1
                    await touch(session, rid, stored[rid])
                await asyncio.sleep(random.random() / 100)

    async def read() -> None:
        while not done.is_set():
            await reader.page()
            await asyncio.sleep(0)

    reading = asyncio.create_task(read())
    await asyncio.gather(*(writer(number) for number in range(6)))
    done.set()
    await reading
    for follower in (reader, patient):
        while await follower.page():
            pass
    assert reader.versions == patient.versions
    assert reader.versions.keys() == stored.keys()
