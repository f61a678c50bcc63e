"""Whatever a standing follows from changes, it is announced anew, with every day that is known; else nothing is."""

from datetime import date, timedelta

from sqlalchemy import update

from shared.events.training import Blocks, OfficerStandingChanged, StandingStatus, StandingTurned
from shared.testing.service import DISTRICT
from tests.training_registry.standing.keeping import COURSE, OFFICER, RULE, Registry
from training_registry.standing.models import standings


async def last(registry: Registry) -> OfficerStandingChanged:
    """What was announced last."""
    return (await registry.announced(OfficerStandingChanged))[-1]


async def versions(registry: Registry) -> list[int]:
    """The versions that were announced, in their order."""
    return [event.version for event in await registry.announced(OfficerStandingChanged)]


async def test_a_new_officer_is_announced_and_the_same_again_is_not(registry: Registry) -> None:
    known = await versions(registry)
    await registry.put("/v1/officers/o-1", OFFICER)
    await registry.sweep()
    recalculated = await versions(registry)
    await registry.put("/v1/officers/o-1", OFFICER)
    await registry.put("/v1/requirements/basic", RULE)
    await registry.sweep()

    assert known == list(range(1, len(known) + 1))
    assert await versions(registry) == recalculated


async def test_a_completion_and_its_revocation_are_announced_with_all_days(registry: Registry) -> None:
    await registry.sweep()
    made = await registry.post("/v1/completions", COURSE | {"completed_on": "2026-11-20", "expires_on": "2027-11-19"})
    (standing,) = (await last(registry)).requirements
    assert standing.blocks == (Blocks.SERVE, Blocks.OPEN_RECORDS)
    assert [(step.from_on, step.status) for step in standing.steps] == [
        (date(2026, 1, 5), StandingStatus.DUE),
        (date(2026, 11, 20), StandingStatus.CURRENT),
        (date(2027, 11, 20), StandingStatus.EXPIRED),
    ]

    await registry.post(f"/v1/completions/{made['completion_id']}/revocation", {"reason": "not attended"})
    (standing,) = (await last(registry)).requirements
    assert [(step.from_on, step.status) for step in standing.steps] == [
        (date(2026, 1, 5), StandingStatus.DUE),
        (date(2027, 1, 6), StandingStatus.OVERDUE),
    ]


async def test_a_change_of_rules_reaches_every_officer_by_the_sweep(registry: Registry) -> None:
    for n in range(2, 5):
        await registry.put(f"/v1/officers/o-{n}", OFFICER)
    await registry.sweep()
    before = len(await registry.announced(OfficerStandingChanged))
    await registry.put("/v1/requirements/basic", RULE | {"due_days": 30})
    assert len(await registry.announced(OfficerStandingChanged)) == before
    await registry.sweep()

    events = (await registry.announced(OfficerStandingChanged))[before:]
    assert sorted(event.officer_id for event in events) == ["o-1", "o-2", "o-3", "o-4"]
    for event in events:
        (standing,) = event.requirements
        assert standing.steps[-1].status is StandingStatus.OVERDUE
        assert standing.steps[-1].from_on == date(2026, 2, 5)
    assert await registry.sweep() == 0
    assert not await registry.announced(StandingTurned)  # the rule changed, not the time


async def test_a_change_of_rules_reaches_whoever_was_written_down_while_it_came(registry: Registry) -> None:
    """By a transaction that had read the rules of before, and commits when all the others have been announced."""
    await registry.sweep()
    await registry.put("/v1/requirements/late", RULE | {"due_days": 30})
    await registry.sweep()
    async with registry.service.process.database.write(DISTRICT) as session:
        forget = {"content_sha256": b"of the rules of before"}
        await session.execute(update(standings).where(standings.c.officer_id == "o-1").values(forget))
    before = await versions(registry)
    await registry.sweep()
    assert await versions(registry) == before
    registry.now += timedelta(minutes=3)
    await registry.sweep()

    assert len(await versions(registry)) == len(before) + 1
    assert {standing.requirement_id for standing in (await last(registry)).requirements} == {"basic", "late"}


async def test_a_withdrawn_rule_binds_nobody(registry: Registry) -> None:
    await registry.sweep()
    answer = await registry.keeper.delete("/v1/requirements/basic")
    assert answer.status_code == 204, answer.text
    await registry.sweep()
    assert (await last(registry)).requirements == ()
    assert (await registry.standing())["requirements"] == []


async def test_an_assignment_is_announced_with_its_days(registry: Registry) -> None:
    await registry.post(
        "/v1/officers/o-1/assignments", {"school_id": "s-2", "from_on": "2026-12-01", "to_on": "2027-01-31"}
    )
    terms = {term.school_id: (term.from_on, term.to_on) for term in (await last(registry)).assignments}
    assert terms == {"s-1": (date(2026, 8, 1), None), "s-2": (date(2026, 12, 1), date(2027, 1, 31))}


async def test_a_rule_that_is_not_confirmed_is_announced_as_such_and_again_once_it_is(registry: Registry) -> None:
    await registry.put("/v1/requirements/basic", RULE | {"confirmed": False, "note": "UNCONFIRMED: the deadline."})
    await registry.sweep()
    (doubtful,) = (await last(registry)).requirements
    await registry.put("/v1/requirements/basic", RULE)
    await registry.sweep()
    (certain,) = (await last(registry)).requirements

    assert (doubtful.confirmed, certain.confirmed) == (False, True)
    assert doubtful.steps == certain.steps
