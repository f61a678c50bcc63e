"""What cannot be read holds nobody else's alarms up: a calendar, a referral's row, a row of an older process."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, update
from structlog.testing import capture_logs

from referral_api.calendar.models import calendars
from referral_api.referrals.operations.alarming import next_alarm
from referral_api.referrals.operations.isolating import ASIDE
from shared.db import EVERY_DISTRICT
from shared.testing.service import DISTRICT
from tests.referral_api.referrals.clocks.waiting import (
    CALENDAR,
    CLOSED_TUESDAY,
    NEW_DUE,
    OLD_DUE,
    Waiting,
    a_stored,
    at,
    waiting,
)
from tests.referral_api.suite import add_roster

UNREADABLE = {
    "no JSON": "{",
    "no calendar": "[]",
    "a zone that is none": '{"time_zone": "America/Gotham", "day_starts": "08:00", "day_ends": "15:00",'
    ' "weekdays": [1], "closed_on": []}',
    "a weekday that never comes": '{"time_zone": "UTC", "day_starts": "08:00", "day_ends": "15:00",'
    ' "weekdays": [9], "closed_on": []}',
    "a field less": '{"time_zone": "UTC"}',
}


@pytest.fixture
async def api(database_url: str, tmp_path: Path) -> AsyncIterator[Waiting]:
    async with waiting(database_url, tmp_path) as made:
        async with made.database.write("elsewhere") as session:
            await add_roster(session, made.service, "elsewhere")
        yield made


async def spoil_calendar(api: Waiting, text: str) -> None:
    """The district's calendar becomes this text."""
    async with api.database.write(EVERY_DISTRICT) as session:
        await session.execute(insert(calendars).values(a_stored(CALENDAR) | {"calendar": text}))


@pytest.mark.parametrize("text", UNREADABLE.values(), ids=UNREADABLE)
async def test_a_calendar_that_cannot_be_read_stops_no_alarm_anywhere(api: Waiting, text: str) -> None:
    here, there = await api.submit(), await api.submit(district="elsewhere")
    await spoil_calendar(api, text)
    with capture_logs() as logs:
        assert [await api.ring(now) for now in ("03T13:00", "03T15:00", "03T15:01")] == [2, 2, 0]
    assert await api.names(here) == await api.names(there) == ["contact_reminded", "contact_overdue"]
    said = [log for log in logs if log["event"] == "calendar_unreadable"]
    assert said == [{"event": "calendar_unreadable", "log_level": "error", "district_id": DISTRICT}] * 2


async def test_such_a_calendar_is_mended_by_setting_it(api: Waiting) -> None:
    referral_id = await api.submit()
    await spoil_calendar(api, "{")
    await api.set_calendar(CLOSED_TUESDAY)
    assert (await api.stored(referral_id)).due_at == NEW_DUE
    async with api.service.client("counselor") as client:
        assert (await client.get("/v1/calendar")).json()["closed_on"] == ["2026-11-03"]


@pytest.mark.parametrize("text", UNREADABLE.values(), ids=UNREADABLE)
async def test_while_a_calendar_cannot_be_read_referrals_are_sent_and_merged_by_the_default(
    api: Waiting, text: str
) -> None:
    await spoil_calendar(api, text)
    with capture_logs() as logs:
        one, other = await api.submit(), await api.submit()
        merged = await api.send("POST", f"/v1/referrals/{one}/merging", {"into": str(other)})
    assert (merged.status_code, merged.json()["merged_into"]) == (200, str(other))
    assert [(await api.stored(r)).due_at for r in (one, other)] == [OLD_DUE, OLD_DUE]
    assert [log["district_id"] for log in logs if log["event"] == "calendar_unreadable"] == [DISTRICT] * 3
    await api.set_calendar(CLOSED_TUESDAY)
    assert (await api.stored(other)).due_at == NEW_DUE


async def test_such_a_calendar_is_said_to_be_unreadable(api: Waiting) -> None:
    await spoil_calendar(api, "{")
    async with api.service.client("counselor") as client:
        answer = await client.get("/v1/calendar")
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:rapport:problem:calendar-unreadable")


async def test_such_a_calendar_delays_no_other_district_s_rescheduling(api: Waiting) -> None:
    here, there = await api.submit(), await api.submit(district="elsewhere")
    await api.set_calendar(CLOSED_TUESDAY)
    await api.set_calendar(CLOSED_TUESDAY, district="elsewhere")
    async with api.database.write(EVERY_DISTRICT) as session:
        await session.execute(update(calendars).where(calendars.c.district_id == DISTRICT).values(calendar="{"))
    api.now += ASIDE / 2
    assert await api.reschedule() == 2
    assert await api.reschedule() == 0  # and it is not tried again at once
    assert [(await api.stored(r)).due_at for r in (here, there)] == [NEW_DUE, NEW_DUE]
    api.now += ASIDE
    assert await api.reschedule() == 1


@pytest.mark.parametrize(
    "values",
    [{"need": "something_new"}, {"facets": "{"}, {"due_at": None, "submitted_at": None}, {"submitted_on": None}],
    ids=["a word of another release", "no JSON", "no times", "no day"],
)
async def test_a_row_that_cannot_be_read_holds_up_no_other(api: Waiting, values: dict[str, Any]) -> None:
    bad, good = await api.submit(), await api.submit(district="elsewhere")
    await api.corrupt(bad, **values)
    with capture_logs() as logs:
        assert [await api.ring(now) for now in ("03T15:00", "03T15:01")] == [2, 0]  # nor is it tried again at once
    assert await api.names(good) == ["contact_overdue"]
    (said,) = [log for log in logs if log["event"] == "referral_unreadable"]
    assert (said["district_id"], said["referral_id"]) == (DISTRICT, str(bad))
    assert set(said) == {"event", "log_level", "district_id", "referral_id", "error"}
    async with api.database.read(EVERY_DISTRICT) as session:
        assert await next_alarm(session) == at("03T15:00") + ASIDE
    assert await api.ring("03T15:10") == 1  # but later


async def test_once_it_is_mended_it_rings(api: Waiting) -> None:
    referral_id = await api.submit()
    await api.corrupt(referral_id, need="something_new")
    await api.ring("03T15:00")
    await api.corrupt(referral_id, need="grief")
    await api.ring("03T15:10")
    assert await api.names() == ["contact_overdue"]


async def test_a_row_that_cannot_be_read_keeps_no_calendar_from_moving_the_others(api: Waiting) -> None:
    bad, good = await api.submit(), await api.submit()
    await api.corrupt(bad, need="something_new")
    await api.set_calendar(CLOSED_TUESDAY)
    assert [(await api.stored(r)).due_at for r in (bad, good)] == [OLD_DUE, NEW_DUE]


async def test_a_referral_that_an_old_process_wrote_gets_its_alarm(api: Waiting) -> None:
    left = {"alarm_at": None, "due_at": OLD_DUE}  # it knows of no alarm, and of no calendar
    here, there = await api.submit(), await api.submit(district="elsewhere")
    await api.set_calendar(CLOSED_TUESDAY, district="elsewhere")
    for referral_id in (here, there):
        await api.corrupt(referral_id, **left)
    assert [await api.clock().wind_what_stands_still() for _ in range(2)] == [2, 0]
    row = await api.stored(here)
    assert (row.due_at, row.alarm_at, row.version) == (OLD_DUE, at("03T13:00"), 1)
    row = await api.stored(there)
    assert (row.due_at, row.alarm_at) == (NEW_DUE, at("04T13:00"))
    assert (await api.names(here), (await api.names(there))[-1]) == ([], "rescheduled")
    await api.ring("04T15:00")
    assert [(await api.names(r))[-1] for r in (here, there)] == ["contact_overdue"] * 2


async def test_what_no_clock_runs_for_is_given_none(api: Waiting) -> None:
    draft, escalated, reached, ended = [await api.submit(send=n > 0) for n in range(4)]
    await api.reach(reached, "02T15:00")
    await api.move(ended, "rejected", reason="other")
    await api.ring("03T15:00")
    assert (await api.stored(escalated)).alarm_at is None
    assert await api.clock().wind_what_stands_still() == 0
    assert (await api.stored(draft)).alarm_at is None


async def test_what_stands_still_and_cannot_be_set_is_left_alone_for_a_while(api: Waiting) -> None:
    bad, good = await api.submit(), await api.submit()
    for referral_id in (bad, good):
        await api.corrupt(referral_id, alarm_at=None)
    await api.corrupt(bad, need="something_new")
    await spoil_calendar(api, "{")
    assert [await api.clock().wind_what_stands_still() for _ in range(2)] == [2, 0]
    assert (await api.stored(good)).alarm_at == OLD_DUE  # as far as it is known without a calendar
    assert (await api.stored(bad)).alarm_at == api.now + ASIDE
