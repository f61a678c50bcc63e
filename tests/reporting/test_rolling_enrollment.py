"""The enrolment's margins: made once its counts have come to rest, and nobody waits for that."""

import asyncio

from sqlalchemy import select, text

from reporting.app import MIGRATIONS
from reporting.models import enrollment_changes
from reporting.rolling import QUIET, Roller
from reporting.sink import ViewSink
from reporting.views.breakdown import Breakdown, Key, Numbers
from reporting.views.enrolled import enrolled
from shared.auth import Caller, Role
from shared.db import EVERY_DISTRICT, Database
from shared.events.roster import EnrollmentCounted
from shared.migrations import migrate
from shared.testing.events import an_enrollment, some_facets
from tests.reporting.suite import a_clock_in_a_hurry, roll_all, until_somebody_waits_for

READER = Caller(sub="a-1", district_id="demo", role=Role.ANALYST, school_ids=None, provider_id=None)
BY_SEX = Breakdown(2027, (Key.SEX,), 0, 11, ())


async def apply(database: Database, sink: ViewSink, *events: EnrollmentCounted) -> None:
    """Store one batch."""
    async with database.write(EVERY_DISTRICT) as session:
        await sink.store(session, sink.prepare(events))


async def known(database: Database) -> list[tuple[int, int]]:
    """Of each district and school year how many counts there were, and how many the margins know."""
    async with database.read(EVERY_DISTRICT) as session:
        changes = select(enrollment_changes.c.changed, enrollment_changes.c.rolled)
        return [(changed, rolled) for changed, rolled in await session.execute(changes)]


async def told(database: Database) -> dict[Numbers, int]:
    """The students that a reader is told of, by sex."""
    async with database.read(READER.district_id) as session:
        return await enrolled(session, READER, BY_SEX, None)


async def test_while_a_roster_sends_its_counts_the_margins_wait(database: Database) -> None:
    now, sink = 100.0, ViewSink()
    roller = Roller(database, clock=lambda: now)
    for school in range(4):
        await apply(database, sink, an_enrollment((some_facets(), 10), school_id=f"s-{school}"))
        assert await roller.roll_once() == 0
        now += QUIET.total_seconds() - 0.1
        assert await roller.roll_once() == 0
        assert await known(database) == [(school + 1, 0)]
        assert sum((await told(database)).values()) == 10 * (school + 1)
    now += 0.1
    assert await roller.roll_once() == 1
    assert await known(database) == [(4, 4)]
    assert sum((await told(database)).values()) == 40
    now += QUIET.total_seconds()
    assert await roller.roll_once() == 0


async def test_a_restless_district_keeps_no_other_waiting(database: Database) -> None:
    now, sink = 100.0, ViewSink()
    roller = Roller(database, clock=lambda: now)
    await apply(database, sink, an_enrollment((some_facets(), 10), district_id="elsewhere"))
    for version in range(1, 4):
        await apply(database, sink, an_enrollment((some_facets(), 10), version=version))
        await roller.roll_once()
        now += QUIET.total_seconds() - 1
    assert sorted(await known(database)) == [(1, 1), (3, 0)]


async def test_a_count_that_comes_while_margins_are_made_waits_for_nothing_and_is_lacking_in_them(
    postgresql_url: str,
) -> None:
    database, sink = Database(postgresql_url, pool_size=6), ViewSink()
    await migrate(database, MIGRATIONS)
    for version in (1, 2):  # with the second one the sink knows the school's number
        await apply(database, sink, an_enrollment((some_facets(), 10), version=version))
    roller = Roller(database, clock=a_clock_in_a_hurry())
    await roller.roll_once()
    async with database.write(EVERY_DISTRICT) as session:
        # Whoever makes margins reads which schools a district has, and stops here.
        await session.execute(text("LOCK TABLE places IN ACCESS EXCLUSIVE MODE"))
        making = asyncio.create_task(roller.roll_once())
        await until_somebody_waits_for(database, "places")
        async with asyncio.timeout(20):
            await apply(database, sink, an_enrollment((some_facets(), 30), version=3))
        assert not making.done()
    assert await making == 1
    assert await known(database) == [(3, 2)]
    assert set((await told(database)).values()) == {30}
    await roll_all(database)
    assert await known(database) == [(3, 3)]
    assert set((await told(database)).values()) == {30}
    await database.close()
