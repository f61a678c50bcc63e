"""No change is missed: not one that becomes visible late, not under many writers, not after a restore."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from sqlalchemy import text, update

from referral_api.referrals.models import referrals
from referral_api.referrals.operations.numbering import ensure_numbers_rise
from referral_api.referrals.operations.storing import add
from referral_api.referrals.views.changes import BEGINNING, NeverGivenOut, Place, changes_since
from referral_api.settings import Settings
from shared.db import EVERY_DISTRICT, Session
from shared.testing.service import DISTRICT, ServiceInTest
from tests.referral_api.referrals.test_rules import a_caller, a_referral
from tests.referral_api.suite import referral_api

COUNSELOR = a_caller("counselor", "c-1")


@pytest.fixture
async def on_postgresql(postgresql_url: str, tmp_path: Path) -> AsyncIterator[ServiceInTest[Settings]]:
    async with referral_api(postgresql_url, tmp_path) as service:
        yield service


class Reader:
    """Somebody who follows the changes, and what he has by now."""

    def __init__(self, api: ServiceInTest[Settings], limit: int = 50) -> None:
        self._process = api.process
        self._limit = limit
        self.place = BEGINNING
        self.versions: dict[UUID, str] = {}

    async def page(self) -> list[UUID]:
        """The next page."""
        process = self._process
        found = await changes_since(
            process.database, COUNSELOR, process.ring, since=self.place, school_id=None, limit=self._limit
        )
        assert found.behind >= self.place
        self.place = found.behind
        items = orjson.loads(found.items)
        self.versions |= {UUID(item["referral_id"]): item["updated_at"] for item in items}
        return [UUID(item["referral_id"]) for item in items]


def a_new_one(api: ServiceInTest[Settings]) -> Any:
    """A referral that nobody has stored yet."""
    rid = uuid4()
    summary = api.process.ring.seal("Quiet.", table="referrals", column="summary", key=f"{DISTRICT}/{rid}")
    return a_referral(referral_id=rid, summary=summary, submitted_on=datetime.now(UTC).date())


async def touch(session: Session, referral_id: UUID, version: int) -> None:
    """Change a referral, as every operation does: under a new version."""
    await session.execute(
        update(referrals)
        .where(referrals.c.referral_id == referral_id)
        .values(version=version, updated_at=datetime.now(UTC))
    )


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


async def test_restored_into_another_cluster_new_changes_still_come_last(
    on_postgresql: ServiceInTest[Settings],
) -> None:
    """The numbers that were given lie far above those that the new cluster's transactions begin with."""
    database, reader = on_postgresql.process.database, Reader(on_postgresql)
    old, new = a_new_one(on_postgresql), a_new_one(on_postgresql)
    async with database.write(DISTRICT) as session:
        await add(session, old)
    async with database.write(EVERY_DISTRICT) as session:
        await session.execute(text("UPDATE referrals SET change_no = 1000000000000"))
        await session.execute(text("UPDATE change_clock SET ahead = 1000000000000"))
    assert await reader.page() == [old.referral_id]
    async with database.write(EVERY_DISTRICT) as session:
        await session.execute(text("UPDATE change_clock SET ahead = 0"))
    assert on_postgresql.process.service.before_serving is not None
    for _ in range(2):  # what is as it should be is left alone
        await on_postgresql.process.service.before_serving(on_postgresql.process)
    async with database.write(DISTRICT) as session:
        await add(session, new)
        await touch(session, old.referral_id, 2)
    assert set(await reader.page()) == {new.referral_id, old.referral_id}
    async with database.read(EVERY_DISTRICT) as session:
        (ahead,) = (await session.execute(text("SELECT ahead FROM change_clock"))).one()
    assert ahead == 1000000000000


async def test_numbers_that_rise_anyway_are_left_alone(api: ServiceInTest[Settings]) -> None:
    async with api.process.database.write(DISTRICT) as session:
        await add(session, a_new_one(api))
    await ensure_numbers_rise(api.process.database)
    async with api.process.database.read(EVERY_DISTRICT) as session:
        assert (await session.execute(text("SELECT ahead FROM change_clock"))).scalar() == 0


async def test_a_place_of_a_state_that_the_database_lost_is_not_taken_for_the_end(
    api: ServiceInTest[Settings],
) -> None:
    reader = Reader(api)
    async with api.process.database.write(DISTRICT) as session:
        await add(session, a_new_one(api))
    await reader.page()
    reader.place = Place(reader.place.change_no + 1, reader.place.referral_id)
    with pytest.raises(NeverGivenOut):
        await reader.page()
