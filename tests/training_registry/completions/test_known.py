"""What was known of completions at an instant, and whose rows a district's transaction sees."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from shared.db import EVERY_DISTRICT
from shared.testing.service import DISTRICT, ServiceInTest
from tests.training_registry.completions.books import CONTENT, PATH, add_officer, counted, recorded
from tests.training_registry.suite import NOON, Clock, training_registry
from training_registry.completions.models import completion_versions, completions
from training_registry.completions.views import completions_known
from training_registry.settings import Settings

HOUR = timedelta(hours=1)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def ticking(database_url: str, tmp_path: Path, clock: Clock) -> AsyncIterator[ServiceInTest[Settings]]:
    async with training_registry(database_url, tmp_path, clock=clock) as service:
        await add_officer(service, "o-1", "s-1")
        yield service


async def test_what_was_known_at_an_instant_is_what_had_been_done_by_then(
    ticking: ServiceInTest[Settings], clock: Clock
) -> None:
    async with ticking.client("district_admin", "a-1") as admin:
        path = f"{PATH}/{(await recorded(admin, outside=True))['completion_id']}"
        for hours, method, below, body in (
            (1, "POST", "/approval", {"approved": True}),
            (2, "PUT", "", CONTENT | {"outside": True, "course_code": "B-2"}),
            (3, "PUT", "", CONTENT | {"topics": {"law": 8}}),
            (4, "POST", "/revocation", {"reason": "x"}),
        ):
            clock.now = NOON + hours * HOUR
            assert (await admin.request(method, path + below, json=body)).status_code == 200
    law: dict[Any, list[int]] = {
        hours: [c.topics["law"] for c in await counted(ticking, known_at=NOON + hours * HOUR)]
        for hours in (-1, 0, 0.9, 1, 2.5, 3, 4, 5)
    }
    assert law == {-1: [], 0: [], 0.9: [], 1: [3925], 2.5: [3925], 3: [800], 4: [], 5: []}
    assert await counted(ticking) == []
    async with ticking.process.database.read(DISTRICT) as session:
        known = await completions_known(session, DISTRICT, known_at=NOON, officer_ids={"o-1", "o-9"})
        assert await completions_known(session, DISTRICT, known_at=NOON, officer_ids={"o-9"}) == {}
        assert await completions_known(session, DISTRICT, officer_ids=()) == {}
        many = {f"o-{n}" for n in range(2000)}
        assert known == await completions_known(session, DISTRICT, known_at=NOON, officer_ids=many)
    assert [completion.is_outside for completion in known["o-1"]] == [True]


async def test_a_clock_that_runs_behind_changes_no_order(ticking: ServiceInTest[Settings], clock: Clock) -> None:
    async with ticking.client("district_admin", "a-1") as admin:
        path = f"{PATH}/{(await recorded(admin))['completion_id']}"
        clock.now = NOON - HOUR  # another process's, an hour slow
        assert (await admin.post(f"{path}/revocation", json={"reason": "x"})).status_code == 200
    assert [len(await counted(ticking, known_at=NOON + n * HOUR)) for n in (-1, 0, 1)] == [0, 0, 0]


async def test_a_reason_is_sealed_where_it_is_stored(ticking: ServiceInTest[Settings]) -> None:
    async with ticking.client("district_admin", "a-1") as admin:
        path = f"{PATH}/{(await recorded(admin))['completion_id']}"
        await admin.post(f"{path}/revocation", json={"reason": "He slept through it."})
    async with ticking.process.database.read(EVERY_DISTRICT) as session:
        stored = [bytes(b) for b in (await session.execute(select(completion_versions.c.because))).scalars() if b]
    assert len(stored) == 1
    assert b"slept" not in stored[0]


async def test_a_district_neither_sees_nor_writes_anothers_completions(postgresql_url: str, tmp_path: Path) -> None:
    async with training_registry(postgresql_url, tmp_path, clock=lambda: NOON) as service:
        await add_officer(service, "o-1", "s-1")
        async with service.client("district_admin", "a-1") as admin:
            await recorded(admin)
        for table in (completions, completion_versions):
            async with service.process.database.read("elsewhere") as session:
                assert (await session.execute(select(table))).all() == []
            async with service.process.database.read(DISTRICT) as session:
                (row,) = (await session.execute(select(table))).all()
            with pytest.raises(DBAPIError, match="row-level security"):
                async with service.process.database.write("elsewhere") as writing:
                    await writing.execute(table.insert(), [dict(row._mapping)])
