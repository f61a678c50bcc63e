"""What time alone changes is announced once, on its day or as soon as somebody looks again."""

import asyncio
from datetime import date, timedelta

import pytest

from shared.events.training import (
    AgreementEndApproached,
    AgreementStatus,
    AgreementTurned,
    DeadlineApproached,
    OfficerStandingChanged,
    StandingStatus,
    StandingTurned,
)
from tests.training_registry.standing.keeping import OFFICER, Registry

pytestmark = pytest.mark.slow


async def test_a_deadline_is_brought_up_before_it_comes_and_its_passing_is_told_once(registry: Registry) -> None:
    for _ in range(60):
        await registry.sweep()
        registry.pass_days(1)
    await registry.sweep()

    reminders = await registry.announced(DeadlineApproached)
    assert [(r.deadline_on, r.days_ahead) for r in reminders] == [(date(2027, 1, 5), 30), (date(2027, 1, 5), 7)]
    (turned,) = await registry.announced(StandingTurned)
    assert (turned.officer_id, turned.requirement_id) == ("o-1", "basic")
    assert (turned.status, turned.turned_on) == (StandingStatus.OVERDUE, date(2027, 1, 6))


async def test_after_downtime_every_turn_is_told_and_no_deadline_that_has_passed(registry: Registry) -> None:
    await registry.sweep()
    announced = len(await registry.announced(OfficerStandingChanged))
    registry.pass_days(300)
    await registry.sweep()
    await registry.sweep()

    (turned,) = await registry.announced(StandingTurned)
    assert turned.turned_on == date(2027, 1, 6)
    assert not await registry.announced(DeadlineApproached)
    assert len(await registry.announced(OfficerStandingChanged)) == announced  # it was known before
    turns = [(event.status, event.turned_on) for event in await registry.announced(AgreementTurned)]
    assert turns == [(AgreementStatus.EXPIRING, date(2027, 4, 1)), (AgreementStatus.EXPIRED, date(2027, 7, 1))]


async def test_a_deadline_that_is_thirty_days_off_when_it_is_made_is_brought_up_on_the_next_day(
    registry: Registry,
) -> None:
    await registry.sweep()
    appointed = registry.now.date() - timedelta(days=335)
    await registry.put("/v1/officers/o-2", OFFICER | {"appointed_on": appointed.isoformat()})
    registry.pass_days(1)
    await registry.sweep()

    (reminder,) = await registry.announced(DeadlineApproached)
    assert (reminder.officer_id, reminder.days_ahead) == ("o-2", 30)


async def test_two_that_sweep_at_once_tell_everything_once(registry: Registry) -> None:
    for n in range(2, 30):
        await registry.put(f"/v1/officers/o-{n}", OFFICER)
    await registry.sweep()
    registry.pass_days(60)
    await asyncio.gather(*(registry.sweep() for _ in range(4)))

    turned = [event.officer_id for event in await registry.announced(StandingTurned)]
    assert sorted(turned) == sorted({f"o-{n}" for n in range(1, 30)})


async def test_a_term_that_runs_out_is_brought_up(registry: Registry) -> None:
    registry.pass_days(1)
    await registry.sweep()
    registry.pass_days(190)
    await registry.sweep()

    (reminder,) = await registry.announced(AgreementEndApproached)
    assert (reminder.agreement_id, reminder.on, reminder.days_ahead) == ("a-1", date(2027, 6, 30), 30)
