"""What an older release has counted is told by the newest one, as far as it was known."""

from collections.abc import AsyncIterator, Sequence
from random import Random

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from reporting.app import MIGRATIONS
from reporting.codec import STAGES, pack_referrals, pack_students
from reporting.rolling import roll_some
from reporting.sink import ViewSink
from shared.db import EVERY_DISTRICT, Database, Session
from shared.events.facets import Facets, RaceEthnicity, Sex
from shared.events.referrals import Need, Stage, Urgency
from shared.migrations import migrate
from shared.testing.events import a_life, a_submission, an_enrollment, some_facets
from tests.reporting.exactness import FIRST_MONTH, assert_exact, pending_rows, questions
from tests.reporting.suite import roll_all

BEFORE_DAYS = "20261122_01"
BEFORE_MARGINS = "20261125_01"
SCHOOLS = [(district, f"s-{n}") for district in ("demo", "elsewhere") for n in range(3)]
SCHOOL_YEARS = (2026, 2027)
MONTHS = (FIRST_MONTH - 1, FIRST_MONTH, FIRST_MONTH + 4)
CELLS_OF_A_MONTH = 4


@pytest.fixture
async def unmigrated(database_url: str) -> AsyncIterator[Database]:
    """A database without a table."""
    opened = Database(database_url, pool_size=2)
    yield opened
    await opened.close()


async def migrate_to(database: Database, revision: str) -> None:
    """Bring an empty database to a revision that is not the last one."""

    def upgrade(connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS.folder))
        config.attributes.update(connection=connection, metadatas=MIGRATIONS.metadatas)
        command.upgrade(config, revision)

    async with database.write(EVERY_DISTRICT) as session:
        await session.run_sync(upgrade)


async def insert(session: Session, table: str, columns: str, rows: Sequence[Sequence[object]]) -> None:
    """Put rows into a table as it was then: the models say what it is now."""
    names = columns.split()
    values = ", ".join(f":{name}" for name in names)
    statement = text(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({values})")
    await session.execute(statement, [dict(zip(names, row, strict=True)) for row in rows])


async def rows_of(database: Database, table: str, columns: str) -> list[tuple[object, ...]]:
    """These columns of a table, in order."""
    async with database.read(EVERY_DISTRICT) as session:
        found = await session.execute(text(f"SELECT {', '.join(columns.split())} FROM {table}"))
        return sorted(tuple(row) for row in found)


async def test_students_counted_before_there_were_days_are_still_counted(unmigrated: Database) -> None:
    await migrate_to(unmigrated, BEFORE_DAYS)
    async with unmigrated.write(EVERY_DISTRICT) as session:
        await insert(session, "places", "place_no district_id school_id", [(7, "demo", "s-1")])
        await insert(session, "students_referred", "place_no month cell student n", [(7, 24320, 8388609, 42, 3)])
    await migrate(unmigrated, MIGRATIONS)
    columns = "place_no month day cell student n still_open"
    assert await rows_of(unmigrated, "students_referred", columns) == [(7, 24320, 1, 8388609, 42, 3, 0)]


@pytest.mark.slow
async def test_what_was_counted_before_there_were_margins_is_told_exactly_at_every_moment_after(
    unmigrated: Database,
) -> None:
    await migrate_to(unmigrated, BEFORE_MARGINS)
    async with unmigrated.write(EVERY_DISTRICT) as session:
        await count_something(session, Random(13))
    students = await rows_of(unmigrated, "students_referred", STUDENTS)
    await migrate(unmigrated, MIGRATIONS)
    cells = len(SCHOOLS) * len(MONTHS) * CELLS_OF_A_MONTH
    assert await pending_rows(unmigrated) == cells + cells + 2 * len(SCHOOL_YEARS)
    asked, sink = list(questions()), ViewSink()
    await assert_exact(unmigrated, asked)
    async with unmigrated.write(EVERY_DISTRICT) as session:
        assert await roll_some(session, most_rows=cells // 2) > 0
        # A consumer goes on counting at a school that it knows, and at a new one.
        events = [*a_life(a_submission(), Stage.CONTACTED), a_submission(school_id="s-new"), an_enrollment(version=9)]
        await sink.store(session, sink.prepare(events))
    await assert_exact(unmigrated, asked)
    await roll_all(unmigrated)
    assert await pending_rows(unmigrated) == 0
    await assert_exact(unmigrated, asked)
    assert set(students) <= set(await rows_of(unmigrated, "students_referred", STUDENTS))


STUDENTS = "place_no month day cell student n still_open"


async def count_something(session: Session, random: Random) -> None:
    """As the release before the margins did: two districts, two school years, and enrolment that is no longer valid."""
    await insert(session, "places", "district_id school_id", SCHOOLS)
    numbers = list((await session.execute(text("SELECT place_no FROM places"))).scalars())
    slots = [
        (number, month, cell)
        for number in numbers
        for month in MONTHS
        for cell in random.sample(CELLS, CELLS_OF_A_MONTH)
    ]
    counted = [(*slot, *(random.randrange(30) for _ in STAGES)) for slot in slots]
    await insert(session, "referral_funnel", f"place_no month cell {' '.join(STAGES)}", counted)
    timed = [(*slot, random.randrange(200), random.randrange(1, 30)) for slot in slots]
    await insert(session, "contact_times", "place_no month cell timing n", timed)
    referred = [(number, month, 1, cell, random.randrange(1 << 40), 1, 0) for number, month, cell in slots]
    await insert(session, "students_referred", STUDENTS, referred)
    years = [(number, year) for number in numbers for year in SCHOOL_YEARS]
    await insert(session, "enrollment_versions", "place_no school_year version", [(*year, 2) for year in years])
    enrolled = [
        (*year, pack_students(facets), random.choice((1, 2, 2)), random.randrange(40))
        for year in years
        for facets in random.sample(GROUPS, 5)
    ]
    await insert(session, "enrollment", "place_no school_year cell version students", enrolled)


GROUPS: list[Facets] = [some_facets(sex=sex, race_ethnicity=race) for sex in Sex for race in RaceEthnicity]
CELLS = [pack_referrals(need, urgency, facets) for need in Need for urgency in Urgency for facets in GROUPS]
