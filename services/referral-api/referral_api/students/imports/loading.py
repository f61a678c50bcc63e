"""What is known of a district before an import, taken to the scratch database."""

import sqlite3
from collections.abc import AsyncIterator

from referral_api.students.imports.manifest import Manifest, Mode
from referral_api.students.imports.reading import Progress
from referral_api.students.imports.relations import ENROLLMENTS, RELATIONS, Relation, Row
from referral_api.students.imports.scratch import put
from referral_api.students.imports.threads import in_thread
from shared.db import Database, ReadSession, driver

BATCH = 5000


async def load_known(
    database: Database, district_id: str, manifest: Manifest, scratch: sqlite3.Connection, progress: Progress
) -> None:
    """Note every table as it is. Nothing else changes them meanwhile: imports are their only writers, one at a time.

    Raises: Interrupted, DatabaseUnavailable.
    """
    async with database.read(district_id) as session:
        for relation in RELATIONS:
            if relation is ENROLLMENTS and manifest.mode("enrollments") is Mode.ABSENT:
                continue
            async for rows in _stored(session, relation, district_id):
                progress.advance(0)
                await in_thread(progress, _keep, scratch, relation, rows)


def _keep(scratch: sqlite3.Connection, relation: Relation, rows: list[Row]) -> None:
    put(scratch, f"was_{relation.name}", relation.encoded(rows))


async def _stored(session: ReadSession, relation: Relation, district_id: str) -> AsyncIterator[list[Row]]:
    """A table's rows of a district, from the driver itself: half the time of SQLAlchemy's streams."""
    raw = await driver(session)
    select = f"SELECT {', '.join(relation.columns)} FROM {relation.name} WHERE district_id = "
    if session.dialect.name == "sqlite":
        async with raw.execute(f"{select}?", (district_id,)) as cursor:
            while rows := await cursor.fetchmany(BATCH):
                yield rows
    else:
        cursor = await raw.cursor(f"{select}$1", district_id)
        while rows := await cursor.fetch(BATCH):
            yield rows
