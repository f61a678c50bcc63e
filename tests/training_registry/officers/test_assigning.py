"""Where officers are assigned: made, repeated, corrected, withdrawn, and what follows from it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from sqlalchemy import text

from shared.testing.service import DISTRICT, ServiceInTest
from tests.training_registry.officers.builders import (
    ASSIGNMENTS,
    Follower,
    a_date,
    an_assignment,
    day,
    is_refused,
    kept,
    officers_in_test,
)
from training_registry.settings import Settings

PANEL = [{"school_id": "s-1", "role": "principal"}, {"school_id": None, "role": "parent"}]


@pytest.fixture
def follower() -> Follower:
    return Follower()


@pytest.fixture
async def api(database_url: str, tmp_path: Path, follower: Follower) -> AsyncIterator[ServiceInTest[Settings]]:
    async with officers_in_test(database_url, tmp_path, follower) as service:
        yield service


@pytest.fixture
async def admin(api: ServiceInTest[Settings], follower: Follower) -> AsyncIterator[httpx2.AsyncClient]:
    """The keeper, with an officer who is not assigned yet."""
    async with api.client("district_admin", "d-1") as client:
        await kept(client)
        follower.told.clear()
        yield client


async def assigned(admin: httpx2.AsyncClient, **given: Any) -> dict[str, Any]:
    answer = await admin.post(ASSIGNMENTS, json=an_assignment(**given))
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def test_an_assignment_records_the_principals_part(admin: httpx2.AsyncClient, follower: Follower) -> None:
    answer = await admin.post(ASSIGNMENTS, json=an_assignment(principal_endorsed=False, selection_panel=PANEL))
    body = answer.json()
    assert (answer.status_code, answer.headers["etag"]) == (201, '"1"')
    assert answer.headers["location"] == f"{ASSIGNMENTS}/{body['assignment_id']}"
    assert (body["principal_interviewed"], body["principal_endorsed"]) == (True, False)
    assert (body["selection_panel"], body["to_on"], body["withdrawn"]) == (PANEL, None, False)
    silent = await assigned(admin, school_id="s-2", principal_interviewed=None)
    assert (silent["principal_interviewed"], silent["principal_endorsed"]) == (None, None)
    assert [[a.school_id for a in o.assignments] for o in follower.told] == [["s-1"], ["s-1", "s-2"]]
    assert (await admin.get(answer.headers["location"])).json() == body


async def test_the_same_assignment_again_is_the_one_that_is_there(
    admin: httpx2.AsyncClient, follower: Follower
) -> None:
    body = an_assignment(assignment_id=str(uuid4()), selection_panel=PANEL)
    first = await admin.post(ASSIGNMENTS, json=body)
    correction = {"from_on": "2026-08-11", "to_on": "2026-12-31"}
    await admin.put(first.headers["location"], json=correction)
    again = await admin.post(ASSIGNMENTS, json=body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert (again.json()["assignment_id"], again.json()["from_on"]) == (body["assignment_id"], "2026-08-11")
    assert len(follower.told) == 2


@pytest.mark.parametrize("other", [{"school_id": "s-2"}, {"from_on": "2026-08-11"}, {"principal_interviewed": None}])
async def test_another_assignment_under_a_known_id_is_refused(
    admin: httpx2.AsyncClient, follower: Follower, other: dict[str, Any]
) -> None:
    body = an_assignment(assignment_id=str(uuid4()))
    await admin.post(ASSIGNMENTS, json=body)
    assert is_refused(await admin.post(ASSIGNMENTS, json=body | other), 409, "assignment-exists")
    await kept(admin, "o-2")
    of_another = await admin.post("/v1/officers/o-2/assignments", json=body)
    assert is_refused(of_another, 409, "assignment-exists")
    assert [o.officer_id for o in follower.told] == ["o-1", "o-2"], "the assignment, and that there is another officer"


async def test_days_that_overlap_at_one_school_are_refused(admin: httpx2.AsyncClient) -> None:
    first = await assigned(admin, to_on="2026-12-31")
    overlapping = await admin.post(ASSIGNMENTS, json=an_assignment(from_on="2026-12-31"))
    assert is_refused(overlapping, 409, "assignment-overlaps")
    assert overlapping.json()["assignment_id"] == first["assignment_id"]
    await assigned(admin, school_id="s-2", from_on="2026-12-31")
    next_one = await assigned(admin, from_on="2027-01-01")
    path = f"{ASSIGNMENTS}/{next_one['assignment_id']}"
    earlier = await admin.put(path, json={"from_on": "2026-12-31"})
    assert is_refused(earlier, 409, "assignment-overlaps")
    assert (await admin.put(path, json={"from_on": "2027-01-02"})).status_code == 200


async def test_a_last_day_before_the_first_is_refused(admin: httpx2.AsyncClient, follower: Follower) -> None:
    backwards = an_assignment(from_on=day(0), to_on=day(-1))
    assert is_refused(await admin.post(ASSIGNMENTS, json=backwards), 422, "ends-before-it-begins", "to_on")
    there = await assigned(admin)
    corrected = await admin.put(f"{ASSIGNMENTS}/{there['assignment_id']}", json={"from_on": day(0), "to_on": day(-1)})
    assert is_refused(corrected, 422, "ends-before-it-begins", "to_on")
    assert len(follower.told) == 1


async def test_a_correction_is_a_new_version_and_the_same_again_none(
    api: ServiceInTest[Settings], admin: httpx2.AsyncClient, follower: Follower
) -> None:
    there = await assigned(admin)
    path = f"{ASSIGNMENTS}/{there['assignment_id']}"
    correction = {"from_on": "2026-08-10", "to_on": day(3), "principal_endorsed": True}
    for _ in range(2):
        answer = await admin.put(path, json=correction)
        assert (answer.status_code, answer.headers["etag"]) == (200, '"2"')
    assert (answer.json()["principal_interviewed"], answer.json()["principal_endorsed"]) == (None, True)
    assert [o.assignments[0].to_on for o in follower.told] == [None, a_date(3)]
    stale = await admin.put(path, json={"from_on": "2026-08-12"}, headers={"If-Match": '"1"'})
    assert is_refused(stale, 412, "changed-meanwhile")
    async with api.process.database.read(DISTRICT) as session:
        rows = await session.execute(text("SELECT version, recorded_by FROM assignment_versions ORDER BY version"))
        assert [tuple(row) for row in rows] == [(1, "d-1"), (2, "d-1")]


async def test_a_withdrawn_assignment_never_was(
    api: ServiceInTest[Settings], admin: httpx2.AsyncClient, follower: Follower
) -> None:
    there = await assigned(admin)
    path = f"{ASSIGNMENTS}/{there['assignment_id']}"
    because = {"because": "Entered for Sam Poe."}
    assert is_refused(
        await admin.post(f"{path}/withdrawal", json=because, headers={"If-Match": '"7"'}), 412, "changed-meanwhile"
    )
    for _ in range(2):
        answer = await admin.post(f"{path}/withdrawal", json=because)
        assert (answer.status_code, answer.json()["withdrawn"], answer.json()["version"]) == (200, True, 2)
    assert [len(o.assignments) for o in follower.told] == [1, 0]
    assert is_refused(await admin.put(path, json={"from_on": day(0)}), 409, "assignment-withdrawn")
    await assigned(admin)
    async with api.process.database.read(DISTRICT) as session:
        wanted = text("SELECT withdrawn_because FROM assignment_versions WHERE version = 2")
        assert b"Sam" not in bytes((await session.execute(wanted)).scalar_one())


async def test_assignments_are_listed_page_by_page(admin: httpx2.AsyncClient) -> None:
    made = [(await assigned(admin, school_id=f"s-{n}"))["assignment_id"] for n in range(3)]
    first = (await admin.get(f"{ASSIGNMENTS}?limit=2")).json()
    rest = (await admin.get(f"{ASSIGNMENTS}?limit=2&cursor={first['next_cursor']}")).json()
    assert [a["assignment_id"] for a in first["items"] + rest["items"]] == sorted(made)
    assert rest["next_cursor"] is None
    assert is_refused(await admin.get(f"{ASSIGNMENTS}?cursor=x"), 422, "cursor-unusable", "query.cursor")


async def test_what_is_not_there_is_not_found(admin: httpx2.AsyncClient) -> None:
    nobody = "/v1/officers/o-9/assignments"
    assert is_refused(await admin.get(nobody), 404, "officer-not-found")
    assert is_refused(await admin.post(nobody, json=an_assignment()), 404, "officer-not-found")
    await kept(admin, "o-2", "s-1")
    others = (await admin.get("/v1/officers/o-2/assignments")).json()["items"][0]["assignment_id"]
    for path in (f"{ASSIGNMENTS}/{uuid4()}", f"{ASSIGNMENTS}/{others}"):
        assert is_refused(await admin.get(path), 404, "assignment-not-found")
        assert is_refused(await admin.put(path, json={"from_on": day(0)}), 404, "assignment-not-found")
        assert is_refused(await admin.post(f"{path}/withdrawal", json={"because": "x"}), 404, "assignment-not-found")


async def test_who_keeps_single_schools_assigns_to_those(
    api: ServiceInTest[Settings], admin: httpx2.AsyncClient
) -> None:
    elsewhere = await assigned(admin, school_id="s-2")
    async with api.client("district_admin", "d-2", schools=["s-1"]) as keeper:
        assert is_refused(await keeper.post(ASSIGNMENTS, json=an_assignment(school_id="s-2")), 403, "school-not-yours")
        assert (await keeper.post(ASSIGNMENTS, json=an_assignment())).status_code == 201
        path = f"{ASSIGNMENTS}/{elsewhere['assignment_id']}"
        assert is_refused(await keeper.put(path, json={"from_on": day(0)}), 403, "school-not-yours")
        assert is_refused(await keeper.post(f"{path}/withdrawal", json={"because": "x"}), 403, "school-not-yours")


async def test_a_repeat_under_its_key_gets_the_first_answer(admin: httpx2.AsyncClient, follower: Follower) -> None:
    key = {"Idempotency-Key": "k-1"}
    first = await admin.post(ASSIGNMENTS, json=an_assignment(), headers=key)
    again = await admin.post(ASSIGNMENTS, json=an_assignment(), headers=key)
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    assert len((await admin.get(ASSIGNMENTS)).json()["items"]) == 1


async def test_of_two_who_assign_at_once_one_is_told_of_the_other(admin: httpx2.AsyncClient) -> None:
    answers = await asyncio.gather(*[admin.post(ASSIGNMENTS, json=an_assignment()) for _ in range(4)])
    assert sorted(a.status_code for a in answers) == [201, 409, 409, 409]
    assert len((await admin.get(ASSIGNMENTS)).json()["items"]) == 1
