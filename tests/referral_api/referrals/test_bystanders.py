"""Who follows the changes waits for those who may write referrals, and for nobody else on the same server."""

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from referral_api.referrals.operations.storing import add
from referral_api.settings import Settings
from referral_api.students.imports.applying import leave_referrals_alone
from shared.db import EVERY_DISTRICT, Database
from shared.testing.postgres import PostgresServer
from shared.testing.service import DISTRICT, ServiceInTest
from tests.referral_api.referrals.following import Reader, a_new_one, added, touch
from tests.referral_api.students.district import District
from tests.referral_api.students.rosters import Roster

_ON_THE_SERVER = text("SELECT pg_current_xact_id()")


async def test_a_roster_import_under_way_holds_back_no_change(on_postgresql: ServiceInTest[Settings]) -> None:
    """It has written before the change was made, and waits in the middle of its transaction until that was read."""
    district, database = District(on_postgresql), on_postgresql.process.database
    reader = Reader(on_postgresql)
    import_id = await district.send(Roster().zip())
    async with database.write(EVERY_DISTRICT) as other:
        await other.execute(text("LOCK TABLE orgs IN EXCLUSIVE MODE"))
        importing = asyncio.create_task(district.worker().run_next())
        while not await somebody_waits(database):
            await asyncio.sleep(0.01)
        stored = [await added(on_postgresql) for _ in range(2)]
        assert await reader.page() == stored
        assert not importing.done()
    assert await importing
    assert (await district.state(import_id))["status"] == "done"
    assert await reader.page() == []


async def somebody_waits(database: Database) -> bool:
    """Whether a transaction that has written waits for the table."""
    waiting = text("SELECT count(*) FROM pg_locks WHERE relation = 'orgs'::regclass AND NOT granted")
    async with database.read(EVERY_DISTRICT) as session:
        return bool((await session.execute(waiting)).scalar_one())


async def test_a_transaction_of_another_database_of_the_server_holds_back_no_change(
    on_postgresql: ServiceInTest[Settings], postgresql: PostgresServer
) -> None:
    reader, neighbour = Reader(on_postgresql), Database(f"{postgresql.url}/postgres", pool_size=1)
    async with neighbour.write(EVERY_DISTRICT) as session:
        await session.execute(text("CREATE TEMPORARY TABLE theirs (a int)"))
        stored = [await added(on_postgresql) for _ in range(2)]
        assert await reader.page() == stored
    await neighbour.close()


async def test_bystanders_do_not_hide_somebody_who_does_write(on_postgresql: ServiceInTest[Settings]) -> None:
    database, reader = on_postgresql.process.database, Reader(on_postgresql)
    early = a_new_one(on_postgresql)
    async with database.write(DISTRICT) as bystander:
        await leave_referrals_alone(bystander)
        await bystander.execute(_ON_THE_SERVER)
        before = await added(on_postgresql)
        async with database.write(DISTRICT) as session:
            await add(session, early)
            late = await added(on_postgresql)
            assert await reader.page() == [before]
        assert await reader.page() == [early.referral_id, late]


async def test_what_is_settled_meanwhile_is_told_though_more_is_held_back(
    on_postgresql: ServiceInTest[Settings],
) -> None:
    """One transaction ends while the page waits, another does not."""
    database, reader = on_postgresql.process.database, Reader(on_postgresql)
    may_end = asyncio.Event()
    begun: asyncio.Queue[None] = asyncio.Queue()

    async def writes_nothing_yet(until: asyncio.Event) -> None:
        async with database.write(DISTRICT) as session:
            await session.execute(_ON_THE_SERVER)
            begun.put_nowait(None)
            await until.wait()

    never = asyncio.Event()
    short = asyncio.create_task(writes_nothing_yet(may_end))
    await begun.get()
    first = await added(on_postgresql)
    long = asyncio.create_task(writes_nothing_yet(never))
    await begun.get()
    second = await added(on_postgresql)
    asyncio.get_running_loop().call_later(0.05, may_end.set)
    assert await reader.page() == [first]
    never.set()
    await asyncio.gather(short, long)
    assert await reader.page() == [second]


async def test_who_has_said_that_it_leaves_referrals_alone_is_held_to_it(
    on_postgresql: ServiceInTest[Settings],
) -> None:
    database, stored = on_postgresql.process.database, await added(on_postgresql)

    async def changed(referral_id: UUID) -> None:
        async with database.write(DISTRICT) as session:
            await leave_referrals_alone(session)
            await touch(session, referral_id, 2)

    with pytest.raises(DBAPIError, match="leaves referrals alone"):
        await changed(stored)
    async with database.write(DISTRICT) as session:  # on the same connection, and none of its business
        await touch(session, stored, 2)
