"""A rebuild and a roller at the same moment: one waits for the other, and never the other for it as well (PostgreSQL).

Were `REBUILT` in another order, each would hold what the other wants next, and PostgreSQL would end one of the two.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select, text

from reporting.app import HEARS, SERVICE
from reporting.models import Fact, enrollment_margins
from reporting.rebuild import rebuild
from reporting.rolling import FACTS, Roller, roll_some
from reporting.views.breakdown import Key
from shared.db import EVERY_DISTRICT, Database, Session
from shared.events.base import Event
from shared.events.referrals import Stage
from shared.testing.events import a_life, a_submission, an_enrollment, some_facets
from tests.reporting.exactness import YEAR, assert_exact, pending_rows
from tests.reporting.suite import Reporting, a_clock_in_a_hurry, announce, reporting_on, roll_all


@pytest.fixture
async def reporting(postgresql_url: str, tmp_path: Path) -> AsyncIterator[Reporting]:
    """Reporting on PostgreSQL, with a year in its margins; more of it, and of the next year, is not in them yet."""
    async with reporting_on(postgresql_url, tmp_path) as service:
        await announce(service, *some_events(date(2026, 9, 1), version=1))
        await roll_all(service.process.database)
        await announce(service, *some_events(date(2026, 9, 1), version=2), *some_events(date(2027, 9, 1), version=3))
        yield service


def some_events(day: date, *, version: int) -> list[Event]:
    """A referral that was answered, and a count of the enrolment."""
    return [
        *a_life(a_submission(submitted_on=day), Stage.CONTACTED),
        an_enrollment((some_facets(), 40), version=version),
    ]


@pytest.mark.parametrize("fact", FACTS, ids=["funnel", "contact-times"])
async def test_a_rebuild_waits_for_a_roller_that_has_taken_what_is_pending(reporting: Reporting, fact: Fact) -> None:
    database = reporting.process.database
    async with database.write(EVERY_DISTRICT) as session:
        for other in {*FACTS} - {fact}:  # of which nobody shall wait for anything
            await session.execute(other.pending.delete())
    async with database.write(EVERY_DISTRICT) as session:
        await insert_what_is_rolled_first(session, fact)
        rolling = asyncio.create_task(Roller(database).roll_once())
        await until_so_many_wait(database, 1)
        rebuilding = asyncio.create_task(rebuilt(reporting))
        await until_so_many_wait(database, 2)
        await session.execute(text("ROLLBACK TO SAVEPOINT unrolled"))
    assert await rolling > 0
    assert await rebuilding == 0
    assert await pending_rows(database) == 0
    await assert_exact(database, [YEAR, replace(YEAR, keys=(Key.NEED,))])


async def insert_what_is_rolled_first(session: Session, fact: Fact) -> None:
    """Make a roller wait at its first margin, when it has taken what is pending; nobody else sees this row."""
    await session.execute(text("SAVEPOINT unrolled"))
    await roll_some(session)
    in_order = select(fact.margins).order_by(*fact.margins.primary_key.columns)
    first = dict((await session.execute(in_order)).mappings().first() or {})
    await session.execute(text("ROLLBACK TO SAVEPOINT unrolled"))
    await session.execute(fact.margins.insert().values(first | dict.fromkeys(fact.counts, 0)))


async def test_a_rebuild_waits_for_a_roller_that_makes_the_enrolments_margins(reporting: Reporting) -> None:
    database = reporting.process.database
    roller = Roller(database, clock=a_clock_in_a_hurry())
    await roller.roll_once()  # what is pending, and to see whose enrolment lies quiet
    async with database.write(EVERY_DISTRICT) as session:
        await session.execute(select(enrollment_margins).with_for_update())
        rolling = asyncio.create_task(roller.roll_once())
        await until_so_many_wait(database, 1)
        rebuilding = asyncio.create_task(rebuilt(reporting))
        await until_so_many_wait(database, 2)
    assert await rolling == 1
    assert await rebuilding == 0
    await assert_exact(database, [YEAR, replace(YEAR, keys=(Key.SEX,))])


async def rebuilt(reporting: Reporting) -> int:
    """Run a rebuild; how many records it passed over."""
    process = reporting.process
    return await rebuild(process.database, process.bus, consumer=SERVICE.name, topics=HEARS)


async def until_so_many_wait(database: Database, count: int) -> None:
    """Until so many transactions of this database wait for another."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND cardinality(pg_blocking_pids(pid)) > 0"
    )
    async with asyncio.timeout(20), database.dedicated() as connection:
        while (await connection.execute(waiting)).scalar_one() < count:
            await asyncio.sleep(0.01)
