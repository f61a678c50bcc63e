"""Building the views anew from the log, while the old ones serve and events keep coming."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from reporting.app import HEARS, SERVICE
from reporting.base import metadata
from reporting.models import REBUILT, contact_times, places, referral_funnel, students_referred
from reporting.rebuild import rebuild
from reporting.rolling import Roller
from reporting.settings import Settings
from shared.bus.base import Bus, Message, Reader, Record, TopicPartition
from shared.cloudevents import to_message
from shared.db import EVERY_DISTRICT
from shared.events.base import Event
from shared.events.facets import Sex
from shared.events.referrals import Stage
from shared.events.training import StandingStatus
from shared.inbox import OffsetsMoved, consumer_offsets, inbox
from shared.testing.events import a_life, a_submission, an_enrollment, some_facets, taken_back
from shared.testing.service import ServiceInTest, in_test
from shared.testing.survey_events import a_closing, a_count, a_finding, an_opening, some_progress
from shared.testing.training_events import a_drill, a_lesson, a_quota, a_standing, an_activity, no_activity
from tests.reporting.suite import a_clock_in_a_hurry, roll_all

Reporting = ServiceInTest[Settings]


@pytest.fixture
async def reporting(database_url: str, tmp_path: Path) -> AsyncIterator[Reporting]:
    """Reporting over a database and an embedded bus of its own."""
    settings = Settings(
        database_url=database_url, event_bus_url=f"sqlite:///{tmp_path / 'bus.db'}", keys_dir=tmp_path / "keys"
    )
    async with in_test(SERVICE, settings) as service:
        await service.process.bus.ensure_topics(service.process.service.topics())
        yield service


async def publish(reporting: Reporting, *events: Event) -> None:
    """Put these events on the bus."""
    await reporting.process.bus.publish([to_message(event, source="referral-api") for event in events])


async def rebuilt(reporting: Reporting) -> int:
    """Run a rebuild; how many records it passed over."""
    process = reporting.process
    return await rebuild(process.database, process.bus, consumer=SERVICE.name, topics=HEARS)


async def contents(reporting: Reporting) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table a rebuild replaces, and the schools' numbers, once everything is rolled."""
    await roll_all(reporting.process.database)
    async with reporting.process.database.read(EVERY_DISTRICT) as session:
        offsets = select(consumer_offsets.c.topic, consumer_offsets.c.partition, consumer_offsets.c.next_offset)
        return {
            **{
                table.name: sorted(tuple(row) for row in await session.execute(select(table)))
                for table in (*REBUILT, places, inbox)
            },
            "offsets": sorted(tuple(row) for row in await session.execute(offsets)),
        }


def some_history() -> list[Event]:
    """Lives at three schools, one of them a mistake, and two counts of the enrolment."""
    events: list[Event] = []
    for n in range(30):
        submitted = a_submission(school_id=f"s-{n % 3}", student_id=f"st-{n % 7}", sex=list(Sex)[n % 4])
        events += a_life(submitted, *list(Stage)[1 : 1 + n % 5])
    mistake = a_life(a_submission(), Stage.ACCEPTED)
    return [*events, *mistake, taken_back(mistake), *counts_of_enrollment(), *some_training(), *some_surveys()]


def some_training() -> list[Event]:
    """Entries, one of them a mistake, drills, and versions of standings and quotas, of which the later come first."""
    mistake = an_activity(school_id="s-work")
    first = a_standing(
        {"basic": [(date(2026, 1, 1), StandingStatus.DUE)], "gone": [(date(2026, 1, 1), StandingStatus.DUE)]}, "s-1"
    )
    second = a_standing({"basic": [(date(2026, 3, 1), StandingStatus.CURRENT)]}, "s-2", version=2)
    ledger = [a_lesson(), a_lesson(grade_band=None), an_activity(), mistake, no_activity(mistake)]
    return [*ledger, a_drill(), a_drill(notice_in_time=False), second, first, a_quota({}, version=2), a_quota({}, {})]


def some_surveys() -> list[Event]:
    """A survey that ran and was counted, with figures that only a few bits in a thousand set apart."""
    means = [a_finding(f"d-{n}", means=208.5 + n / 3) for n in range(5)]
    days = [some_progress(counted_on=date(2026, 10, day), used=day) for day in (8, 7)]
    return [a_closing(), *days, an_opening(), a_count(*means), a_count(a_finding(suppressed=True), school_id=None)]


def counts_of_enrollment() -> list[Event]:
    """A count that a later one replaces."""
    girls, boys = some_facets(), some_facets(sex=Sex.MALE)
    return [an_enrollment((girls, 40), (boys, 3), version=1), an_enrollment((girls, 41), version=2)]


def test_a_rebuild_makes_every_table_anew_but_the_schools_numbers() -> None:
    assert {*metadata.tables.values()} - {places} == {*REBUILT}


async def test_a_rebuild_gives_the_same_tables_to_the_last_row(reporting: Reporting) -> None:
    history = some_history()
    await publish(reporting, *history, history[0])
    await reporting.drain()
    before = await contents(reporting)
    assert len(before["referral_funnel"]) > 5
    assert all(rows for name, rows in before.items() if not name.endswith("_pending"))
    for _ in range(2):
        assert await rebuilt(reporting) == 0
        assert await contents(reporting) == before


async def test_a_rebuild_mends_what_was_wrong_and_the_consumer_goes_on_after_it(reporting: Reporting) -> None:
    await publish(reporting, *some_history())
    await reporting.drain()
    right = await contents(reporting)
    async with reporting.process.database.write(EVERY_DISTRICT) as session:
        await session.execute(referral_funnel.update().values(submitted=99))
        await session.execute(inbox.delete())
    await rebuilt(reporting)
    assert await contents(reporting) == right
    await publish(reporting, a_submission(school_id="s-later"))
    await reporting.drain()
    assert len((await contents(reporting))["inbox"]) == len(right["inbox"]) + 1


async def test_a_consumer_that_read_less_or_more_goes_on_from_where_the_rebuild_ended(reporting: Reporting) -> None:
    await publish(reporting, *some_history())
    await rebuilt(reporting)  # before the consumer has read anything
    fresh = await contents(reporting)
    await reporting.drain()
    assert await contents(reporting) == fresh
    await publish(reporting, a_submission(school_id="s-later"))
    await rebuilt(reporting)  # the consumer has its place, one event before the end
    ahead = await contents(reporting)
    with pytest.raises(OffsetsMoved):
        await reporting.drain()
    assert await contents(reporting) == ahead
    assert reporting._reader is not None
    reporting._reader.displace()  # what the running consumer does then
    await publish(reporting, a_submission(school_id="s-last"))
    await reporting.drain()
    assert len((await contents(reporting))["inbox"]) == len(ahead["inbox"]) + 1


class OneByOne:
    """A bus that hands out one record at a time, and does not show the last ones until it was asked `hides` times."""

    def __init__(self, bus: Bus, *, hides: int) -> None:
        self._bus = bus
        self._hides = hides

    async def bounds(self, topics: Sequence[str]) -> Mapping[TopicPartition, tuple[int, int]]:
        """Where the logs begin and end, or seem to."""
        self._hides -= 1
        real = await self._bus.bounds(topics)
        return real if self._hides < 0 else {p: (first, max(first, end - 1)) for p, (first, end) in real.items()}

    async def reader(self, *, group: str, topics: Sequence[str]) -> Reader:
        """A reader that is in no hurry."""
        reader = await self._bus.reader(group=group, topics=topics)
        read = reader.read

        async def read_one(*, max_records: int, timeout: timedelta) -> Mapping[TopicPartition, Sequence[Record]]:
            return await read(max_records=1, timeout=timeout)

        vars(reader)["read"] = read_one
        return reader


async def test_a_rebuild_never_sets_an_idle_consumer_back(reporting: Reporting) -> None:
    await publish(reporting, *some_history())
    await reporting.drain()
    before = await contents(reporting)
    bus: Any = OneByOne(reporting.process.bus, hides=2)
    await rebuild(reporting.process.database, bus, consumer=SERVICE.name, topics=HEARS)
    assert await contents(reporting) == before


async def test_what_a_rebuild_has_put_in_place_lies_in_the_order_of_its_key(reporting: Reporting) -> None:
    database = reporting.process.database
    await publish(reporting, *reversed(some_history()))
    bus: Any = OneByOne(reporting.process.bus, hides=0)
    await rebuild(database, bus, consumer=SERVICE.name, topics=HEARS)
    place = text("ctid" if database.dialect == "postgresql" else "rowid")
    async with database.read(EVERY_DISTRICT) as session:
        for table in (referral_funnel, students_referred, contact_times):
            rows = (await session.execute(select(*table.primary_key.columns).order_by(place))).all()
            assert len(rows) > 5
            assert rows == sorted(rows)


async def test_what_a_killed_rebuild_left_behind_is_thrown_away(reporting: Reporting) -> None:
    await publish(reporting, *some_history())
    await reporting.drain()
    before = await contents(reporting)
    async with reporting.process.database.write(EVERY_DISTRICT) as session:
        await session.execute(text("CREATE TABLE referral_funnel__next (rest INTEGER)"))
    await rebuilt(reporting)
    assert await contents(reporting) == before


async def test_records_that_cannot_be_applied_are_passed_over_and_told(reporting: Reporting) -> None:
    good = to_message(a_submission(), source="referral-api")
    torn = Message(good.topic, b"k", b"{", good.headers)
    unstorable = to_message(a_submission(school_id="s\0"), source="referral-api")
    await reporting.process.bus.publish([torn, good, unstorable])
    assert await rebuilt(reporting) == 2
    assert len((await contents(reporting))["inbox"]) == 1


async def test_views_keep_serving_the_old_rows_until_the_new_ones_are_there(reporting: Reporting) -> None:
    await publish(reporting, a_submission())
    await reporting.drain()
    database = reporting.process.database
    async with database.read(EVERY_DISTRICT) as reader:
        before = (await reader.execute(select(referral_funnel))).all()
        await publish(reporting, a_submission())
        await rebuilt(reporting)
        assert (await reader.execute(select(referral_funnel))).all() == before
    async with database.read(EVERY_DISTRICT) as reader:
        assert [row.submitted for row in await reader.execute(select(referral_funnel))] == [2]


async def test_a_rebuild_of_an_empty_log_gives_empty_views(reporting: Reporting) -> None:
    await rebuilt(reporting)
    assert (await contents(reporting))["referral_funnel"] == []


@pytest.mark.slow
async def test_a_rebuild_while_rows_are_rolled_gives_the_same_margins(reporting: Reporting) -> None:
    roller = Roller(reporting.process.database, clock=a_clock_in_a_hurry())

    async def keep_rolling() -> None:
        while True:
            await roller.roll_once()
            await asyncio.sleep(0)

    for _ in range(3):
        await publish(reporting, *some_history())
        with suppress(OffsetsMoved):  # after the last rebuild
            await reporting.drain()
        assert reporting._reader is not None
        reporting._reader.displace()
        await reporting.drain()
        rolling = asyncio.create_task(keep_rolling())
        await rebuilt(reporting)
        rolling.cancel()
        await asyncio.gather(rolling, return_exceptions=True)
        assert rolling.cancelled()
        rolled_beside = await contents(reporting)
        await rebuilt(reporting)
        assert await contents(reporting) == rolled_beside
