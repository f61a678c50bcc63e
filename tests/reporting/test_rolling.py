"""What is pending and in the margins is the sum of the cells, at every moment and on both databases."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import select

from reporting.models import CONTACT_TIMES, FUNNEL, places
from reporting.rolling import FACTS, Roller, roll_some
from reporting.sink import ViewSink
from reporting.views.breakdown import Breakdown, Key
from reporting.views.cells import margin_for, sums
from reporting.views.enrolled import enrolled
from shared.db import EVERY_DISTRICT, Database
from shared.events.base import Event
from shared.events.facets import RaceEthnicity, Sex
from shared.events.referrals import Need, ReferralContacted, ReferralContactOverdue, Stage, Urgency
from shared.testing.events import a_life, a_submission, an_enrollment, later, some_facets, taken_back
from tests.reporting.exactness import (
    FIRST_MONTH,
    READER,
    YEAR,
    assert_exact,
    cells_added_up,
    cells_of,
    pending_rows,
    questions,
)
from tests.reporting.suite import a_clock_in_a_hurry, announce, reporting_on, roll_all

DISTRICTS = ("demo", "elsewhere")


def some_events(random: Random, count: int) -> list[Event]:
    """Lives in two districts and two school years, some overdue, some taken back, and counts of the enrolment."""
    events: list[Event] = []
    for _ in range(count):
        submitted = a_submission(
            district_id=random.choice(DISTRICTS),
            school_id=f"s-{random.randrange(4)}",
            student_id=f"st-{random.randrange(50)}",
            submitted_on=date(2026, 5, 1) + timedelta(days=random.randrange(200)),
            need=random.choice(list(Need)),
            urgency=random.choice(list(Urgency)),
            sex=random.choice(list(Sex)),
            race_ethnicity=random.choice(list(RaceEthnicity)),
            english_learner=random.choice([True, False, None]),
        )
        life = a_life(submitted, *random.sample([s for s in Stage if s is not Stage.SUBMITTED], 2))
        if random.random() < 0.3:
            life.append(later(ReferralContactOverdue, submitted))
        reached = submitted.submitted_at + timedelta(minutes=random.randrange(9000))
        life = [e for e in life if not isinstance(e, ReferralContacted)]
        life.append(later(ReferralContacted, submitted, contacted_at=reached, was_overdue=len(life) == 4))
        events += [*life, taken_back(life)] if random.random() < 0.2 else life
    for version in range(3):
        girls, boys = some_facets(), some_facets(sex=Sex.MALE)
        counts = [(girls, random.randrange(90)), (boys, random.randrange(90))]
        events.append(an_enrollment(*counts, school_id=f"s-{random.randrange(4)}", version=version + 1))
    return random.sample(events, len(events))


async def apply(database: Database, events: Sequence[Event]) -> None:
    """Store one batch."""
    sink = ViewSink()
    async with database.write(EVERY_DISTRICT) as session:
        await sink.store(session, sink.prepare(events))


@pytest.mark.slow
async def test_every_answer_is_exact_before_between_and_after_rolling(database: Database) -> None:
    random, asked = Random(3), list(questions())
    for _ in range(3):
        await apply(database, some_events(random, 25))
        await assert_exact(database, asked)
        async with database.write(EVERY_DISTRICT) as session:
            assert await roll_some(session, most_rows=random.randrange(5, 40)) > 0
        await assert_exact(database, asked)
    await roll_all(database)
    assert await pending_rows(database) == 0
    await assert_exact(database, asked)


async def test_a_roller_that_is_killed_midway_has_done_nothing(database: Database) -> None:
    await apply(database, some_events(Random(4), 20))
    before = await pending_rows(database)
    with suppress(ZeroDivisionError):
        async with database.write(EVERY_DISTRICT) as session:
            assert await roll_some(session) > 0
            raise ZeroDivisionError
    assert await pending_rows(database) == before
    await assert_exact(database, [YEAR, replace(YEAR, keys=(Key.NEED,)), replace(YEAR, keys=(Key.SCHOOL_ID,))])


async def test_rolling_while_events_come_and_being_cancelled_at_any_moment_loses_nothing(database: Database) -> None:
    random, asked = Random(5), random_questions(Random(6), 6)
    roller = Roller(database, clock=a_clock_in_a_hurry())
    for _ in range(12):
        rolling = asyncio.create_task(roller.roll_once())
        applying = asyncio.create_task(apply(database, some_events(random, 4)))
        for _ in range(random.randrange(60)):
            await asyncio.sleep(0)
        if random.random() < 0.6:
            rolling.cancel()
        try:
            await assert_exact(database, asked)
        finally:
            await asyncio.gather(rolling, applying, return_exceptions=True)
        assert applying.exception() is None
        assert rolling.cancelled() or rolling.exception() is None
    await assert_exact(database, asked)
    await roll_all(database)
    await assert_exact(database, asked)


def random_questions(random: Random, count: int) -> list[Breakdown]:
    """A few of them."""
    return random.sample(list(questions()), count)


async def test_two_rollers_move_each_row_once(database: Database) -> None:
    await apply(database, some_events(Random(7), 40))
    rollers = [Roller(database, clock=a_clock_in_a_hurry()) for _ in range(2)]
    for _ in range(20):
        async with asyncio.TaskGroup() as both:
            for roller in rollers:
                both.create_task(roller.roll_once())
    assert await pending_rows(database) == 0
    await assert_exact(database, random_questions(Random(8), 20))


@pytest.mark.slow
async def test_the_services_worker_rolls_beside_its_consumer_and_stops_when_cancelled(
    database_url: str, tmp_path: Path
) -> None:
    async with reporting_on(database_url, tmp_path) as service:
        workers = [worker for _ in range(2) for worker in service.process.service.workers(service.process)]
        running = [asyncio.create_task(worker.run()) for worker in workers]  # one leads, the other stands by
        await announce(service, *some_events(Random(11), 10))
        async with asyncio.timeout(30):
            while await pending_rows(service.process.database, of_enrollment=False):  # the effect tells nobody
                await asyncio.sleep(0.02)
        for task in running:
            task.cancel()
        ended = await asyncio.gather(*running, return_exceptions=True)
        assert all(isinstance(e, asyncio.CancelledError) for e in ended)
        await assert_exact(service.process.database, random_questions(Random(12), 10))


async def test_what_has_no_margin_is_read_from_the_cells(database: Database) -> None:
    await apply(database, some_events(Random(9), 40))
    await roll_all(database)
    three = replace(YEAR, keys=(Key.NEED, Key.SEX), only=(("race_ethnicity", 1),))
    of_school = replace(YEAR, keys=(Key.NEED,))
    own = replace(READER, school_ids=frozenset({"s-0", "s-1", "s-2", "s-3"}))
    async with database.read(EVERY_DISTRICT) as session:
        assert margin_for(READER, three, None, FUNNEL.kept) is None
        assert margin_for(READER, of_school, "s-1", CONTACT_TIMES.kept) is None
        assert margin_for(own, of_school, None, CONTACT_TIMES.kept) is None
        assert margin_for(own, replace(of_school, last_month=FIRST_MONTH), None, FUNNEL.kept) is None
        two = replace(YEAR, keys=(Key.MONTH, Key.NEED, Key.SEX))
        assert margin_for(READER, two, None, CONTACT_TIMES.kept) is None
        for fact in (FUNNEL, CONTACT_TIMES):
            assert await sums(session, READER, fact, three, None) != {}
            told = {k: n for k, n in (await sums(session, READER, fact, three, None)).items() if any(n)}
            assert told == cells_added_up(await cells_of(session, fact), fact, three)
            # All the schools there are, by name, make the district.
            by_name = await sums(session, own, fact, of_school, None)
            assert by_name == await sums(session, READER, fact, of_school, None)
            whole = await sums(session, own, fact, YEAR, None)
            assert whole == await sums(session, READER, fact, YEAR, None)


async def test_the_districts_number_is_no_school(database: Database) -> None:
    await apply(database, some_events(Random(10), 20))
    await roll_all(database)
    by_school = replace(YEAR, keys=(Key.SCHOOL_ID,))
    async with database.read(EVERY_DISTRICT) as session:
        schools = select(places.c.place_no).where(places.c.district_id == "demo", places.c.school_id != "")
        numbers = set((await session.execute(schools)).scalars())
        for fact in FACTS:
            assert {n[0] for n in await sums(session, READER, fact, by_school, None)} <= numbers
        assert {n[0] for n in await enrolled(session, READER, by_school, None)} <= numbers
