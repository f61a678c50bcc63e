"""Another calendar sets running clocks anew: those it moves, all of them, noted and announced, and nobody twice."""

import asyncio
from uuid import UUID

from sqlalchemy import insert

from referral_api.calendar.models import calendars
from referral_api.referrals.operations.rescheduling import SETTLES_WITHIN
from referral_api.referrals.operations.submitting import SubmitReferral, submit_referral
from shared.auth import Caller, Role
from shared.db import EVERY_DISTRICT
from shared.testing.service import DISTRICT
from tests.referral_api.referrals.clocks.waiting import (
    CALENDAR,
    CLOSED_TUESDAY,
    MONDAY,
    NEW_DUE,
    OLD_DUE,
    REFERRAL,
    Waiting,
    a_stored,
    at,
)


async def test_a_closed_day_moves_what_was_due_on_it(api: Waiting) -> None:
    referral_id = await api.submit()
    api.now = at("02T16:00")
    await api.set_calendar(CLOSED_TUESDAY)
    row = await api.stored(referral_id)
    assert (row.due_at, row.alarm_at) == (NEW_DUE, at("04T13:00"))
    assert (row.version, row.updated_at) == (2, at("02T16:00"))
    moved = {"due_at": ["2026-11-03T15:00:00Z", "2026-11-04T15:00:00Z"]}
    assert await api.history(referral_id) == [("district_admin-1", "rescheduled", moved)]
    ((_, event),) = (await api.told())[1:]
    assert (event["due_at"], event["was_due_at"]) == ("2026-11-04T15:00:00Z", "2026-11-03T15:00:00Z")
    assert event["version"] == 2
    assert [await api.ring(now) for now in ("03T15:00", "04T13:00", "04T15:00")] == [0, 1, 1]
    assert await api.names() == ["rescheduled", "contact_reminded", "contact_overdue"]


async def test_whatever_id_a_phone_has_chosen(api: Waiting) -> None:
    chosen = [UUID(int=0), UUID(int=(1 << 128) - 1)]
    for referral_id in chosen:
        await api.submit(referral_id=str(referral_id))
    await api.set_calendar(CLOSED_TUESDAY)
    assert [(await api.stored(referral_id)).due_at for referral_id in chosen] == [NEW_DUE] * 2


async def test_who_reads_changes_sees_the_new_due_time_and_an_old_etag_is_refused(api: Waiting) -> None:
    referral_id = await api.submit()
    async with api.service.client("counselor", "counselor-1") as client:
        before = (await client.get("/v1/referrals?changed_since=")).json()
        await api.set_calendar(CLOSED_TUESDAY)
        since = await client.get("/v1/referrals", params={"changed_since": before["next_cursor"]})
        assert [i["due_at"] for i in since.json()["items"]] == ["2026-11-04T15:00:00Z"]
        path = f"/v1/referrals/{referral_id}/transitions"
        stale = await client.post(path, json={"to": "accepted"}, headers={"If-Match": '"1"'})
        assert stale.status_code == 412


async def test_only_clocks_that_still_run_in_school_time_are_moved(api: Waiting) -> None:
    untouched = {
        "imminent": await api.submit(urgency="imminent"),
        "not due then": await api.submit(urgency="routine"),
        "draft": await api.submit(send=False),
        "reached": await api.submit(),
        "rejected": await api.submit(),
        "entered in error": await api.submit(),
        "completed": await api.submit(),
    }
    await api.reach(untouched["reached"], "02T15:00")
    await api.move(untouched["rejected"], "rejected", reason="not_eligible")
    await api.move(untouched["entered in error"], "entered_in_error")
    await api.move(untouched["completed"], "accepted")
    await api.move(untouched["completed"], "completed")
    held = await api.submit()
    await api.move(held, "accepted")
    await api.move(held, "on_hold", reason="waitlisted")
    before = {name: await api.stored(referral_id) for name, referral_id in untouched.items()}
    await api.set_calendar(CALENDAR | {"closed_on": ["2026-11-03", "2026-11-14"], "weekdays": [1, 2, 3, 4, 5, 6]})
    assert {name: await api.stored(referral_id) for name, referral_id in untouched.items()} == before
    assert (await api.stored(held)).due_at == NEW_DUE
    assert (await api.names()).count("rescheduled") == 1


async def test_what_was_escalated_stays_so(api: Waiting) -> None:
    referral_id = await api.submit()
    await api.ring("03T15:00")
    before = await api.stored(referral_id)
    await api.set_calendar(CLOSED_TUESDAY)
    assert await api.stored(referral_id) == before
    assert await api.names() == ["contact_overdue"]


async def test_who_was_reminded_is_not_reminded_again(api: Waiting) -> None:
    await api.submit()
    await api.ring("03T13:00")
    await api.set_calendar(CLOSED_TUESDAY)
    assert [await api.ring(now) for now in ("04T13:00", "04T15:00")] == [0, 1]
    assert await api.names() == ["contact_reminded", "rescheduled", "contact_overdue"]


async def test_a_due_time_moved_into_the_past_is_escalated(api: Waiting) -> None:
    await api.set_calendar(CLOSED_TUESDAY)
    await api.submit()
    api.now = at("03T20:00")
    await api.set_calendar(CALENDAR)
    assert await api.names() == ["rescheduled"]
    await api.ring("03T20:00")
    assert await api.names() == ["rescheduled", "contact_overdue"]


async def test_a_reminder_moves_with_the_opening_of_the_day_and_nobody_is_told(api: Waiting) -> None:
    referral_id = await api.submit()
    before = await api.stored(referral_id)
    assert before.alarm_at == at("03T13:00")
    for opens, alarm_at in (("09:00", at("03T14:00")), ("07:30", at("03T12:30"))):
        await api.set_calendar(CALENDAR | {"day_starts": opens})
        row = await api.stored(referral_id)
        assert row.alarm_at == alarm_at
        unmoved = {**row._mapping, "alarm_at": before.alarm_at}
        assert unmoved == dict(before._mapping)  # version and change number among them
    assert (await api.names(), await api.history(referral_id)) == ([], [])
    assert [await api.ring(now) for now in ("03T12:29", "03T12:30", "03T13:00", "03T15:00")] == [0, 1, 0, 1]
    assert await api.names() == ["contact_reminded", "contact_overdue"]


async def test_a_reminder_that_the_new_opening_puts_later_does_not_come_at_the_old_one(api: Waiting) -> None:
    referral_id = await api.submit()
    async with api.database.write(EVERY_DISTRICT) as session:  # a batch that has not come to it yet
        await session.execute(insert(calendars).values(a_stored(CALENDAR | {"day_starts": "09:00"})))
    assert [await api.ring(now) for now in ("03T13:00", "03T13:59")] == [1, 0]
    assert (await api.names(), (await api.stored(referral_id)).alarm_at) == ([], at("03T14:00"))
    await api.ring("03T14:00")
    assert await api.names() == ["contact_reminded"]


async def test_the_same_calendar_again_or_one_that_is_refused_moves_nothing(api: Waiting) -> None:
    referral_id = await api.submit()
    await api.set_calendar(CLOSED_TUESDAY)
    await api.set_calendar(CLOSED_TUESDAY)
    async with api.service.client("district_admin") as admin:
        refused = await admin.put("/v1/calendar", json=CALENDAR, headers={"If-Match": '"7"'})
        assert refused.status_code == 412
    assert (await api.stored(referral_id)).version == 2
    assert await api.names() == ["rescheduled"]


async def test_another_districts_clocks_are_its_own(api: Waiting) -> None:
    referral_id = await api.submit()
    await api.set_calendar(CLOSED_TUESDAY, district="elsewhere")
    assert (await api.stored(referral_id)).due_at == OLD_DUE


async def submit_while_the_calendar_changes(api: Waiting) -> UUID:
    """A referral that was timed by the old calendar and committed after the new one had moved all others."""
    caller = Caller(sub="counselor-1", district_id=DISTRICT, role=Role.COUNSELOR, school_ids=None, provider_id=None)
    command = SubmitReferral.model_validate(REFERRAL)
    async with api.database.write(DISTRICT) as session:
        ring = api.service.process.ring
        referral, _ = await submit_referral(session, command, caller=caller, ring=ring, now=api.now)
        await api.set_calendar(CLOSED_TUESDAY)
    assert (await api.stored(referral.referral_id)).due_at == OLD_DUE
    return referral.referral_id


async def test_what_was_being_submitted_while_the_calendar_changed_is_set_by_the_new_one(
    on_postgresql: Waiting,
) -> None:
    api = on_postgresql
    referral_id = await submit_while_the_calendar_changes(api)
    assert await api.reschedule() == 0  # such requests may still be under way
    assert (await api.stored(referral_id)).due_at == OLD_DUE
    api.now += SETTLES_WITHIN
    assert await api.reschedule() == 1
    assert (await api.stored(referral_id)).due_at == NEW_DUE
    assert await api.names() == ["rescheduled"]
    assert [by for by, _, _ in await api.history(referral_id)] == ["contact-clock"]


async def test_a_running_process_sets_it_by_itself(on_postgresql: Waiting) -> None:
    api = on_postgresql
    referral_id = await submit_while_the_calendar_changes(api)
    api.now += SETTLES_WITHIN
    api.database.committed.clear()
    running = asyncio.create_task(api.clock().run())
    try:
        await asyncio.wait_for(api.database.committed.wait(), 30)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert (await api.stored(referral_id)).due_at == NEW_DUE


async def test_a_process_that_was_down_meanwhile_sets_it_before_it_rings(on_postgresql: Waiting) -> None:
    api = on_postgresql
    referral_id = await submit_while_the_calendar_changes(api)
    assert [await api.ring(now) for now in ("03T13:00", "03T15:00", "04T13:00", "04T15:00")] == [1, 0, 1, 1]
    assert (await api.stored(referral_id)).due_at == NEW_DUE
    assert await api.names() == ["rescheduled", "contact_reminded", "contact_overdue"]


async def test_a_contact_at_the_moment_of_the_change_is_not_lost(on_postgresql: Waiting) -> None:
    api = on_postgresql
    for _ in range(10):
        referral_id = await api.submit()
        await asyncio.gather(api.set_calendar(CLOSED_TUESDAY), api.reach(referral_id, "02T15:00"))
        row = await api.stored(referral_id)
        assert (row.contacted_at, row.alarm_at) == (MONDAY, None)
        assert sorted(await api.names(referral_id)) in (["contacted"], ["contacted", "rescheduled"])
        await api.set_calendar(CALENDAR)
        assert (await api.stored(referral_id)).version == row.version
