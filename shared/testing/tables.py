"""Whether a database's tables are what the models say."""

from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, MetaData

from shared.db import EVERY_DISTRICT, Database
from shared.migrations import Migrations


async def differences(database: Database, migrations: Migrations) -> list[Any]:
    """What a migration would still have to change; empty when tables and models agree."""
    whole = MetaData()
    for metadata in migrations.metadatas:
        for table in metadata.tables.values():
            table.to_metadata(whole)

    def compared(connection: Connection) -> list[Any]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, whole))

    async with database.write(EVERY_DISTRICT) as session:
        return await session.run_sync(compared)
