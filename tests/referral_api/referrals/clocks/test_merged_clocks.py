"""A referral that another was merged into answers for both: due, reminded of and escalated as the first of them."""

from typing import Any
from uuid import UUID

import pytest

from tests.referral_api.referrals.clocks.waiting import CALENDAR, CLOSED_TUESDAY, NEW_DUE, OLD_DUE, Waiting, at


async def merge(api: Waiting, one: UUID, into: UUID) -> None:
    await api.send("POST", f"/v1/referrals/{one}/merging", {"into": str(into)})


async def due(api: Waiting, referral_id: UUID) -> tuple[Any, Any]:
    """When it is due, and when it next has something to say."""
    row = await api.stored(referral_id)
    return row.due_at, row.alarm_at


async def test_it_is_due_when_the_merged_one_was(api: Waiting) -> None:
    urgent, routine = await api.submit(urgency="urgent"), await api.submit(urgency="routine")
    before = await api.stored(routine)
    await merge(api, urgent, routine)
    assert await due(api, routine) == (OLD_DUE, at("03T13:00"))
    assert (await api.stored(routine)).version == before.version + 1
    name, event = (await api.told(routine))[-1]
    assert (name, event["version"]) == ("rescheduled", 2)
    assert (event["was_due_at"], event["due_at"]) == ("2026-11-09T15:00:00Z", "2026-11-03T15:00:00Z")
    assert await api.history(routine) == [
        (
            "counselor-1",
            "merged",
            {"due_at": ["2026-11-09T15:00:00Z", "2026-11-03T15:00:00Z"], "merged_from": [None, str(urgent)]},
        )
    ]
    assert [await api.ring(now) for now in ("03T13:00", "03T15:00", "09T15:00")] == [1, 1, 0]
    assert await api.names(routine) == ["rescheduled", "contact_reminded", "contact_overdue"]
    assert await api.names(urgent) == ["cancelled"]


async def test_it_keeps_its_own_time_where_that_is_sooner(api: Waiting) -> None:
    urgent, routine = await api.submit(urgency="urgent"), await api.submit(urgency="routine")
    await merge(api, routine, urgent)
    assert await due(api, urgent) == (OLD_DUE, at("03T13:00"))
    assert await api.names(urgent) == []


async def test_another_calendar_moves_the_time_it_has_from_the_merged_one(api: Waiting) -> None:
    urgent, routine = await api.submit(urgency="urgent"), await api.submit(urgency="routine")
    await merge(api, urgent, routine)
    await api.set_calendar(CLOSED_TUESDAY)
    assert await due(api, routine) == (NEW_DUE, at("04T13:00"))
    await api.set_calendar(CALENDAR)
    assert await due(api, routine) == (OLD_DUE, at("03T13:00"))


async def test_an_imminent_one_that_answers_for_an_older_one_moves_with_the_calendar_too(api: Waiting) -> None:
    urgent = await api.submit(urgency="urgent")
    api.now = at("03T14:30")
    imminent = await api.submit(urgency="imminent")
    await merge(api, urgent, imminent)
    assert (await due(api, imminent))[0] == OLD_DUE
    await api.set_calendar(CLOSED_TUESDAY)
    assert (await due(api, imminent))[0] == at("03T15:30")


async def test_what_is_merged_on_hands_the_soonest_time_on(api: Waiting) -> None:
    routine, soon, urgent = [await api.submit(urgency=u) for u in ("routine", "soon", "urgent")]
    await merge(api, urgent, soon)
    await merge(api, soon, routine)
    assert (await due(api, routine))[0] == OLD_DUE
    again = await api.submit(urgency="soon")
    await merge(api, again, routine)  # due later than what it answers for already
    assert (await due(api, routine))[0] == OLD_DUE
    await api.set_calendar(CLOSED_TUESDAY)
    assert (await due(api, routine))[0] == NEW_DUE


async def test_an_escalated_one_escalates_the_one_that_goes_on_once(api: Waiting) -> None:
    urgent, routine = await api.submit(urgency="urgent"), await api.submit(urgency="routine")
    await api.ring("03T15:00")
    await merge(api, urgent, routine)
    assert [await api.ring(now) for now in ("03T15:01", "09T15:00")] == [1, 0]
    assert await api.names(routine) == ["rescheduled", "contact_overdue"]
    assert (await api.names(urgent)).count("contact_overdue") == 1
    await api.reach(routine, "03T15:30")
    assert (await api.told(routine))[-1][1]["was_overdue"] is True


@pytest.mark.parametrize("reached", ["the one that ends", "the one that goes on", "both"])
async def test_a_contact_that_was_made_has_stopped_the_clock(api: Waiting, reached: str) -> None:
    urgent, routine = await api.submit(urgency="urgent"), await api.submit(urgency="routine")
    before = (await api.stored(routine)).due_at
    if reached != "the one that goes on":
        await api.reach(urgent, "02T15:00")
    if reached != "the one that ends":
        await api.reach(routine, "02T15:00")
    await merge(api, urgent, routine)
    assert await due(api, routine) == (before, None)
    assert await api.names(routine) == ["contacted"]
    assert await api.ring("09T15:00") == 0
