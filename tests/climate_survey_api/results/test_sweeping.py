"""Destroyed keys are wiped out of the files: once for each, by one of all processes, and whatever the counts do."""

import asyncio
import runpy
from zoneinfo import ZoneInfo

import pytest
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, select

from climate_survey_api.administrations.destroyed import KeyTable, keys_to_wipe, note_destroyed
from climate_survey_api.administrations.models import destroyed_keys
from climate_survey_api.app import MIGRATIONS
from climate_survey_api.responses import keys
from climate_survey_api.responses.models import ballot_keys
from climate_survey_api.results import operations, worker
from climate_survey_api.results.worker import Counting
from climate_survey_api.settings import Settings
from shared.crypto import KeyRing
from shared.db import EVERY_DISTRICT, Database
from shared.errors import DatabaseUnavailable
from shared.testing.service import DISTRICT, ServiceInTest
from tests.climate_survey_api.leftovers import contents, files_of
from tests.climate_survey_api.planned import a_survey
from tests.climate_survey_api.results.counted import close, students_of, surveyed
from tests.climate_survey_api.suite import NOON, Clock

pytestmark = pytest.mark.slow
BALLOTS, CHOICES = KeyTable.BALLOT_KEYS, KeyTable.ADMINISTRATIONS


class Wiping:
    """The real wiping, of which is known what was wiped; it can be stood in the way of, or meet a fault."""

    def __init__(self) -> None:
        self.tried = asyncio.Queue[KeyTable]()
        self.hindered: dict[KeyTable, Exception | None] = {}

    async def __call__(self, database: Database, table: KeyTable) -> bool:
        """Wipe, unless it is hindered."""
        self.tried.put_nowait(table)
        if table not in self.hindered:
            return await keys.wipe_destroyed_keys(database, table)
        if fault := self.hindered[table]:
            raise fault
        return False

    def since(self) -> list[KeyTable]:
        """The tables that were tried since it was last asked."""
        return [self.tried.get_nowait() for _ in range(self.tried.qsize())]


@pytest.fixture
def wiping(monkeypatch: pytest.MonkeyPatch) -> Wiping:
    made = Wiping()
    monkeypatch.setattr(worker, "wipe_destroyed_keys", made)
    return made


@pytest.fixture
def clock() -> Clock:
    return Clock()


def a_process(service: ServiceInTest[Settings], clock: Clock, ring: KeyRing | None = None) -> Counting:
    """One of those that serve the same database."""
    return Counting(service.process.database, ring or service.process.ring, clock, ZoneInfo("America/New_York"))


async def destroy(service: ServiceInTest[Settings], *tables: KeyTable) -> None:
    async with service.process.database.write(DISTRICT) as session:
        for table in tables:
            await note_destroyed(session, district_id=DISTRICT, held_in=table)


async def test_of_all_processes_one_wipes_after_a_count_and_none_again_nor_when_it_starts(
    service: ServiceInTest[Settings], wiping: Wiping, clock: Clock
) -> None:
    processes = [a_process(service, clock) for _ in range(4)]
    await asyncio.gather(*(process.sweep() for process in processes))
    assert wiping.since() == []

    await close(await surveyed(service, students_of("s-1", 30, point=4)))
    await asyncio.gather(*(process.sweep() for process in processes))
    assert wiping.since() == [BALLOTS], "no parent has decided anything: the surveys' table need not be locked"

    await asyncio.gather(*(process.sweep() for process in (*processes, a_process(service, clock))))
    assert wiping.since() == []


async def test_what_somebody_is_in_the_way_of_is_tried_every_minute_by_one_of_all_processes(
    service: ServiceInTest[Settings], wiping: Wiping, clock: Clock
) -> None:
    processes = [a_process(service, clock) for _ in range(2)]
    await destroy(service, BALLOTS, CHOICES)
    wiping.hindered[BALLOTS] = None
    for process in processes:
        await process.sweep()
    assert sorted(wiping.since()) == [CHOICES, BALLOTS]
    await destroy(service, BALLOTS)
    for process in processes:
        await process.sweep()
    assert wiping.since() == [], "not again at once, for another key neither"

    clock.move(worker.SWEEP_AGAIN)
    for process in processes:
        await process.sweep()
    assert wiping.since() == [BALLOTS]

    del wiping.hindered[BALLOTS]
    clock.move(worker.SWEEP_AGAIN)
    for process in processes:
        await process.sweep()
    assert wiping.since() == [BALLOTS]


async def test_a_key_that_is_destroyed_while_another_is_wiped_is_wiped_too(
    service: ServiceInTest[Settings], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def wipe_while_one_is_destroyed(database: Database, table: KeyTable) -> bool:
        is_wiped = await keys.wipe_destroyed_keys(database, table)
        await destroy(service, table)
        return is_wiped

    await destroy(service, BALLOTS)
    monkeypatch.setattr(worker, "wipe_destroyed_keys", wipe_while_one_is_destroyed)
    await a_process(service, clock).sweep()
    async with service.process.database.read(EVERY_DISTRICT) as session:
        assert len((await keys_to_wipe(session, clock()))[BALLOTS]) == 1


async def test_a_fault_keeps_neither_the_other_table_nor_the_counts_from_their_turn(
    service: ServiceInTest[Settings], wiping: Wiping, clock: Clock
) -> None:
    await destroy(service, BALLOTS, CHOICES)
    wiping.hindered[BALLOTS] = wiping.hindered[CHOICES] = OSError("no space left")
    process = a_process(service, clock)
    await process.sweep()
    assert sorted(wiping.since()) == [CHOICES, BALLOTS]
    clock.move(worker.SWEEP_AGAIN)
    await process.sweep()
    assert wiping.since() == []
    clock.move(worker.TRY_AGAIN)
    await process.sweep()
    assert sorted(wiping.since()) == [CHOICES, BALLOTS]


async def test_it_is_wiped_though_no_count_succeeds(
    service: ServiceInTest[Settings], wiping: Wiping, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(counting: Counting) -> int:
        raise DatabaseUnavailable

    monkeypatch.setattr(Counting, "count_what_waits", away)
    await destroy(service, CHOICES)
    running = asyncio.create_task(a_process(service, clock).run())
    try:
        assert await asyncio.wait_for(wiping.tried.get(), timeout=5) is CHOICES
    finally:
        running.cancel()
        await asyncio.wait([running])


async def test_another_process_forgets_the_key_at_its_next_look_and_the_files_have_it_no_more(
    service: ServiceInTest[Settings], clock: Clock, monkeypatch: pytest.MonkeyPatch, database_url: str
) -> None:
    monkeypatch.setattr(operations, "FEW", 10)
    database, ring = service.process.database, service.process.ring
    survey = await surveyed(service, students_of("s-1", 30, point=4))
    async with database.read(EVERY_DISTRICT) as session:
        sealed = (await session.execute(select(ballot_keys.c.key))).scalar_one()
    files = await files_of(database, database_url, ballot_keys.name)
    await close(survey)
    process = a_process(service, clock)
    await process.sweep()
    assert set(keys._at_hand[ring]) == {survey.administration_id}, "it is still to be counted"
    opened = keys._at_hand.pop(ring)

    await process.count_what_waits()
    keys._at_hand[ring] = opened  # as a process has it that did not count
    await process.sweep()

    assert not opened
    files += await files_of(database, database_url, ballot_keys.name)
    assert sealed not in await contents(database, files)


async def test_where_surveys_were_over_before_there_were_notes_each_table_is_wiped_once(
    service: ServiceInTest[Settings], wiping: Wiping, clock: Clock
) -> None:
    for _ in range(2):
        await a_survey(service, status="closed", closed_at=NOON)
    async with service.process.database.write(EVERY_DISTRICT) as session:
        await session.run_sync(migrate_to_notes)
    for _ in range(2):
        await a_process(service, clock).sweep()
    assert sorted(wiping.since()) == [CHOICES, BALLOTS]


def migrate_to_notes(connection: Connection) -> None:
    """As in a database that was in use before that migration."""
    destroyed_keys.drop(connection)
    with Operations.context(MigrationContext.configure(connection)):
        runpy.run_path(str(MIGRATIONS.folder / "versions" / "20261126_10_destroyed_keys.py"))["upgrade"]()
