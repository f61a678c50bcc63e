"""The register ends the same however what it hears arrives: in any order, twice, together or one by one."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from referral_api.clearance.models import agreements_known, officer_standings
from referral_api.clearance.sink import ClearanceSink, newest_of
from referral_api.settings import Settings
from shared.bus.base import Message
from shared.db import EVERY_DISTRICT
from shared.events.base import Event
from shared.testing.service import ServiceInTest
from tests.referral_api.clearance.officers import a_standing, an_agreement, announce, assigned

TOLD: Sequence[Event] = [
    *(
        a_standing(officer_id=o, version=v, assignments=(assigned(f"s-{v}"),))
        for o in ("o-1", "o-2")
        for v in (1, 2, 3)
    ),
    *(an_agreement(agreement_id=a, version=v, school_ids=(f"s-{v}",)) for a in ("a-1", "a-2") for v in (1, 2)),
    a_standing(district_id="elsewhere", version=7),
]
ARRIVING = st.lists(st.lists(st.sampled_from(TOLD), max_size=6), max_size=6).flatmap(
    lambda batches: st.permutations([*batches, *[[event] for event in TOLD]])
)


def test_of_each_the_highest_version_is_kept() -> None:
    newest = newest_of([*reversed(TOLD), *TOLD])
    assert {key: event.version for key, event in newest.standings.items()} == {
        ("demo", "o-1"): 3,
        ("demo", "o-2"): 3,
        ("elsewhere", "o-1"): 7,
    }
    assert {key: event.version for key, event in newest.agreements.items()} == {("demo", "a-1"): 2, ("demo", "a-2"): 2}


async def kept(api: ServiceInTest[Settings]) -> list[Any]:
    """Every row of the register."""
    async with api.process.database.read(EVERY_DISTRICT) as session:
        rows = [
            tuple(row)
            for table in (officer_standings, agreements_known)
            for row in await session.execute(select(table).order_by(*table.primary_key.columns))
        ]
    return rows


@pytest.fixture
async def expected(api: ServiceInTest[Settings]) -> list[Any]:
    """What is kept when each is told once, in order."""
    await store(api, [TOLD])
    return await kept(api)


async def store(api: ServiceInTest[Settings], batches: Sequence[Sequence[Event]]) -> None:
    """Store batch by batch, each in a transaction, into an empty register."""
    sink = ClearanceSink()
    async with api.process.database.write(EVERY_DISTRICT) as session:
        await session.execute(delete(officer_standings))
        await session.execute(delete(agreements_known))
    for batch in batches:
        async with api.process.database.write(EVERY_DISTRICT) as session:
            await sink.store(session, sink.prepare(batch))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(batches=ARRIVING)
async def test_order_doubles_and_batches_change_nothing(
    api: ServiceInTest[Settings], expected: list[Any], batches: list[list[Event]]
) -> None:
    await store(api, batches)
    assert await kept(api) == expected


async def test_what_is_announced_is_kept_and_what_is_older_changes_nothing(api: ServiceInTest[Settings]) -> None:
    await announce(api, a_standing(version=2), an_agreement(version=5))
    before = await kept(api)
    await announce(api, a_standing(version=1, assignments=()), an_agreement(version=4, opens_records=False))
    assert await kept(api) == before
    await announce(api, a_standing(version=3, assignments=()))
    assert await kept(api) != before


async def test_a_record_that_is_no_event_is_set_aside_and_the_next_is_heard(api: ServiceInTest[Settings]) -> None:
    await api.process.bus.ensure_topics(api.process.service.topics())
    headers = (("ce_specversion", b"1.0"), ("ce_type", b"officer.standing_changed.v1"), ("ce_id", b"none"))
    await api.process.bus.publish([Message("training", b"demo/o-1", b"\xff", headers)])
    await announce(api, a_standing())
    assert len(await kept(api)) == 1
    ends = await api.process.bus.bounds(["training.referral-api.dlq"])
    assert sum(end - first for first, end in ends.values()) == 1
