"""The way of a batch into the tables, on both databases."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from random import Random
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.engine import make_url

from reporting.codec import LAST_DAY, month_of
from reporting.models import REBUILT, places, referral_funnel, students_referred
from reporting.sink import ViewSink
from shared.db import EVERY_DISTRICT, Database
from shared.events.base import Event
from shared.events.facets import Sex
from shared.events.referrals import Need, Stage
from shared.events.training import ActivityKind, StandingStatus
from shared.testing.events import a_life, a_submission, an_enrollment, some_facets, taken_back
from shared.testing.survey_events import a_closing, a_count, a_finding, an_opening, some_progress
from shared.testing.training_events import a_drill, a_lesson, a_quota, a_standing, no_activity
from tests.reporting.suite import roll_all


async def apply(database: Database, *batches: Sequence[Event]) -> None:
    """Store these batches, each in a transaction of its own, by one sink."""
    sink = ViewSink()
    for batch in batches:
        async with database.write(EVERY_DISTRICT) as session:
            await sink.store(session, sink.prepare(batch))


async def contents(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every view, with schools by their ids, once everything is rolled."""
    await roll_all(database)
    async with database.read(EVERY_DISTRICT) as session:
        schools = {n: (d, s) for n, d, s in await session.execute(select(places))}
        return {
            table.name: sorted((schools[number], *rest) for number, *rest in await session.execute(select(table)))
            for table in REBUILT
        }


async def test_a_number_given_to_a_school_waits_for_the_disk_and_counts_alone_do_not(
    database: Database, database_url: str
) -> None:
    if database.dialect == "sqlite":
        pytest.skip("SQLite always waits")
    async with database.write(EVERY_DISTRICT) as session:
        await session.execute(text(f'ALTER DATABASE "{make_url(database_url).database}" SET synchronous_commit = on'))
    sink, waited, waiting = ViewSink(), [], Database(database_url, pool_size=1)
    for _ in range(3):
        async with waiting.write(EVERY_DISTRICT, durable=False) as session:
            await sink.store(session, sink.prepare([a_submission()]))
            waited.append((await session.execute(text("SHOW synchronous_commit"))).scalar_one())
    await waiting.close()
    assert waited == ["on", "off", "off"]


async def test_a_life_becomes_one_narrow_row_and_a_member(database: Database) -> None:
    await apply(database, a_life(a_submission(), Stage.ACCEPTED, Stage.STARTED, Stage.COMPLETED, Stage.LOOPED))
    async with database.read(EVERY_DISTRICT) as session:
        (row,) = (await session.execute(select(referral_funnel))).mappings()
        (member,) = (await session.execute(select(students_referred))).mappings()
    assert {stage: row[stage.value] for stage in Stage} == {
        Stage.SUBMITTED: 1,
        Stage.ACCEPTED: 1,
        Stage.CONTACTED: 0,
        Stage.STARTED: 1,
        Stage.COMPLETED: 1,
        Stage.FAILED: 0,
        Stage.REJECTED: 0,
        Stage.CANCELLED: 0,
        Stage.LOOPED: 1,
    }
    assert row["month"] == member["month"] == month_of(date(2026, 9, 1))
    assert row["cell"] == member["cell"]
    assert member["n"] == 1


async def test_what_is_taken_back_leaves_its_row_at_zero(database: Database) -> None:
    life = a_life(a_submission(), Stage.ACCEPTED)
    await apply(database, life, [taken_back(life)])
    found = await contents(database)
    assert [set(row[3:]) for row in found["referral_funnel"]] == [{0}]
    assert [row[-1] for row in found["students_referred"]] == [0]


async def test_the_tables_do_not_tell_how_the_events_arrived(database: Database) -> None:
    random = Random(7)
    events: list[Event] = []
    for n in range(60):
        life = a_life(
            a_submission(
                school_id=f"s-{n % 4}",
                student_id=f"st-{n % 9}",
                submitted_on=date(2026, 9 + n % 3, 1),
                need=list(Need)[n % 5],
                sex=list(Sex)[n % 3],
            ),
            *random.sample(list(Stage)[1:], n % 5),
        )
        events += life
        if n % 7 == 0:
            events.append(taken_back(life))
    events += [an_enrollment((some_facets(sex=sex), n), version=n) for n, sex in enumerate(Sex, 1)]
    events += [*some_training(), *some_surveys()]
    await apply(database, events)
    once = await contents(database)
    async with database.write(EVERY_DISTRICT) as session:
        for table in (*REBUILT, places):
            await session.execute(table.delete())
    shuffled = random.sample(events, len(events))
    await apply(database, *[shuffled[i : i + 11] for i in range(0, len(shuffled), 11)])
    assert await contents(database) == once
    assert len(once["referral_funnel"]) > 10
    assert [row[-1] for row in once["officer_standings"]] == [5]
    assert len(once["officer_steps"]) == 5
    assert [row[3:] for row in once["survey_progress"]] == [(LAST_DAY, 100, 90, 72)]
    assert [row[4] for row in once["survey_counts"]] == [2027, 2027]
    assert len(once["survey_results"]) == 6


def some_training() -> list[Event]:
    """Entries and drills, five versions of a standing, each with a step more than the one after it, and of quotas."""
    events: list[Event] = [a_drill(school_id=f"s-{n % 3}", notice_in_time=n % 2 == 0) for n in range(9)]
    for n in range(20):
        logged = a_lesson(school_id=f"s-{n % 4}", minutes=n, kind=list(ActivityKind)[n % 3])
        events += [logged, no_activity(logged)] if n % 5 == 0 else [logged]
    for version in range(1, 6):
        steps = [(date(2026, month, 1), StandingStatus.DUE) for month in range(1, 7 - version)]
        schools = [f"s-{n}" for n in range(version % 3)]
        events += [a_standing({"basic": steps}, *schools, version=version)]
        events += [a_quota(*[{"least": version}] * (6 - version), version=version)]
    return events


def some_surveys() -> list[Event]:
    """A survey that opens, goes on for three days and closes, and is counted three times, with less in it each time."""
    events = [an_opening(), *(some_progress(counted_on=date(2026, 10, 6 + n), used=10 * n) for n in range(3))]
    for n, dimensions in enumerate((("safety", "equity", "ethics"), ("safety", "equity"), ("safety",))):
        at = datetime(2026, 10, 16, 15 + n, tzinfo=UTC)
        found = [a_finding(dimension, favorable=100 + n, suppressed=n == 1) for dimension in dimensions]
        events += [a_count(*found, school_id=school_id, occurred_at=at) for school_id in ("s-1", None)]
    return [*events, a_closing()]


async def test_a_schools_number_is_not_remembered_from_a_transaction_that_failed(database: Database) -> None:
    sink = ViewSink()
    first, second = sink.prepare([a_submission(school_id="s-lost")]), sink.prepare([a_submission(school_id="s-2")])
    with suppress(ZeroDivisionError):
        async with database.write(EVERY_DISTRICT) as session:
            await sink.store(session, first)
            raise ZeroDivisionError
    for folded in (second, first):
        async with database.write(EVERY_DISTRICT) as session:
            await sink.store(session, folded)
    found = await contents(database)
    assert [row[0] for row in found["referral_funnel"]] == [("demo", "s-2"), ("demo", "s-lost")]


async def test_a_batch_may_hold_thousands_of_changes_of_one_cell(database: Database) -> None:
    events = [a_submission(student_id=f"st-{n}") for n in range(3000)]
    await apply(database, events)
    found = await contents(database)
    assert [row[3] for row in found["referral_funnel"]] == [3000]
    assert len(found["students_referred"]) == 3000


async def test_a_later_enrollment_replaces_the_whole_of_an_earlier_one(database: Database) -> None:
    girls, boys = some_facets(sex=Sex.FEMALE), some_facets(sex=Sex.MALE)
    first, second = an_enrollment((girls, 9), (boys, 8), version=1), an_enrollment((girls, 7), version=2)
    await apply(database, [second], [first])
    found = await contents(database)
    assert [(row[3], row[4]) for row in found["enrollment"]] == [(2, 7), (1, 8)]
    assert [row[-1] for row in found["enrollment_versions"]] == [2]
