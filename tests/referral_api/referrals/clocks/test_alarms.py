"""Reminders and escalations: each once, together with the state they tell of, whatever happens around them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import update

from referral_api.referrals.models import referrals
from referral_api.referrals.operations.alarming import ring_alarms
from referral_api.referrals.operations.rescheduling import CHUNK
from referral_api.referrals.views.finding import find_referral
from referral_api.referrals.worker import ContactClock
from shared.db import EVERY_DISTRICT, Database, ReadSession
from shared.errors import DatabaseUnavailable
from shared.testing.service import DISTRICT
from tests.referral_api.referrals.clocks.waiting import CLOSED_TUESDAY, MONDAY, Waiting, at
from tests.referral_api.suite import add_roster


async def test_a_referral_that_nobody_takes_up_is_reminded_of_once_and_escalated_once(api: Waiting) -> None:
    referral_id = await api.submit()
    for now, names in (
        ("03T12:59", []),
        ("03T13:00", ["contact_reminded"]),  # school opens on the day it is due
        ("03T14:59", ["contact_reminded"]),
        ("03T15:00", ["contact_reminded", "contact_overdue"]),
        ("09T15:00", ["contact_reminded", "contact_overdue"]),
    ):
        await api.ring(now)
        assert await api.names() == names, now
    row = await api.stored(referral_id)
    assert (row.reminded_at, row.overdue_at, row.alarm_at) == (at("03T13:00"), at("03T15:00"), None)
    assert row.version == 1  # nobody changed it: whoever has read it may go on
    for (_, event), occurred_at in zip((await api.told())[1:], ("03T13:00", "03T15:00"), strict=True):
        assert event["due_at"] == "2026-11-03T15:00:00Z"
        assert event["occurred_at"] == at(occurred_at).isoformat().replace("+00:00", "Z")
        assert event["version"] == 1


async def test_an_imminent_one_is_reminded_of_a_quarter_of_an_hour_before(api: Waiting) -> None:
    await api.submit(urgency="imminent")
    assert [await api.ring(now) for now in ("02T15:44", "02T15:45", "02T15:59", "02T16:00")] == [0, 1, 0, 1]
    assert await api.names() == ["contact_reminded", "contact_overdue"]


async def test_the_events_travel_like_all_others(api: Waiting) -> None:
    await api.submit()
    await api.ring("03T13:00")
    assert await api.service.drain() == 2
    assert await api.names() == []


async def test_after_a_silence_past_the_due_time_only_the_escalation_is_announced(api: Waiting) -> None:
    await api.submit()
    await api.ring("05T12:00")
    assert await api.names() == ["contact_overdue"]


async def test_a_silence_that_ends_before_the_due_time_delays_the_reminder(api: Waiting) -> None:
    await api.submit()
    await api.ring("03T14:30")
    assert await api.names() == ["contact_reminded"]


@pytest.mark.parametrize(
    ("steps", "rings"),
    [
        ([("accepted", {}), ("in_progress", {}), ("on_hold", {"reason": "waitlisted"})], True),
        ([("rejected", {"reason": "not_eligible"})], False),
        ([("accepted", {}), ("failed", {"reason": "unable_to_contact"})], False),
        ([("accepted", {}), ("completed", {})], False),
        ([("cancelled", {"reason": "duplicate"})], False),
        ([("entered_in_error", {})], False),
    ],
)
async def test_it_runs_until_somebody_is_reached_or_the_referral_ends(
    api: Waiting, steps: list[tuple[str, dict[str, str]]], rings: bool
) -> None:
    referral_id = await api.submit()
    for to, more in steps:
        await api.move(referral_id, to, **more)
    await api.ring("09T12:00")
    assert ("contact_overdue" in await api.names()) is rings


async def test_a_contact_in_time_silences_it_and_a_try_does_not(api: Waiting) -> None:
    reached, tried = await api.submit(), await api.submit(student_id="st-3")
    await api.reach(reached, "02T15:00")
    body = {"contacted_at": MONDAY.isoformat(), "by": "c-1", "reached": False}
    await api.send("POST", f"/v1/referrals/{tried}/contacts", body)
    await api.ring("09T12:00")
    assert await api.names(reached) == ["contacted"]
    assert await api.names(tried) == ["contact_overdue"]
    assert (await api.told(reached))[1][1]["was_overdue"] is False


async def test_a_draft_has_no_clock_until_it_is_sent(api: Waiting) -> None:
    referral_id = await api.submit(send=False)
    await api.ring("09T15:00")
    assert await api.names() == []
    await api.move(referral_id, "requested")
    await api.ring("10T15:00")
    assert await api.names() == ["contact_overdue"]


async def test_a_contact_that_a_phone_noted_in_time_says_so_and_that_it_was_escalated_meanwhile(api: Waiting) -> None:
    referral_id = await api.submit()
    await api.ring("04T12:00")
    await api.reach(referral_id, "03T14:00")
    name, event = (await api.told())[-1]
    assert (name, event["was_overdue"]) == ("contacted", True)
    assert event["contacted_at"] < event["due_at"]
    await api.move(referral_id, "entered_in_error")
    name, event = (await api.told())[-1]
    assert (name, event["was_overdue"]) == ("entered_in_error", True)
    assert (event["contacted_at"], event["due_at"]) == ("2026-11-03T14:00:00Z", "2026-11-03T15:00:00Z")


async def test_what_was_taken_back_before_anybody_was_reached_says_when_it_was_due(api: Waiting) -> None:
    referral_id = await api.submit()
    await api.move(referral_id, "entered_in_error")
    _, event = (await api.told())[-1]
    assert (event["contacted_at"], event["due_at"], event["was_overdue"]) == (None, "2026-11-03T15:00:00Z", False)


async def test_another_process_that_starts_later_says_nothing_twice(api: Waiting) -> None:
    await api.submit()
    await api.ring("03T15:00")
    assert await ContactClock(api.database, lambda: at("03T15:01")).ring_what_is_due() == 0


async def test_processes_that_ring_at_once_announce_once(api: Waiting) -> None:
    for _ in range(8):
        await api.submit()
    api.now = at("03T15:00")
    rung = await asyncio.gather(*[api.clock().ring_what_is_due() for _ in range(3)])
    assert sum(rung) == 8
    assert await api.names() == ["contact_overdue"] * 8


async def test_what_another_process_is_ringing_is_left_to_it(on_postgresql: Waiting) -> None:
    api = on_postgresql
    await api.submit()
    api.now = at("03T15:00")
    async with api.database.write(EVERY_DISTRICT) as session:
        assert await ring_alarms(session, api.now) == 1
        assert await api.clock().ring_what_is_due() == 0
    assert await api.names() == ["contact_overdue"]


async def test_a_contact_that_is_being_noted_comes_before_the_alarm(on_postgresql: Waiting) -> None:
    api = on_postgresql
    referral_id = await api.submit()
    async with api.database.write(DISTRICT) as session:
        assert await find_referral(session, district_id=DISTRICT, referral_id=referral_id, for_update=True)
        assert await api.ring("03T15:00") == 0
    await api.reach(referral_id, "03T14:00")
    assert await api.ring("03T15:01") == 0
    assert await api.names() == ["contacted"]


async def test_a_contact_that_waits_for_the_alarm_knows_of_it(on_postgresql: Waiting) -> None:
    api = on_postgresql
    referral_id = await api.submit()
    api.now = at("03T15:00")
    async with api.database.write(EVERY_DISTRICT) as session:
        assert await ring_alarms(session, api.now) == 1
        noting = asyncio.create_task(api.reach(referral_id, "03T15:00"))
        while not await _somebody_waits(session):
            await asyncio.sleep(0)
    await noting
    assert await api.names() == ["contact_overdue", "contacted"]
    assert (await api.told())[-1][1]["was_overdue"] is True


async def _somebody_waits(session: ReadSession) -> bool:
    return bool((await session.exec_driver_sql("SELECT count(*) FROM pg_locks WHERE NOT granted")).scalar_one())


async def test_many_alarms_ring_chunk_by_chunk(api: Waiting) -> None:
    await asyncio.gather(*[api.submit(summary="x") for _ in range(CHUNK // 20)])
    async with api.database.write(EVERY_DISTRICT) as session:
        assert await ring_alarms(session, at("03T15:00"), most=10) == 10
    assert await api.ring("03T15:00") == CHUNK // 20 - 10
    assert await api.names() == ["contact_overdue"] * (CHUNK // 20)


async def test_each_districts_clocks_run_in_its_own_calendar(api: Waiting) -> None:
    async with api.database.write("elsewhere") as session:
        await add_roster(session, api.service, "elsewhere")
    await api.set_calendar(CLOSED_TUESDAY, district="elsewhere")
    here, there = await api.submit(), await api.submit(district="elsewhere")
    await api.ring("03T15:00")
    assert (await api.names(here), await api.names(there)) == (["contact_overdue"], [])
    await api.ring("04T15:00")
    assert await api.names(there) == ["contact_overdue"]


async def test_when_the_transaction_fails_neither_state_nor_event_is_left(api: Waiting) -> None:
    referral_id = await api.submit()
    with pytest.raises(ZeroDivisionError):
        async with api.database.write(EVERY_DISTRICT) as session:
            assert await ring_alarms(session, at("03T15:00")) == 1
            raise ZeroDivisionError
    assert (await api.stored(referral_id)).overdue_at is None
    assert await api.names() == []
    await api.ring("03T15:01")
    assert await api.names() == ["contact_overdue"]


class Faltering(Database):
    """A database that is away for the first looks."""

    away = 2

    @asynccontextmanager
    async def read(self, district_id: str) -> AsyncIterator[ReadSession]:
        """A transaction, once it is back."""
        self.away -= 1
        if self.away >= 0:
            raise DatabaseUnavailable
        async with super().read(district_id) as session:
            yield session


async def test_it_waits_for_a_database_that_is_away_and_rings_when_it_is_back(api: Waiting) -> None:
    await api.submit()
    api.now = at("03T15:00")
    database = Faltering(api.service.process.settings.database_url, pool_size=1)
    running = asyncio.create_task(ContactClock(database, lambda: api.now).run())
    try:
        await asyncio.wait_for(database.committed.wait(), 30)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await database.close()
    assert database.away < 0
    assert await api.names() == ["contact_overdue"]


async def test_a_clock_that_a_process_of_the_release_before_has_stopped_says_nothing(api: Waiting) -> None:
    referral_id = await api.submit()
    async with api.service.process.database.write(DISTRICT) as session:
        await session.execute(update(referrals).values(contacted_at=at("02T16:00")))  # and knows of no alarm
    await api.ring("09T15:00")
    assert await api.names() == []
    assert (await api.stored(referral_id)).alarm_at is None
