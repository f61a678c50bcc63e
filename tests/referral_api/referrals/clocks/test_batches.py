"""A calendar that moves thousands of clocks: in batches, right in between, and repeated after a death in the middle."""

from uuid import UUID

import pytest
from sqlalchemy import select

from referral_api.referrals.models import referrals, reschedulings
from referral_api.referrals.operations.rescheduling import CHUNK, SETTLES_WITHIN, continue_rescheduling
from shared.db import EVERY_DISTRICT
from shared.testing.service import DISTRICT
from tests.referral_api.referrals.clocks.waiting import CALENDAR, CLOSED_TUESDAY, NEW_DUE, OLD_DUE, Waiting, at
from tests.referral_api.suite import add_roster

pytestmark = pytest.mark.slow

COUNT = 2 * CHUNK + 1


async def due_then(api: Waiting, district: str = DISTRICT) -> list[int]:
    """How many of a district's referrals are due when the old calendar has it, and how many when the new one has."""
    r = referrals.c
    async with api.database.read(EVERY_DISTRICT) as session:
        found = (await session.execute(select(r.due_at).where(r.district_id == district))).scalars().all()
    return [found.count(OLD_DUE), found.count(NEW_DUE)]


async def test_the_request_moves_the_first_and_the_worker_the_others_each_once(api: Waiting) -> None:
    await api.add_many(COUNT)
    await api.set_calendar(CLOSED_TUESDAY)
    assert await due_then(api) == [COUNT - CHUNK, CHUNK]
    seen = []
    while await api.clock().reschedule_some():
        seen.append(await due_then(api))
    assert seen == [[1, COUNT - 1], [0, COUNT]]
    events = await api.told()
    assert len(events) == len({event["referral_id"] for _, event in events}) == COUNT
    assert {(event["due_at"], event["version"]) for _, event in events} == {("2026-11-04T15:00:00Z", 2)}
    last = UUID(events[-1][1]["referral_id"])
    assert [(by, step) for by, step, _ in await api.history(last)] == [("district_admin-1", "rescheduled")]
    api.now = at("04T15:00")
    assert await api.clock().ring_what_is_due() == COUNT


async def test_once_all_is_settled_nothing_is_left_to_do(api: Waiting) -> None:
    await api.submit()
    await api.set_calendar(CLOSED_TUESDAY)
    api.now += SETTLES_WITHIN
    assert await api.reschedule() == 1
    async with api.database.read(EVERY_DISTRICT) as session:
        assert (await session.execute(select(reschedulings))).all() == []
    assert await api.names() == ["rescheduled"]


async def test_alarms_in_between_are_those_of_the_new_calendar(api: Waiting) -> None:
    await api.add_many(COUNT)
    await api.set_calendar(CLOSED_TUESDAY)
    assert await api.ring("03T15:00") == COUNT - CHUNK  # those that still had their old time look up, and say nothing
    assert set(await api.names()) == {"rescheduled"}
    assert await due_then(api) == [0, COUNT]
    await api.reschedule()
    assert (await api.names()).count("rescheduled") == COUNT
    await api.ring("04T13:00")
    await api.ring("04T15:00")
    told = await api.names()
    assert (told.count("contact_reminded"), told.count("contact_overdue")) == (COUNT, COUNT)
    assert len(told) == 3 * COUNT


async def test_a_process_that_dies_in_the_middle_leaves_the_batch_to_the_next(api: Waiting) -> None:
    await api.add_many(COUNT)
    await api.set_calendar(CLOSED_TUESDAY)
    with pytest.raises(ZeroDivisionError):
        async with api.database.write(EVERY_DISTRICT) as session:
            assert await continue_rescheduling(session, api.now)
            raise ZeroDivisionError
    assert await due_then(api) == [COUNT - CHUNK, CHUNK]
    await api.reschedule()
    assert await due_then(api) == [0, COUNT]
    assert await api.names() == ["rescheduled"] * COUNT


async def test_another_change_before_all_are_moved_begins_anew(api: Waiting) -> None:
    await api.add_many(COUNT)
    await api.set_calendar(CLOSED_TUESDAY)
    await api.set_calendar(CALENDAR)
    await api.reschedule()
    assert await due_then(api) == [COUNT, 0]
    assert len(await api.names()) == 2 * CHUNK  # there and back; the others never knew


async def test_districts_take_turns(api: Waiting) -> None:
    async with api.database.write("elsewhere") as session:
        await add_roster(session, api.service, "elsewhere")
    for district in (DISTRICT, "elsewhere"):
        await api.add_many(COUNT, district=district)
        await api.set_calendar(CLOSED_TUESDAY, district=district)
        api.now += SETTLES_WITHIN / 100
    for _ in range(2):
        api.now += SETTLES_WITHIN / 100
        await api.clock().reschedule_some()
    assert [await due_then(api, d) for d in (DISTRICT, "elsewhere")] == [[1, COUNT - 1]] * 2


async def test_two_processes_do_not_set_the_same_batch(on_postgresql: Waiting) -> None:
    api = on_postgresql
    await api.add_many(COUNT)
    await api.set_calendar(CLOSED_TUESDAY)
    async with api.database.write(EVERY_DISTRICT) as session:
        assert await continue_rescheduling(session, api.now)
        assert not await api.clock().reschedule_some()
    await api.reschedule()
    assert await api.names() == ["rescheduled"] * COUNT
