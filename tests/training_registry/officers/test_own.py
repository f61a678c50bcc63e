"""Nobody says of himself who he is, where he serves or how well."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.testing.service import ServiceInTest
from tests.training_registry.officers.builders import (
    ASSIGNMENTS,
    EVALUATIONS,
    PATH,
    Follower,
    an_assignment,
    an_evaluation,
    an_officer,
    is_refused,
    kept,
    officers_in_test,
)
from training_registry.settings import Settings


@pytest.fixture
async def api(database_url: str, tmp_path: Path) -> AsyncIterator[ServiceInTest[Settings]]:
    async with officers_in_test(database_url, tmp_path, Follower()) as service:
        yield service


async def test_the_sender_is_never_the_officer(api: ServiceInTest[Settings]) -> None:
    days = {"from_on": "2026-08-11"}
    async with api.client("district_admin", "a-1") as admin, api.client("district_admin", "o-1") as himself:
        assert is_refused(await himself.put(PATH, json=an_officer()), 403, "own-record")
        await kept(admin, "o-1", "s-1")
        before = (await admin.get(PATH)).json(), (await admin.get(ASSIGNMENTS)).json()
        (assignment,) = before[1]["items"]
        assigned = f"{ASSIGNMENTS}/{assignment['assignment_id']}"
        for answer in (
            await himself.put(PATH, json=an_officer(appointed_on="2020-01-01")),
            await himself.post(ASSIGNMENTS, json=an_assignment(school_id="s-2")),
            await himself.put(assigned, json=days),
            await himself.post(f"{assigned}/withdrawal", json={"because": "x"}),
            await himself.post(EVALUATIONS, json=an_evaluation()),
        ):
            assert is_refused(answer, 403, "own-record")
        assert ((await admin.get(PATH)).json(), (await admin.get(ASSIGNMENTS)).json()) == before
        assert (await admin.put(assigned, json=days)).status_code == 200
        assert (await admin.post(EVALUATIONS, json=an_evaluation())).status_code == 201
