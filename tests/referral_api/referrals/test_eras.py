"""A database that was restored: new changes come last, and a cursor of what it has lost is refused, however late."""

from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import delete, select, text, update

from referral_api.referrals.models import change_clock, change_eras, referrals
from referral_api.referrals.operations.numbering import begin_era
from referral_api.referrals.operations.storing import add
from referral_api.referrals.views.standing import BEGINNING, NeverGivenOut
from referral_api.settings import Settings
from shared.db import EVERY_DISTRICT, Database
from shared.migrations import current_revision
from shared.testing.service import DISTRICT, ServiceInTest
from tests.referral_api.referrals.following import Reader, a_new_one, added, touch


async def start(api: ServiceInTest[Settings]) -> None:
    """What one more API process does before its first answer."""
    assert api.process.service.before_serving is not None
    await api.process.service.before_serving(api.process)


class Backup:
    """What a database knows at one moment."""

    def __init__(self, api: ServiceInTest[Settings]) -> None:
        self._database = api.process.database
        self._kept: tuple[set[UUID], set[UUID], int]

    async def take(self) -> None:
        """Note what is there."""
        async with self._database.read(EVERY_DISTRICT) as session:
            there = (await session.execute(select(referrals.c.referral_id))).scalars()
            eras = (await session.execute(select(change_eras.c.era_id))).scalars()
            ahead = (await session.execute(select(change_clock.c.ahead))).scalar_one()
            self._kept = set(there), set(eras), ahead

    async def restore(self) -> None:
        """Whatever came since has never been."""
        there, eras, ahead = self._kept
        async with self._database.write(EVERY_DISTRICT) as session:
            await session.execute(delete(referrals).where(referrals.c.referral_id.not_in(there)))
            await session.execute(delete(change_eras).where(change_eras.c.era_id.not_in(eras)))
            await session.execute(update(change_clock).values(ahead=ahead))


async def test_a_cursor_of_what_was_lost_is_refused_also_after_new_changes_have_passed_it(
    api: ServiceInTest[Settings],
) -> None:
    """Taken as it stands, the next page would begin behind the first changes after the restore."""
    lost, kept, backup = Reader(api), Reader(api), Backup(api)
    await start(api)
    old = await added(api)
    assert await kept.page() == await lost.page() == [old]
    await backup.take()
    forgotten = [await added(api) for _ in range(3)]
    assert await lost.page() == forgotten
    await backup.restore()
    await start(api)
    new = [await added(api) for _ in range(6)]
    with pytest.raises(NeverGivenOut):
        await lost.page()
    assert await kept.page() == new
    lost.place = BEGINNING
    assert await lost.page() == [old, *new]


async def test_what_a_small_district_has_lost_is_known_beside_a_large_one(api: ServiceInTest[Settings]) -> None:
    """The era notes how far the changes of all districts had come."""
    lost, backup = Reader(api), Backup(api)
    async with api.process.database.write(EVERY_DISTRICT) as session:
        for _ in range(9):
            await add(session, replace(a_new_one(api), district_id="large"))
    await start(api)
    await added(api)
    await backup.take()
    await added(api)
    await lost.page()
    await backup.restore()
    await start(api)
    for _ in range(3):
        await added(api)
    with pytest.raises(NeverGivenOut):
        await lost.page()


async def test_a_cursor_of_an_era_that_was_lost_is_refused(api: ServiceInTest[Settings]) -> None:
    """An API was started behind the backup and nothing has changed since: the number alone would fit."""
    lost, backup = Reader(api), Backup(api)
    await added(api)
    await backup.take()
    await start(api)
    await lost.page()
    await backup.restore()
    await start(api)
    with pytest.raises(NeverGivenOut):
        await lost.page()


async def test_a_cursor_stays_good_however_often_the_api_is_started(api: ServiceInTest[Settings]) -> None:
    patient, reader = Reader(api, limit=2), Reader(api, limit=2)
    stored = [await added(api) for _ in range(3)]
    followed = await reader.page()
    assert await patient.page() == followed  # half of what is there
    for _ in range(4):
        await start(api)
        followed += await reader.page()
        stored.append(await added(api))
        await start(api)
        followed += await reader.page()
    assert followed == stored
    rest = [await patient.page() for _ in range(4)]
    assert [rid for page in rest for rid in page] == stored[2:]


async def test_a_cursor_given_out_before_there_was_anything_is_good_too(api: ServiceInTest[Settings]) -> None:
    reader = Reader(api)
    assert await reader.page() == []
    await start(api)
    new = await added(api)
    assert await reader.page() == [new]


async def test_a_place_beyond_every_change_is_not_taken_for_the_end(api: ServiceInTest[Settings]) -> None:
    reader = Reader(api)
    await added(api)
    await reader.page()
    reader.place = replace(reader.place, change_no=reader.place.change_no + 1)
    with pytest.raises(NeverGivenOut):
        await reader.page()


async def test_an_api_starts_before_a_database_that_was_never_migrated(postgresql_url: str) -> None:
    """It answers 503 until somebody has migrated it."""
    empty = Database(postgresql_url, pool_size=1)
    await begin_era(empty)  # else the process would end, and be started again until then
    assert await current_revision(empty) is None
    await empty.close()


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
    for _ in range(2):  # what is as it should be is left alone
        await start(on_postgresql)
    async with database.write(DISTRICT) as session:
        await add(session, new)
        await touch(session, old.referral_id, 2)
    assert set(await reader.page()) == {new.referral_id, old.referral_id}
    async with database.read(EVERY_DISTRICT) as session:
        (ahead,) = (await session.execute(text("SELECT ahead FROM change_clock"))).one()
    assert ahead == 1000000000000


async def test_numbers_that_rise_anyway_are_left_alone(api: ServiceInTest[Settings]) -> None:
    ahead = []
    await added(api)
    for _ in range(2):
        async with api.process.database.read(EVERY_DISTRICT) as session:
            ahead.append((await session.execute(select(change_clock.c.ahead))).scalar_one())
        await start(api)
    assert ahead[0] == ahead[1]
