"""The box: made once, opened whole, and emptied for good."""

import io
import runpy
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4
from weakref import WeakKeyDictionary

import pytest
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, insert, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection
from structlog.testing import capture_logs

from climate_survey_api.administrations.destroyed import KeyTable
from climate_survey_api.app import MIGRATIONS
from climate_survey_api.base import metadata
from climate_survey_api.responses import keys
from climate_survey_api.responses.keys import BoxMissing, forget_destroyed_keys, key_of, wipe_destroyed_keys
from climate_survey_api.responses.models import ballot_keys, ballots
from climate_survey_api.responses.operations import empty_box, make_box
from climate_survey_api.responses.rules import Ballot
from climate_survey_api.responses.sealing import seal_ballot
from climate_survey_api.responses.views import ballots_of, opened_ballots
from shared.crypto import KeyRing
from shared.db import EVERY_DISTRICT, Database
from shared.events.surveys import RespondentGroup
from shared.key_rotation import reseal_columns
from shared.testing.migrated import make_migrated
from shared.testing.service import DISTRICT
from tests.climate_survey_api.leftovers import contents, files_of

MANY = 1_100
"""More than are opened at once."""


@pytest.fixture
def ring(tmp_path: Path) -> KeyRing:
    return KeyRing.from_file(tmp_path / "ring.json")


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    await make_migrated(database_url, MIGRATIONS)
    made = Database(database_url, pool_size=4)
    yield made
    await made.close()


async def a_box(database: Database, ring: KeyRing) -> UUID:
    administration_id = uuid4()
    async with database.write(DISTRICT) as session:
        await make_box(session, ring, district_id=DISTRICT, administration_id=administration_id)
    return administration_id


async def drop(database: Database, ring: KeyRing, administration_id: UUID, count: int) -> list[int]:
    """Drop so many ballots, each with an answer of its own; the answers in their order."""
    async with database.write(DISTRICT) as session:
        key = await key_of(session, ring, administration_id)
        rows = []
        for number in range(count):
            ballot, ballot_id = Ballot("s-1", RespondentGroup.STAFF, {"q1": number}), uuid4()
            place = {"administration_id": administration_id, "ballot_id": ballot_id}
            clear = {"district_id": DISTRICT, "school_id": "s-1", "respondent_group": "staff"}
            rows.append(place | clear | {"sealed": seal_ballot(key, ballot, room=40, **place)})
        await session.execute(insert(ballots), rows)
    return list(range(count))


async def opened(database: Database, ring: KeyRing, administration_id: UUID) -> list[int]:
    """The answers, in the order in which they come out."""
    async with database.read(DISTRICT) as session:
        found = opened_ballots(session, ring, district_id=DISTRICT, administration_id=administration_id)
        return [ballot.answers["q1"] async for ballot in found]


async def test_everything_comes_out_once_and_in_another_order_each_time(database: Database, ring: KeyRing) -> None:
    administration_id, other = await a_box(database, ring), await a_box(database, ring)
    dropped = await drop(database, ring, administration_id, MANY)
    await drop(database, ring, other, 3)

    first, second = [await opened(database, ring, administration_id) for _ in range(2)]

    assert sorted(first) == sorted(second) == dropped
    assert len({tuple(dropped), tuple(first), tuple(second)}) == 3


async def test_a_box_that_is_made_again_keeps_its_key(database: Database, ring: KeyRing) -> None:
    administration_id = await a_box(database, ring)
    dropped = await drop(database, ring, administration_id, 2)

    async with database.write(DISTRICT) as session:
        await make_box(session, ring, district_id=DISTRICT, administration_id=administration_id)

    another_process = KeyRing(ring.retired_path.with_stem("ring"))
    assert sorted(await opened(database, another_process, administration_id)) == dropped


async def test_what_is_emptied_is_gone_with_its_key_and_nothing_else_is(database: Database, ring: KeyRing) -> None:
    administration_id, other = await a_box(database, ring), await a_box(database, ring)
    for box in (administration_id, other):
        await drop(database, ring, box, 2)

    async with database.write(DISTRICT) as session:
        await empty_box(session, district_id=DISTRICT, administration_id=administration_id)

    async with database.read(DISTRICT) as session:
        assert await ballots_of(session, administration_id) == 0
        left = (await session.execute(select(ballot_keys.c.administration_id))).scalars().all()
    assert left == [other]
    with pytest.raises(BoxMissing):
        await opened(database, ring, administration_id)
    assert sorted(await opened(database, ring, other)) == [0, 1]


async def test_a_new_key_of_the_ring_seals_the_box_s_key_and_its_ballots_stay_as_they_are(
    database: Database, ring: KeyRing
) -> None:
    administration_id = await a_box(database, ring)
    dropped = await drop(database, ring, administration_id, 2)
    ring.with_new_key(datetime.now(UTC))

    assert await reseal_columns(database, (metadata,), ring, io.StringIO()) == 1

    ring.without(1)
    another_process = KeyRing(ring.retired_path.with_stem("ring"))
    assert sorted(await opened(database, another_process, administration_id)) == dropped


async def test_a_process_keeps_few_keys_at_hand_and_reads_the_others_again(
    database: Database, ring: KeyRing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "_MOST_AT_HAND", 2)
    boxes = [await a_box(database, ring) for _ in range(3)]
    for box in boxes:
        await drop(database, ring, box, 1)

    assert len(keys._at_hand[ring]) == 2
    assert [await opened(database, ring, box) for box in boxes] == [[0]] * 3


async def test_a_process_forgets_a_key_that_another_has_destroyed_and_no_other(
    database: Database, ring: KeyRing, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, destroyed = await a_box(database, ring), await a_box(database, ring)
    another_process = KeyRing(ring.retired_path.with_stem("ring"))
    for box in (kept, destroyed):
        await drop(database, another_process, box, 1)
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(keys, "_at_hand", WeakKeyDictionary())
        async with database.write(DISTRICT) as session:
            await empty_box(session, district_id=DISTRICT, administration_id=destroyed)
    assert set(keys._at_hand[another_process]) == {kept, destroyed}

    async with database.read(EVERY_DISTRICT) as session:
        await forget_destroyed_keys(session, another_process)

    assert set(keys._at_hand[another_process]) == {kept}


async def test_a_destroyed_key_is_wiped_out_of_the_files_and_the_others_are_not(
    database: Database, ring: KeyRing, database_url: str
) -> None:
    other, administration_id = await a_box(database, ring), await a_box(database, ring)
    dropped = await drop(database, ring, other, 2)
    kept, destroyed = await sealed_key(database, other), await sealed_key(database, administration_id)
    async with database.write(DISTRICT) as session:
        await empty_box(session, district_id=DISTRICT, administration_id=administration_id)
    files = await files_of(database, database_url, ballot_keys.name)
    assert destroyed in await contents(database, files)

    async with database.read(DISTRICT) as session:
        await session.execute(select(ballot_keys.c.administration_id))
        assert await wipe_destroyed_keys(database, KeyTable.BALLOT_KEYS) is False, (
            "somebody reads what was there before"
        )
    assert await wipe_destroyed_keys(database, KeyTable.BALLOT_KEYS) is True

    left = await contents(database, [*files, *await files_of(database, database_url, ballot_keys.name)])
    assert kept in left
    assert destroyed not in left
    another_process = KeyRing(ring.retired_path.with_stem("ring"))
    assert sorted(await opened(database, another_process, other)) == dropped


async def test_a_login_that_may_not_wipe_keys_out_of_the_files_says_so(postgresql_url: str) -> None:
    await make_migrated(postgresql_url, MIGRATIONS)
    owner, name = Database(postgresql_url, pool_size=2), f"guest_{uuid4().hex}"
    guest = Database(make_url(postgresql_url).set(username=name, password=name).render_as_string(hide_password=False))
    async with owner.dedicated() as connection:
        await connection.execute(text(f"CREATE ROLE {name} LOGIN PASSWORD '{name}'"))
        with capture_logs() as told_guest:
            assert all([await wipe_destroyed_keys(guest, table) for table in KeyTable])
        with capture_logs() as told_owner:
            assert all([await wipe_destroyed_keys(owner, table) for table in KeyTable])
        await connection.execute(text(f"DROP ROLE {name}"))
    await guest.close()
    await owner.close()

    assert [(line["event"], line["table"]) for line in told_guest] == [
        ("destroyed_keys_not_wiped", "ballot_keys"),
        ("destroyed_keys_not_wiped", "administrations"),
    ]
    assert told_owner == []


async def test_postgresql_keeps_no_sample_of_a_key_nor_those_of_before(postgresql_url: str, ring: KeyRing) -> None:
    await make_migrated(postgresql_url, MIGRATIONS)
    database = Database(postgresql_url)
    for _ in range(3):
        await a_box(database, ring)
    async with database.dedicated() as connection:
        await connection.execute(text("ALTER TABLE ballot_keys ALTER COLUMN key SET STATISTICS -1"))
        await connection.execute(text("ANALYZE ballot_keys"))
        before = await sampled(connection)
        await connection.run_sync(migrate_keys_unsampled)
        after = await sampled(connection)
        await connection.execute(text("ANALYZE ballot_keys"))
        again = await sampled(connection)
        wanted = "SELECT attstattarget FROM pg_attribute WHERE attrelid = 'administrations'::regclass"
        of_choices = (await connection.execute(text(f"{wanted} AND attname = 'choices_key'"))).scalar_one()
    await database.close()

    assert before == {"administration_id", "district_id", "key"}
    assert after == again == {"administration_id", "district_id"}
    assert of_choices == 0


def migrate_keys_unsampled(connection: Connection) -> None:
    """As in a database that was in use before that migration."""
    with Operations.context(MigrationContext.configure(connection)):
        runpy.run_path(str(MIGRATIONS.folder / "versions" / "20261126_09_keys_unsampled.py"))["upgrade"]()


async def sampled(connection: AsyncConnection) -> set[str]:
    """The columns of which PostgreSQL has taken samples."""
    wanted = "SELECT attname FROM pg_stats WHERE schemaname = current_schema() AND tablename = 'ballot_keys'"
    return set((await connection.execute(text(wanted))).scalars())


async def sealed_key(database: Database, administration_id: UUID) -> bytes:
    """A box's key as it is stored."""
    async with database.read(DISTRICT) as session:
        wanted = select(ballot_keys.c.key).where(ballot_keys.c.administration_id == administration_id)
        sealed: bytes = (await session.execute(wanted)).scalar_one()
        return sealed
