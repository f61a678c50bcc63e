"""The tables as migrations make them: as the models say, and closed to other districts."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select, text

from reporting.app import MIGRATIONS
from reporting.models import REBUILT, places
from reporting.sink import ViewSink
from shared.db import EVERY_DISTRICT, Database
from shared.migrations import current_revision, migrate
from shared.testing.events import a_submission, an_enrollment, some_facets
from shared.testing.tables import differences


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A database of reporting, migrated and empty."""
    opened = Database(database_url, pool_size=4)
    await migrate(opened, MIGRATIONS)
    yield opened
    await opened.close()


async def test_migrations_end_up_with_the_tables_of_the_models(database: Database) -> None:
    assert await differences(database, MIGRATIONS) == []
    assert await current_revision(database) == MIGRATIONS.head()


async def test_a_district_sees_no_row_of_another_even_without_a_condition(postgresql_url: str) -> None:
    database = Database(postgresql_url, pool_size=4)
    await migrate(database, MIGRATIONS)
    sink = ViewSink()
    events = [a_submission(), an_enrollment((some_facets(), 5)), a_submission(district_id="elsewhere")]
    async with database.write(EVERY_DISTRICT) as session:
        await sink.store(session, sink.prepare(events))
    for table in (*REBUILT, places):
        seen = {}
        for district in ("demo", "elsewhere", "nowhere", EVERY_DISTRICT):
            async with database.read(district) as session:
                seen[district] = len((await session.execute(select(table))).all())
        assert seen["nowhere"] == 0
        assert seen["demo"] == 1
        assert seen[EVERY_DISTRICT] == seen["demo"] + seen["elsewhere"]
    await database.close()


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
        await sink.store(session, sink.prepare([a_submission(), an_enrollment((some_facets(), 5))]))
    for table in REBUILT:
        async with plain.read("elsewhere") as session:
            assert (await session.execute(select(table))).all() == []
        async with plain.read("demo") as session:
            assert len((await session.execute(select(table))).all()) == 1
    await plain.close()
    owner = Database(postgresql_url, pool_size=2)
    async with owner.write(EVERY_DISTRICT) as session:
        await session.execute(text(f"DROP ROLE {name}_app"))
    await owner.close()
