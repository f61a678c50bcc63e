"""Writes what an import resolved: the differences, the new counts and the import's end, in one transaction."""

import sqlite3
from collections import deque
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import count
from typing import TypeVar
from uuid import UUID

from sqlalchemy import and_, bindparam, delete, func, select, text, update

from referral_api.students.imports.counting import Enrollment, announcements
from referral_api.students.imports.errors import Interrupted
from referral_api.students.imports.inserting import insert_rows
from referral_api.students.imports.models import roster_import_errors, roster_imports
from referral_api.students.imports.naming import Names
from referral_api.students.imports.reading import Progress
from referral_api.students.imports.relations import RELATIONS, STUDENTS, Relation, Row
from referral_api.students.imports.scratch import MOST_FAULTS
from referral_api.students.imports.threads import in_thread, made_in_thread
from shared.bulk import bulk_upsert
from shared.crypto import KeyRing
from shared.db import Session
from shared.outbox import record

SOURCE = "referral-api"
BATCH = 10_000
_EVENTS_AT_ONCE = 50

T = TypeVar("T")


async def take_over(session: Session, import_id: UUID, owner: str) -> None:
    """Make sure that this worker's result is still asked for. Raises: Interrupted.

    A worker that was frozen while another began the import anew finds it owned by that one, and writes nothing.
    """
    mine = (
        update(roster_imports)
        .where(
            roster_imports.c.import_id == import_id,
            roster_imports.c.owner == owner,
            roster_imports.c.status == "running",
        )
        .values(owner=owner)
    )
    if (await session.execute(mine)).rowcount != 1:
        raise Interrupted


async def leave_referrals_alone(session: Session) -> None:
    """Promise that this transaction, which may last for minutes, writes no referral, and be held to it.

    Who follows the changes of referrals would wait for it otherwise. Source: docs/decisions/0011.
    """
    if session.dialect.name == "postgresql":
        await session.execute(text("SELECT leave_referrals_alone()"))


async def apply_differences(
    session: Session,
    scratch: sqlite3.Connection,
    district_id: str,
    ring: KeyRing,
    progress: Progress,
    beside: Iterator[None],
) -> None:
    """Bring every table of the roster to what was resolved. Raises: Interrupted.

    `beside` is work on the scratch database that is done while the server does its own, in steps.
    """
    differences = [(relation, Names(ring, district_id) if relation is STUDENTS else relation) for relation in RELATIONS]
    for relation, different in differences:
        async with made_in_thread(progress, relation.removed(scratch, BATCH)) as batches:
            async for keys in batches:
                await _remove(session, relation, district_id, keys)
        columns = ["district_id", *relation.columns]
        async with made_in_thread(progress, different.changed(scratch, BATCH)) as batches:
            async for rows in batches:
                whole = [(district_id, *row) for row in rows]
                await bulk_upsert(session, relation.table, columns, whole, on_conflict="replace")
    added = [(relation, different.added(scratch, BATCH)) for relation, different in differences]
    async with made_in_thread(progress, _by_turns(added, beside)) as batches:
        await insert_rows(session, district_id, batches)


def _by_turns(
    added: Iterable[tuple[Relation, Iterator[list[Row]]]], beside: Iterator[None]
) -> Iterator[tuple[Relation, list[Row]]]:
    """A batch of each table, again and again: sealing names keeps us busy, an index in another order the server."""
    waiting = deque(added)
    while waiting:
        relation, batches = waiting.popleft()
        rows = next(batches, None)
        if rows is not None:
            waiting.append((relation, batches))
            yield relation, rows
        next(beside, None)
    for _ in beside:
        pass


async def _remove(session: Session, relation: Relation, district_id: str, keys: list[Row]) -> None:
    table = relation.table
    this = and_(table.c.district_id == district_id, *(table.c[k] == bindparam(f"the_{k}") for k in relation.keys))
    gone = [{f"the_{k}": v for k, v in zip(relation.keys, row, strict=True)} for row in keys]
    await session.execute(delete(table).where(this), gone)


async def announce(
    session: Session, enrollment: Enrollment, progress: Progress, *, district_id: str, now: datetime
) -> int:
    """Record `EnrollmentCounted` of every school; the version that the district's roster has now."""
    newest = select(func.coalesce(func.max(roster_imports.c.version), 0)).where(
        roster_imports.c.district_id == district_id
    )
    version = int((await session.execute(newest)).scalar_one()) + 1
    events = announcements(enrollment, district_id=district_id, version=version, now=now)
    async with made_in_thread(progress, _chunks(events, _EVENTS_AT_ONCE)) as batches:
        async for some in batches:
            await record(session, *some, source=SOURCE)
    return version


async def finish(
    session: Session,
    scratch: sqlite3.Connection,
    *,
    import_id: UUID,
    district_id: str,
    progress: Progress,
    now: datetime,
    version: int | None = None,
    refused_because: str | None = None,
) -> None:
    """Write down how the import ended, with every row that was refused."""
    rejected = await in_thread(progress, _count_rejected, scratch)
    numbers = count(1)
    columns = ("import_id", "number", "district_id", "file", "line", "field", "problem")
    async with made_in_thread(progress, _faults(scratch)) as batches:
        async for errors in batches:
            rows = [(import_id, next(numbers), district_id, *error) for error in errors]
            await bulk_upsert(session, roster_import_errors, columns, rows, on_conflict="ignore")
    await session.execute(
        update(roster_imports)
        .where(roster_imports.c.import_id == import_id)
        .values(
            status="refused" if refused_because else "done",
            owner=None,
            finished_at=now,
            version=version,
            rows_read=progress.rows_read,
            rows_rejected=rejected,
            rows_applied=0 if refused_because else progress.rows_read - rejected,
            refused_because=refused_because,
        )
    )


def _count_rejected(scratch: sqlite3.Connection) -> int:
    (rows,) = scratch.execute("SELECT count(*) FROM (SELECT DISTINCT file, line FROM errors)").fetchone()
    return int(rows)


def _faults(scratch: sqlite3.Connection) -> Iterator[list[Row]]:
    found = scratch.execute("SELECT file, line, field, problem FROM errors ORDER BY file, line LIMIT ?", (MOST_FAULTS,))
    while rows := found.fetchmany(BATCH):
        yield rows


def _chunks(items: Iterator[T], size: int) -> Iterator[list[T]]:
    chunk: list[T] = []
    for item in items:
        chunk.append(item)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
