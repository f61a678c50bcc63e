"""What many rows in one statement do to those that are there, alike on both databases."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Boolean, Column, Integer, LargeBinary, MetaData, Table, Text, Uuid, select

from shared.bulk import OnConflict, bulk_insert, bulk_update, bulk_upsert
from shared.db import EVERY_DISTRICT, Database, UtcDateTime

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)

metadata = MetaData()
sums = Table("sums", metadata, Column("a", Text, primary_key=True), Column("n", Integer), Column("version", Integer))
kinds = Table(
    "kinds",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("at", UtcDateTime),
    Column("flag", Boolean),
    Column("blob", LargeBinary),
)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    made = Database(database_url, pool_size=2)
    async with made.write(EVERY_DISTRICT) as session:
        await session.run_sync(metadata.create_all)
    yield made
    await made.close()


async def upsert(
    database: Database, *rows: tuple[object, ...], on_conflict: OnConflict, newer_by: str | None = None
) -> int:
    async with database.write(EVERY_DISTRICT) as session:
        return await bulk_upsert(session, sums, ("a", "n", "version"), rows, on_conflict=on_conflict, newer_by=newer_by)


async def stored(database: Database) -> list[tuple[object, ...]]:
    async with database.read(EVERY_DISTRICT) as session:
        return [tuple(row) for row in await session.execute(select(sums).order_by(sums.c.a))]


async def test_nothing_is_no_statement(database: Database) -> None:
    assert await upsert(database, on_conflict="add") == 0


@pytest.mark.parametrize(
    ("on_conflict", "changed", "left"),
    [
        ("ignore", 1, [("x", 1, 1), ("y", 5, 5)]),
        ("add", 2, [("x", 6, 6), ("y", 5, 5)]),
        ("replace", 2, [("x", 5, 5), ("y", 5, 5)]),
    ],
)
async def test_a_row_that_is_there_is_kept_added_to_or_replaced(
    database: Database, on_conflict: OnConflict, changed: int, left: list[tuple[object, ...]]
) -> None:
    assert await upsert(database, ("x", 1, 1), on_conflict=on_conflict) == 1
    assert await upsert(database, ("x", 5, 5), ("y", 5, 5), on_conflict=on_conflict) == changed
    assert await stored(database) == left


async def test_only_what_is_newer_replaces(database: Database) -> None:
    await upsert(database, ("x", 1, 5), ("y", 1, 5), ("z", 1, 5), on_conflict="replace")
    changed = await upsert(database, ("x", 2, 4), ("y", 2, 5), ("z", 2, 6), on_conflict="replace", newer_by="version")
    assert changed == 1
    assert await stored(database) == [("x", 1, 5), ("y", 1, 5), ("z", 2, 6)]


async def test_ids_instants_flags_bytes_and_nothing_come_back_as_they_went_in(database: Database) -> None:
    row = (uuid4(), datetime(2026, 11, 2, 14, 5, 6, 789, tzinfo=UTC), True, b"\x00\xff")
    empty = (uuid4(), None, None, None)
    async with database.write(EVERY_DISTRICT) as session:
        await bulk_upsert(session, kinds, ("id", "at", "flag", "blob"), [row, empty], on_conflict="ignore")
    wanted = select(kinds.c.id, kinds.c.at, kinds.c.flag, kinds.c.blob)
    async with database.read(EVERY_DISTRICT) as session:
        found = {row.id: tuple(row) for row in await session.execute(wanted)}
    assert found == {row[0]: row, empty[0]: empty}


async def test_many_rows_are_overwritten_by_their_keys_and_what_is_not_there_stays_away(database: Database) -> None:
    await upsert(database, ("x", 1, 5), ("y", 2, 5), ("z", 3, 5), on_conflict="replace")
    async with database.write(EVERY_DISTRICT) as session:
        assert await bulk_update(session, sums, ("n", "a"), []) == 0
        assert await bulk_update(session, sums, ("n", "a"), [(7, "y"), (None, "x"), (9, "w")]) == 2
    assert await stored(database) == [("x", None, 5), ("y", 7, 5), ("z", 3, 5)]


async def test_ids_instants_flags_and_bytes_are_overwritten_as_they_are(database: Database) -> None:
    row = (uuid4(), datetime(2026, 11, 2, 14, 5, 6, 789, tzinfo=UTC), True, b"\x00\xff")
    columns = ("id", "at", "flag", "blob")
    async with database.write(EVERY_DISTRICT) as session:
        await bulk_upsert(session, kinds, columns, [(row[0], None, None, None)], on_conflict="ignore")
        assert await bulk_update(session, kinds, columns, [row]) == 1
    async with database.read(EVERY_DISTRICT) as session:
        assert tuple((await session.execute(select(*[kinds.c[c] for c in columns]))).one()) == row


async def test_what_is_inserted_is_told_and_what_was_there_is_not(database: Database) -> None:
    first, second = sorted((uuid4(), uuid4()))

    async def inserted(*ids: UUID) -> set[UUID]:
        async with database.write(EVERY_DISTRICT) as session:
            rows = [(one, NOON, True) for one in ids]
            return await bulk_insert(session, kinds, ("id", "at", "flag"), rows, returning="id")

    assert await inserted() == set()
    assert await inserted(first) == {first}
    assert await inserted(first, second) == {second}
    assert await inserted(first, second) == set()


async def test_more_rows_than_one_statement_takes_are_inserted_all_the_same(database: Database) -> None:
    ids = sorted(uuid4() for _ in range(12_000))
    async with database.write(EVERY_DISTRICT) as session:
        rows = [(one, NOON, True) for one in ids]
        assert await bulk_insert(session, kinds, ("id", "at", "flag"), rows, returning="id") == set(ids)
