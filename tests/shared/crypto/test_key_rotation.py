"""Changing the key under a running service, on both databases: nothing lost, overwritten or left behind."""

import asyncio
import io
import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, LargeBinary, MetaData, Table, Text, Uuid, insert, select, update

from shared.crypto import KeyRing, UnknownKey, sealed_with
from shared.db import EVERY_DISTRICT, Database
from shared.key_rotation import (
    BATCH,
    KeyInUse,
    NothingSealed,
    _reseal_rows,
    _rows,
    _sealed_tables,
    count_by_key,
    list_keys,
    retire,
    rotate,
)

metadata = MetaData()
people = Table(
    "people",
    metadata,
    Column("district_id", Text, primary_key=True),
    Column("person_id", Text, primary_key=True),
    Column("name", LargeBinary, nullable=False, info={"sealed": True}),
    Column("note", LargeBinary, info={"sealed": True}),
    Column("photo", LargeBinary),
)
letters = Table(
    "letters",
    metadata,
    Column("letter_id", Uuid, primary_key=True),
    Column("body", LargeBinary, info={"sealed": True}),
)
plain = Table("plain", metadata, Column("plain_id", Integer, primary_key=True), Column("text", Text))

NOTHING = timedelta(0)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = Database(database_url)
    async with opened.write(EVERY_DISTRICT) as session:
        await session.run_sync(metadata.create_all)
    yield opened
    await opened.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "field-keys.json"


@pytest.fixture
def ring(path: Path) -> KeyRing:
    return KeyRing.from_file(path)


def a_person(ring: KeyRing, number: int, *, note: str | None = None) -> dict[str, object]:
    key = f"demo/p-{number:05}"
    return {
        "district_id": "demo",
        "person_id": f"p-{number:05}",
        "name": ring.seal(f"name {number}", table="people", column="name", key=key),
        "note": note and ring.seal(note, table="people", column="note", key=key),
        "photo": b"not sealed",
    }


async def people_in(database: Database, ring: KeyRing) -> dict[str, tuple[str, str | None]]:
    async with database.read(EVERY_DISTRICT) as session:
        rows = (await session.execute(select(people.c.person_id, people.c.name, people.c.note))).all()
    at = {"table": "people"}
    return {
        i: (
            ring.open(name, **at, column="name", key=f"demo/{i}"),
            note and ring.open(note, **at, column="note", key=f"demo/{i}"),
        )
        for i, name, note in rows
    }


async def fill(database: Database, ring: KeyRing, count: int) -> None:
    letter_id = uuid.uuid4()
    async with database.write(EVERY_DISTRICT) as session:
        rows = [a_person(ring, i, note=f"note {i}" if i % 2 else None) for i in range(count)]
        await session.execute(insert(people), rows)
        body = ring.seal("dear all", table="letters", column="body", key=str(letter_id))
        await session.execute(insert(letters), [{"letter_id": letter_id, "body": body}])


async def test_rotating_seals_every_value_anew_and_changes_no_text(
    database: Database, ring: KeyRing, path: Path
) -> None:
    count = 2 * BATCH + 3
    await fill(database, ring, count)
    before = await people_in(database, ring)
    out = io.StringIO()
    await rotate(database, [metadata], path, out, settle=NOTHING)
    assert await count_by_key(database, [metadata]) == {2: count + count // 2 + 1}
    assert await people_in(database, KeyRing.from_file(path)) == before
    assert f"{count + count // 2 + 1:,} values sealed anew with key 2" in out.getvalue()
    assert "name" not in out.getvalue()


async def test_after_rotating_the_old_key_can_go_and_everything_still_opens(
    database: Database, ring: KeyRing, path: Path
) -> None:
    await fill(database, ring, 5)
    copy_of_the_old = a_person(ring, 7)["name"]
    await rotate(database, [metadata], path, io.StringIO(), settle=NOTHING)
    out = io.StringIO()
    await retire(database, [metadata], path, out, grace=NOTHING)
    assert out.getvalue().startswith("key 1 retired\nfield-keys-retired.json keeps what was retired")
    later = KeyRing.from_file(path)
    assert (await people_in(database, later))["p-00003"] == ("name 3", "note 3")
    assert isinstance(copy_of_the_old, bytes)
    with pytest.raises(UnknownKey):
        later.open(copy_of_the_old, table="people", column="name", key="demo/p-00007")


async def test_a_key_that_seals_one_value_is_not_retired(database: Database, ring: KeyRing, path: Path) -> None:
    await fill(database, ring, 1)
    await rotate(database, [metadata], path, io.StringIO(), settle=NOTHING)
    async with database.write(EVERY_DISTRICT) as session:
        row = a_person(ring, 9)
        await session.execute(insert(people), [row])
    stale = sealed_with(row["name"]) if isinstance(row["name"], bytes) else 0
    assert stale == 1, "a process that had not looked yet sealed this"
    with pytest.raises(KeyInUse, match="key 1 seals 1 values"):
        await retire(database, [metadata], path, io.StringIO(), grace=NOTHING)
    assert sorted(KeyRing.from_file(path).keys) == [1, 2]


async def test_an_old_key_stays_while_a_transaction_begun_before_may_still_be_open(
    database: Database, ring: KeyRing, path: Path
) -> None:
    await rotate(database, [metadata], path, io.StringIO(), settle=NOTHING)
    with pytest.raises(KeyInUse, match="younger than 120 s"):
        await retire(database, [metadata], path, io.StringIO())


async def test_a_service_that_seals_nothing_retires_no_key_of_its_neighbours(
    database: Database, ring: KeyRing, path: Path
) -> None:
    await rotate(database, [metadata], path, io.StringIO(), settle=NOTHING)
    with pytest.raises(NothingSealed):
        await retire(database, [MetaData()], path, io.StringIO(), grace=NOTHING)
    assert sorted(KeyRing.from_file(path).keys) == [1, 2]


async def test_a_rotation_that_was_stopped_half_way_is_carried_on_with_the_same_key(
    database: Database, ring: KeyRing, path: Path
) -> None:
    await fill(database, ring, 4)
    ring.with_new_key(ring.keys[1].made_at)
    async with database.write(EVERY_DISTRICT) as session:
        await session.execute(
            update(people).where(people.c.person_id == "p-00001").values(name=a_person(ring, 1)["name"])
        )
    out = io.StringIO()
    await rotate(database, [metadata], path, out, settle=NOTHING)
    assert out.getvalue().startswith("carrying on with key 2")
    assert set(await count_by_key(database, [metadata])) == {2}
    assert sorted(KeyRing.from_file(path).keys) == [1, 2]


async def test_a_value_written_between_the_read_and_the_write_is_not_overwritten(
    database: Database, ring: KeyRing, path: Path
) -> None:
    await fill(database, ring, 2)
    ring.with_new_key(ring.keys[1].made_at)
    (sealed,) = [s for s in _sealed_tables([metadata]) if s.table is people]
    async with database.write(EVERY_DISTRICT) as session:
        read = await _rows(session, sealed, None)
    key = "demo/p-00000"
    async with database.write(EVERY_DISTRICT) as session:
        changed = ring.seal("changed meanwhile", table="people", column="name", key=key)
        await session.execute(update(people).where(people.c.person_id == "p-00000").values(name=changed))
    async with database.write(EVERY_DISTRICT) as session:
        await _reseal_rows(session, sealed, read, ring)
    assert await people_in(database, ring) == {"p-00000": ("changed meanwhile", None), "p-00001": ("name 1", "note 1")}


class Hurry:
    """A clock that runs so fast that a ring looks at its file at every second sealing."""

    def __init__(self) -> None:
        self.now = 0

    def __call__(self) -> float:
        """The seconds so far."""
        self.now += 1
        return self.now


async def test_rotating_under_a_busy_service_loses_no_write(database: Database, ring: KeyRing, path: Path) -> None:
    count = BATCH + 50
    await fill(database, ring, count)
    written: dict[str, str] = {}
    busy = KeyRing(path, clock=Hurry())
    begun, done = asyncio.Event(), asyncio.Event()

    async def keep_writing() -> None:
        while not done.is_set():
            person_id = f"p-{len(written) % count:05}"
            name = f"changed {len(written)}"
            sealed = busy.seal(name, table="people", column="name", key=f"demo/{person_id}")
            async with database.write(EVERY_DISTRICT) as session:
                await session.execute(update(people).where(people.c.person_id == person_id).values(name=sealed))
            written[person_id] = name
            begun.set()
            await asyncio.sleep(0)

    writer = asyncio.create_task(keep_writing())
    await begun.wait()
    await rotate(database, [metadata], path, io.StringIO(), settle=NOTHING)
    done.set()
    await writer
    after = await people_in(database, KeyRing.from_file(path))
    assert {i: after[i][0] for i in written} == written
    assert set(await count_by_key(database, [metadata])) == {2}


async def test_listing_tells_each_keys_age_and_use_and_what_is_missing(
    database: Database, ring: KeyRing, path: Path
) -> None:
    await fill(database, ring, 2)
    ring.with_new_key(ring.keys[1].made_at)
    out = io.StringIO()
    await list_keys(database, [metadata], path, out)
    made = f"made {ring.keys[1].made_at:%Y-%m-%d %H:%M} UTC"
    assert out.getvalue() == f"key 1: {made}, 4 values\nkey 2: {made}, 0 values, seals\n"
    ring.without(1)
    out = io.StringIO()
    await list_keys(database, [metadata], path, out)
    assert "key 1: MISSING FROM THE KEY FILE, 4 values" in out.getvalue()
