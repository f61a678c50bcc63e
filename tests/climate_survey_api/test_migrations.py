"""The tables as migrations make them are those of the models."""

from climate_survey_api.app import MIGRATIONS
from shared.db import Database
from shared.migrations import current_revision, migrate
from shared.testing.tables import differences


async def test_migrations_end_up_with_the_tables_of_the_models(database_url: str) -> None:
    database = Database(database_url, pool_size=4)
    await migrate(database, MIGRATIONS)
    assert await differences(database, MIGRATIONS) == []
    assert await current_revision(database) == MIGRATIONS.head()
    await database.close()
