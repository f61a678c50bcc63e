"""The tables as migrations make them: as the models say, and closed to other districts."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import Table, select, text
from sqlalchemy.exc import DBAPIError

from reporting.app import MIGRATIONS
from reporting.models import REBUILT, enrollment_margins, places
from reporting.rolling import FACTS, roll_some
from reporting.sink import ViewSink
from shared.db import EVERY_DISTRICT, Database
from shared.events.base import Event
from shared.events.referrals import Stage
from shared.events.training import StandingStatus
from shared.migrations import current_revision, migrate
from shared.testing.events import a_life, a_submission, an_enrollment, some_facets
from shared.testing.survey_events import a_closing, a_count, an_opening
from shared.testing.tables import differences
from shared.testing.training_events import a_drill, a_lesson, a_quota, a_standing
from tests.reporting.suite import roll_all


async def test_migrations_end_up_with_the_tables_of_the_models(database: Database) -> None:
    assert await differences(database, MIGRATIONS) == []
    assert await current_revision(database) == MIGRATIONS.head()


async def test_pages_keep_as_much_room_as_the_models_say(postgresql_url: str) -> None:
    database = Database(postgresql_url, pool_size=1)
    await migrate(database, MIGRATIONS)
    asked = text(
        "SELECT relname, option_value FROM pg_class, pg_options_to_table(reloptions) WHERE option_name = 'fillfactor'"
    )
    async with database.read(EVERY_DISTRICT) as session:
        migrated = {name: factor for name, factor in await session.execute(asked)}
    stated = {table.name: table.dialect_options["postgresql"]["with"] for table in REBUILT}
    assert migrated == {name: options["fillfactor"] for name, options in stated.items() if options}
    assert len(migrated) == 4
    await database.close()


async def test_a_district_sees_no_row_of_another_even_without_a_condition(postgresql_url: str) -> None:
    database = Database(postgresql_url, pool_size=4)
    await migrate(database, MIGRATIONS)
    sink = ViewSink()
    lives = [a_life(a_submission(district_id=d), Stage.CONTACTED) for d in ("demo", "elsewhere")]
    events = [*lives[0], *lives[1], an_enrollment((some_facets(), 5)), *some_training("demo"), *some_surveys("demo")]
    margins = {fact.margins for fact in FACTS} | {enrollment_margins}
    for rolled in (False, True):
        async with database.write(EVERY_DISTRICT) as session:
            await (roll_some(session) if rolled else sink.store(session, sink.prepare(events)))
        # Before they are rolled, all is in the cells and pending, and then in the margins.
        for table in margins if rolled else {*REBUILT, places} - margins:
            seen = {district: await rows_seen(database, table, district) for district in ("demo", "elsewhere", "*")}
            assert await rows_seen(database, table, "nowhere") == 0
            assert seen["demo"] > 0
            assert seen["*"] == seen["demo"] + seen["elsewhere"]
    await database.close()


async def test_a_district_writes_no_row_of_another_and_without_a_district_there_is_none(postgresql_url: str) -> None:
    database = Database(postgresql_url, pool_size=4)
    await migrate(database, MIGRATIONS)
    sink = ViewSink()
    lives = [a_life(a_submission(district_id=d), Stage.CONTACTED) for d in ("demo", "elsewhere")]
    counts = [an_enrollment((some_facets(), 5), district_id=d) for d in ("demo", "elsewhere")]
    for _ in range(2):  # once into the margins, and once pending
        await roll_all(database)
        async with database.write(EVERY_DISTRICT) as session:
            training = [*some_training("demo"), *some_training("elsewhere")]
            surveys = [*some_surveys("demo"), *some_surveys("elsewhere")]
            await sink.store(session, sink.prepare([*lives[0], *lives[1], *counts, *training, *surveys]))
    for table in (*REBUILT, places):
        own = await rows_of(database, table, "demo")
        foreign = [row for row in await rows_of(database, table, EVERY_DISTRICT) if row not in own]
        assert own
        assert foreign
        for written in (table.insert().values(foreign[0]), table.update().values(foreign[0])):
            with pytest.raises(DBAPIError, match="row-level security"):
                async with database.write("demo") as session:
                    await session.execute(written)
        async with database.write("demo") as session:
            await session.execute(table.delete())
        assert await rows_of(database, table, EVERY_DISTRICT) == foreign
        async with database.dedicated() as connection:
            await connection.execute(text("SET ROLE rapport_app"))
            assert (await connection.execute(select(table))).all() == []
    await database.close()


def some_training(district_id: str) -> list[Event]:
    """Something for each table of the topic `training`."""
    due = [(date(2026, 1, 1), StandingStatus.DUE)]
    made = [a_lesson(), a_drill(), a_quota({}), a_standing({"basic": due}, "s-1")]
    return [event.model_copy(update={"district_id": district_id}) for event in made]


def some_surveys(district_id: str) -> list[Event]:
    """Something for each table of the topic `surveys`, of a school and of the district."""
    made = [an_opening(), a_closing(), a_count(), a_count(school_id=None)]
    return [event.model_copy(update={"district_id": district_id}) for event in made]


async def rows_of(database: Database, table: Table, district: str) -> list[dict[str, Any]]:
    """The rows that a transaction of a district sees, without a condition."""
    async with database.read(district) as session:
        return [dict(row) for row in (await session.execute(select(table))).mappings()]


async def rows_seen(database: Database, table: Table, district: str) -> int:
    """How many rows a transaction of a district sees, without a condition."""
    return len(await rows_of(database, table, district))


async def test_a_login_without_powers_can_consume_and_row_security_binds_it(postgresql_url: str) -> None:
    owner = Database(postgresql_url, pool_size=2)
    await migrate(owner, MIGRATIONS)
    async with owner.write(EVERY_DISTRICT) as session:
        name = (await session.execute(text("SELECT current_database()"))).scalar_one()
        await session.execute(text(f"CREATE ROLE {name}_app LOGIN PASSWORD 'secret' IN ROLE rapport_app"))
    await owner.close()
    credentials, address = postgresql_url.removeprefix("postgresql://").split("@")
    assert credentials
    plain = Database(f"postgresql://{name}_app:secret@{address}", pool_size=2)
    sink = ViewSink()
    async with plain.write(EVERY_DISTRICT) as session:
        await sink.store(
            session,
            sink.prepare(
                [
                    *a_life(a_submission(), Stage.CONTACTED),
                    an_enrollment((some_facets(), 5)),
                    *some_training("demo"),
                    *some_surveys("demo"),
                ]
            ),
        )
        await roll_some(session)
    for table in {*REBUILT} - {fact.pending for fact in FACTS}:
        assert await rows_seen(plain, table, "elsewhere") == 0
        assert await rows_seen(plain, table, "demo") > 0
    await plain.close()
    owner = Database(postgresql_url, pool_size=2)
    async with owner.write(EVERY_DISTRICT) as session:
        await session.execute(text(f"DROP ROLE {name}_app"))
    await owner.close()
