"""What is pending and in the margins is the sum of the cells, at every moment and on both databases."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from itertools import combinations
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import func, select

from reporting.app import MIGRATIONS
from reporting.codec import FIELDS, month_of
from reporting.models import CONTACT_TIMES, FUNNEL, Fact, enrollment, enrollment_changes, enrollment_versions, places
from reporting.rolling import FACTS, Roller, roll_some
from reporting.sink import ViewSink
from reporting.views.breakdown import Breakdown, Key, Numbers
from reporting.views.cells import margin_for, sums
from reporting.views.enrolled import enrolled
from shared.auth import Caller, Role
from shared.db import EVERY_DISTRICT, Database, ReadSession
from shared.events.base import Event
from shared.events.facets import RaceEthnicity, Sex
from shared.events.referrals import Need, ReferralContacted, ReferralContactOverdue, Stage, Urgency
from shared.migrations import migrate
from shared.testing.events import a_life, a_submission, an_enrollment, later, some_facets, taken_back
from tests.reporting.suite import a_clock_in_a_hurry, announce, reporting_on, roll_all

DISTRICTS = ("demo", "elsewhere")
READER = Caller(sub="a-1", district_id="demo", role=Role.ANALYST, school_ids=None, provider_id=None)
FIRST_MONTH = month_of(date(2026, 7, 1))
YEAR = Breakdown(2027, (), FIRST_MONTH, FIRST_MONTH + 11, ())


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A database of reporting, migrated and empty."""
    opened = Database(database_url, pool_size=6)
    await migrate(opened, MIGRATIONS)
    yield opened
    await opened.close()


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


def questions() -> Iterator[Breakdown]:
    """By no field, each and each two of them, one of two filtered by; by month and school; a year and part of it."""
    for size in range(3):
        for fields in combinations(FIELDS, size):
            by = replace(YEAR, keys=tuple(map(Key, fields)))
            yield by
            yield replace(by, keys=(Key.MONTH, *by.keys), first_month=FIRST_MONTH + 2)
            yield replace(by, first_month=FIRST_MONTH + 3, last_month=FIRST_MONTH + 5)
            if fields:
                yield replace(by, keys=by.keys[1:], only=((fields[0], 1),))
    yield replace(YEAR, keys=(Key.SCHOOL_ID,))
    yield replace(YEAR, keys=(Key.SCHOOL_ID, Key.MONTH))
    for field in FIELDS:
        yield replace(YEAR, keys=(Key.SCHOOL_ID, Key(field)))
    yield replace(YEAR, keys=(Key.SCHOOL_ID,), only=(("sex", 2),))


def numbers_of(row: Mapping[str, Any], asked: Breakdown, apart: Sequence[str]) -> Numbers | None:
    """Under which numbers a cell counts in an answer, None where it does not."""
    fields = {name: row["cell"] >> bits.shift & bits.mask for name, bits in FIELDS.items()}
    if any(fields[name] != number for name, number in asked.only):
        return None
    values = {**fields, "school_id": row["place_no"], "month": row.get("month")}
    return (*(values[key] for key in asked.keys), *(row[name] for name in apart))


async def cells_added_up(session: ReadSession, fact: Fact, asked: Breakdown) -> dict[Numbers, tuple[int, ...]]:
    """What the cells say, added up here, without what is nothing."""
    own = fact.cells.c.place_no.in_(select(places.c.place_no).where(places.c.district_id == "demo"))
    totals: dict[str, Counter[Numbers]] = {name: Counter() for name in fact.counts}
    for row in (await session.execute(select(fact.cells).where(own))).mappings():
        numbers = numbers_of(dict(row), asked, fact.apart)
        if numbers is not None and asked.first_month <= row["month"] <= asked.last_month:
            for name in fact.counts:
                totals[name][numbers] += row[name]
    found = {numbers for counter in totals.values() for numbers, n in counter.items() if n}
    return {numbers: tuple(totals[name][numbers] for name in fact.counts) for numbers in found}


async def students_added_up(session: ReadSession, asked: Breakdown) -> dict[Numbers, int]:
    """The enrolment of the cells, added up here."""
    latest = (
        select(enrollment)
        .join_from(
            enrollment,
            enrollment_versions,
            (enrollment.c.place_no == enrollment_versions.c.place_no)
            & (enrollment.c.school_year == enrollment_versions.c.school_year)
            & (enrollment.c.version == enrollment_versions.c.version),
        )
        .where(enrollment.c.students > 0)
    )
    asked = replace(
        asked, keys=asked.of_students(), only=tuple(o for o in asked.only if o[0] not in ("need", "urgency"))
    )
    total: Counter[Numbers] = Counter()
    for row in (await session.execute(latest)).mappings():
        numbers = numbers_of(dict(row), asked, ())
        if numbers is not None:
            total[numbers] += row["students"]
    return dict(total)


async def assert_exact(database: Database, asked: Sequence[Breakdown]) -> None:
    """Every answer is what the cells say, within one state of the database."""
    async with database.read(EVERY_DISTRICT) as session:
        for question in asked:
            assert margin_for(READER, question, None, FUNNEL.kept) is not None
            for fact in FACTS:
                told = {k: n for k, n in (await sums(session, READER, fact, question, None)).items() if any(n)}
                assert told == await cells_added_up(session, fact, question), (question, fact.cells.name)
            assert await enrolled(session, READER, question, None) == await students_added_up(session, question)


async def pending_rows(database: Database, *, of_enrollment: bool = True) -> int:
    """How much is not rolled yet."""
    async with database.read(EVERY_DISTRICT) as session:
        lacking = select(func.count()).where(enrollment_changes.c.changed != enrollment_changes.c.rolled)
        counts = [select(func.count()).select_from(fact.pending) for fact in FACTS] + [lacking] * of_enrollment
        return sum([(await session.execute(one)).scalar_one() for one in counts])


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
            assert told == await cells_added_up(session, fact, three)
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
