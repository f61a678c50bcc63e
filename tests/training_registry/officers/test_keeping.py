"""Who officers are: written down, read, listed, and kept as they were known."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from shared.auth.permissions import PERMISSIONS, Permission
from shared.testing.service import DISTRICT, ServiceInTest
from tests.training_registry.officers.builders import (
    ASSIGNMENTS,
    EVALUATIONS,
    PATH,
    Follower,
    an_assignment,
    an_evaluation,
    an_officer,
    day,
    is_refused,
    kept,
    officers_in_test,
)
from tests.training_registry.suite import NOON, Clock
from training_registry.officers.rules import Position
from training_registry.officers.views import officers_known
from training_registry.settings import Settings


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def follower() -> Follower:
    return Follower()


@pytest.fixture
async def api(
    database_url: str, tmp_path: Path, follower: Follower, clock: Clock
) -> AsyncIterator[ServiceInTest[Settings]]:
    async with officers_in_test(database_url, tmp_path, follower, clock=clock) as service:
        yield service


@pytest.fixture
async def admin(api: ServiceInTest[Settings]) -> AsyncIterator[httpx2.AsyncClient]:
    async with api.client("district_admin", "d-1") as client:
        yield client


async def test_an_officer_is_written_down_and_changed(admin: httpx2.AsyncClient, follower: Follower) -> None:
    made = await admin.put(PATH, json=an_officer())
    assert (made.status_code, made.headers["etag"]) == (201, '"1"')
    assert made.json() == an_officer() | {
        "officer_id": "o-1",
        "position": "sro",
        "left_on": None,
        "version": 1,
        "changed_at": "2026-11-25T17:00:00Z",
    }
    changed = await admin.put(PATH, json=an_officer(name="Pat Roe", position="security_staff", left_on=day(0)))
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    read = await admin.get(PATH)
    assert (read.json(), read.headers["etag"]) == (changed.json(), '"2"')
    assert [(o.position, o.left_on) for o in follower.told] == [
        (Position.SRO, None),
        (Position.SECURITY_STAFF, NOON.date()),
    ]


async def test_the_same_officer_again_changes_nothing(admin: httpx2.AsyncClient, follower: Follower) -> None:
    await admin.put(PATH, json=an_officer())
    again = await admin.put(PATH, json=an_officer(position="sro", left_on=None))
    assert (again.status_code, again.headers["etag"]) == (200, '"1"')
    assert len(follower.told) == 1


async def test_of_many_who_write_an_officer_down_at_once_one_makes_him(
    admin: httpx2.AsyncClient, follower: Follower
) -> None:
    answers = await asyncio.gather(*[admin.put(PATH, json=an_officer(badge=str(n))) for n in range(4)])
    assert sorted(a.status_code for a in answers) == [200, 200, 200, 201]
    assert sorted(a.json()["version"] for a in answers) == [1, 2, 3, 4]
    assert len(follower.told) == 4


async def test_a_change_meant_for_another_version_is_refused(admin: httpx2.AsyncClient, follower: Follower) -> None:
    await admin.put(PATH, json=an_officer())
    fits = await admin.put(PATH, json=an_officer(badge=None), headers={"If-Match": '"1"'})
    late = await admin.put(PATH, json=an_officer(), headers={"If-Match": '"1"'})
    assert (fits.status_code, fits.json()["badge"]) == (200, None)
    assert is_refused(late, 412, "changed-meanwhile")
    assert len(follower.told) == 2


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"left_on": "2026-01-04"}, "left_on"),
        ({"appointed_on": "yesterday"}, "appointed_on"),
        ({"appointed_on": "0001-01-01"}, "appointed_on"),
        ({"position": "sheriff"}, "position"),
        ({"name": ""}, "name"),
        ({"rank": "sergeant"}, "rank"),
    ],
)
async def test_a_fault_is_named_by_its_path(admin: httpx2.AsyncClient, given: dict[str, Any], path: str) -> None:
    assert is_refused(await admin.put(PATH, json=an_officer(**given)), 422, "request-has-faults", path)
    assert is_refused(await admin.get(PATH), 404, "officer-not-found")
    assert (await admin.put(PATH, json=an_officer())).status_code == 201


@pytest.mark.parametrize("officer_id", ["o%0A1", "o%7F", "x" * 201])
async def test_an_id_that_no_address_can_hold_is_refused(admin: httpx2.AsyncClient, officer_id: str) -> None:
    answer = await admin.put(f"/v1/officers/{officer_id}", json=an_officer())
    assert is_refused(answer, 422, "request-has-faults", "path.officer_id")


async def test_names_are_sealed_and_every_version_is_bound_to_its_row(
    api: ServiceInTest[Settings], admin: httpx2.AsyncClient
) -> None:
    await admin.put(PATH, json=an_officer())
    await admin.put(PATH, json=an_officer(name="Pat Roe"))
    async with api.process.database.read(DISTRICT) as session:
        rows = (await session.execute(text("SELECT name, badge FROM officer_versions ORDER BY version"))).all()
    stored = b"".join(bytes(value) for row in rows for value in row)
    assert not [name for name in (b"Pat", b"Roe", b"77") if name in stored]
    assert len(rows) == 2


async def test_what_was_known_before_a_change_stays_known(
    api: ServiceInTest[Settings], admin: httpx2.AsyncClient, clock: Clock
) -> None:
    await kept(admin, "o-1", "s-1")
    clock.now = NOON + timedelta(hours=1)
    await admin.put(PATH, json=an_officer(agency="County Sheriff"))
    assigned = (await admin.get(ASSIGNMENTS)).json()["items"][0]
    correction = {"from_on": "2026-08-10", "to_on": day(-1)}
    await admin.put(f"{ASSIGNMENTS}/{assigned['assignment_id']}", json=correction)
    clock.now = NOON + timedelta(hours=2)
    await admin.post(f"{ASSIGNMENTS}/{assigned['assignment_id']}/withdrawal", json={"because": "The wrong school."})
    assert (await admin.get(f"{PATH}?known_at=2026-11-25T17:59:59Z")).json()["agency"] == "City Police"
    assert (await admin.get(f"{PATH}?known_at=2026-11-25T18:00:00Z")).json()["agency"] == "County Sheriff"
    assert (await admin.get(f"{PATH}?known_at=2026-11-25T16:00:00Z")).status_code == 404
    async with api.process.database.read(DISTRICT) as session:
        known = [
            (await officers_known(session, DISTRICT, known_at=NOON + timedelta(minutes=m))) for m in (-1, 30, 90, 150)
        ]
        assert await officers_known(session, DISTRICT) == known[3]
    assert known[0] == {}
    first, corrected, withdrawn = (officers["o-1"] for officers in known[1:])
    assert (first.agency, corrected.agency) == ("City Police", "County Sheriff")
    assert [a.to_on for a in first.assignments] == [None]
    assert [a.to_on for a in corrected.assignments] == [NOON.date() - timedelta(days=1)]
    assert withdrawn.assignments == ()


async def test_many_officers_are_known_in_two_statements_and_only_those_that_were_asked_for(
    api: ServiceInTest[Settings], admin: httpx2.AsyncClient
) -> None:
    for n in range(3):
        await kept(admin, f"o-{n}", "s-2", "s-1")
    async with api.process.database.read(DISTRICT) as session:
        named = await officers_known(session, DISTRICT, officer_ids=["o-1", "o-9"])
        many = await officers_known(session, DISTRICT, officer_ids=["o-2", *(f"x-{n}" for n in range(600))])
        none = await officers_known(session, DISTRICT, officer_ids=[])
        everybody = await officers_known(session, DISTRICT)
        elsewhere = await officers_known(session, "elsewhere")
    assert (list(named), list(many), none, list(everybody), elsewhere) == (
        ["o-1"],
        ["o-2"],
        {},
        ["o-0", "o-1", "o-2"],
        {},
    )
    assert [a.school_id for a in named["o-1"].assignments] == ["s-1", "s-2"]


async def test_lists_go_by_school_and_agency_page_by_page(admin: httpx2.AsyncClient) -> None:
    await kept(admin, "o-1", "s-1")
    await kept(admin, "o-2", "s-1", "s-2", agency="County Sheriff")
    await kept(admin, "o-3")

    async def ids(query: str = "") -> list[str]:
        return [item["officer_id"] for item in (await admin.get(f"/v1/officers{query}")).json()["items"]]

    assert await ids() == ["o-1", "o-2", "o-3"]
    assert await ids("?school_id=s-1") == ["o-1", "o-2"]
    assert await ids("?agency=county%20%20SHERIFF") == ["o-2"]
    first = await admin.get("/v1/officers?limit=2")
    assert first.headers["link"].endswith('rel="next"')
    assert await ids(f"?limit=2&cursor={first.json()['next_cursor']}") == ["o-3"]
    assert is_refused(await admin.get("/v1/officers?cursor=x"), 422, "cursor-unusable", "query.cursor")


async def test_a_school_sees_who_was_ever_assigned_to_it_and_an_officer_himself(
    api: ServiceInTest[Settings], admin: httpx2.AsyncClient
) -> None:
    await kept(admin, "o-1", "s-1")
    await kept(admin, "o-2", "s-2")
    mistaken = await admin.post("/v1/officers/o-2/assignments", json=an_assignment(school_id="s-1"))
    path = f"/v1/officers/o-2/assignments/{mistaken.json()['assignment_id']}/withdrawal"
    async with api.client("administrator", "principal", schools=["s-1"]) as principal:
        assert (await principal.get("/v1/officers/o-2")).status_code == 200
        await admin.post(path, json={"because": "The wrong school."})
        for refused in ("/v1/officers/o-2", "/v1/officers/o-2/assignments", "/v1/officers/o-2/evaluations"):
            assert is_refused(await principal.get(refused), 404, "officer-not-found")
        assert [o["officer_id"] for o in (await principal.get("/v1/officers")).json()["items"]] == ["o-1"]
    async with api.client("officer", "o-2", schools=["s-1"]) as officer:
        assert [o["officer_id"] for o in (await officer.get("/v1/officers")).json()["items"]] == ["o-2"]
        assert (await officer.get("/v1/officers/o-2/assignments")).status_code == 200
        assert is_refused(await officer.get(PATH), 404, "officer-not-found")
    async with api.client("district_admin", district="elsewhere") as stranger:
        assert (await stranger.get(PATH)).status_code == 404
        assert (await stranger.get("/v1/officers")).json()["items"] == []


@pytest.mark.parametrize("role", list(PERMISSIONS))
async def test_each_role_does_what_the_table_allows_it(
    api: ServiceInTest[Settings], admin: httpx2.AsyncClient, role: str
) -> None:
    await kept(admin, "o-1", "s-1")
    held = PERMISSIONS[role]  # type: ignore[index]  # a role is text
    there = (await admin.get(ASSIGNMENTS)).json()["items"][0]["assignment_id"]
    sub = "o-1" if role == "officer" else "somebody"  # an officer sees himself, and nobody writes of himself
    async with api.client(role, sub, schools=["s-1"], provider="p-1" if role == "provider" else None) as client:
        for path, permission in (
            ("/v1/officers", Permission.OFFICERS_READ),
            (PATH, Permission.OFFICERS_READ),
            (ASSIGNMENTS, Permission.OFFICERS_READ),
            (f"{ASSIGNMENTS}/{there}", Permission.OFFICERS_READ),
            (EVALUATIONS, Permission.EVALUATIONS_READ),
        ):
            assert (await client.get(path)).status_code == (200 if permission in held else 403), path
        judged = await client.post(EVALUATIONS, json=an_evaluation())
        assert judged.status_code == (201 if Permission.EVALUATIONS_RECORD in held else 403)
        keeps = Permission.OFFICERS_KEEP in held
        assert keeps is (role == "district_admin")
        corrected = {"from_on": "2026-08-10"}
        for answer in (
            await client.put(PATH, json=an_officer()),
            await client.put(f"{ASSIGNMENTS}/{there}", json=corrected),
            await client.post(f"{ASSIGNMENTS}/{there}/withdrawal", json={"because": "x"}),
        ):
            assert answer.status_code == (200 if keeps else 403)
        assigned = await client.post(ASSIGNMENTS, json=an_assignment())
        assert assigned.status_code == (201 if keeps else 403)
