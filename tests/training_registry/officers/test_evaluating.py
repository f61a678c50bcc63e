"""What schools say of an officer's year: given, corrected, put together, and who reads how much."""

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
    EVALUATIONS,
    Follower,
    an_evaluation,
    day,
    is_refused,
    kept,
    officers_in_test,
)
from training_registry.settings import Settings


@pytest.fixture
def follower() -> Follower:
    return Follower()


@pytest.fixture
async def api(database_url: str, tmp_path: Path, follower: Follower) -> AsyncIterator[ServiceInTest[Settings]]:
    async with officers_in_test(database_url, tmp_path, follower) as service:
        yield service


@pytest.fixture
async def admin(api: ServiceInTest[Settings]) -> AsyncIterator[httpx2.AsyncClient]:
    """The district, with an officer who serves three schools."""
    async with api.client("district_admin", "d-1") as client:
        await kept(client, "o-1", "s-1", "s-2", "s-3")
        yield client


async def given(client: httpx2.AsyncClient, **changes: Any) -> httpx2.Response:
    return await client.post(EVALUATIONS, json=an_evaluation(**changes))


async def test_input_of_several_schools_makes_one_year(admin: httpx2.AsyncClient, follower: Follower) -> None:
    before = len(follower.told)
    first = await given(admin, remarks="Knows the students.")
    assert (first.status_code, first.json()["version"], first.json()["remarks"]) == (201, 1, "Knows the students.")
    await given(admin, by_role="agency", ratings={"teaching": 2})
    await given(admin, school_id="s-2", ratings={"teaching": 5, "keeps_out_of_discipline": 1})
    year = (await admin.get(f"{EVALUATIONS}?school_year=2027")).json()
    assert year["criteria"] == {
        "teaching": {"mean": 3.67, "n": 3},
        "mentoring": {"mean": 5.0, "n": 1},
        "keeps_out_of_discipline": {"mean": 1.0, "n": 1},
    }
    assert (year["schools_with_input"], year["schools_assigned_without_input"]) == (["s-1", "s-2"], ["s-3"])
    assert [(e["school_id"], e["by_role"]) for e in year["evaluations"]] == [
        ("s-1", "agency"),
        ("s-1", "principal"),
        ("s-2", "principal"),
    ]
    assert (await admin.get(EVALUATIONS)).json() == year, "this school year where none is named"
    assert (await admin.get(f"{EVALUATIONS}?school_year=2026")).json()["criteria"] == {}
    assert len(follower.told) == before, "no standing follows from an evaluation"


async def test_a_withdrawn_assignment_leaves_no_school_to_be_heard(admin: httpx2.AsyncClient) -> None:
    there = {a["school_id"]: a["assignment_id"] for a in (await admin.get(ASSIGNMENTS)).json()["items"]}
    await admin.post(f"{ASSIGNMENTS}/{there['s-3']}/withdrawal", json={"because": "x"})
    assert (await admin.get(EVALUATIONS)).json()["schools_assigned_without_input"] == ["s-1", "s-2"]


async def test_the_same_school_year_and_role_is_corrected_by_a_new_version(
    api: ServiceInTest[Settings], admin: httpx2.AsyncClient
) -> None:
    first = await given(admin, remarks="Good.")
    same = await given(admin, remarks="Good.")
    corrected = await given(admin, ratings={"teaching": 1}, evaluation_id=first.json()["evaluation_id"])
    assert [a.status_code for a in (first, same, corrected)] == [201, 200, 200]
    assert [a.json()["version"] for a in (first, same, corrected)] == [1, 1, 2]
    assert (corrected.json()["ratings"], corrected.json()["remarks"]) == ({"teaching": 1}, None)
    year = (await admin.get(EVALUATIONS)).json()
    assert year["criteria"] == {"teaching": {"mean": 1.0, "n": 1}}
    async with api.process.database.read(DISTRICT) as session:
        kept_remarks = (await session.execute(text("SELECT remarks FROM evaluation_versions ORDER BY version"))).all()
    assert [row[0] is None for row in kept_remarks] == [False, True]
    assert b"Good" not in bytes(kept_remarks[0][0])


async def test_another_evaluation_under_a_known_id_or_of_a_known_part_is_refused(admin: httpx2.AsyncClient) -> None:
    first = (await given(admin)).json()["evaluation_id"]
    assert is_refused(await given(admin, evaluation_id=str(uuid4())), 409, "evaluation-exists")
    assert is_refused(await given(admin, school_id="s-2", evaluation_id=first), 409, "evaluation-exists")


async def test_who_corrects_an_evaluation_names_it(admin: httpx2.AsyncClient) -> None:
    first = (await given(admin)).json()["evaluation_id"]
    unnamed = await given(admin, ratings={"teaching": 1})
    assert is_refused(unnamed, 409, "evaluation-exists")
    assert unnamed.json()["evaluation_id"] == first
    assert (await given(admin, ratings={"teaching": 1}, evaluation_id=first)).json()["version"] == 2


@pytest.mark.parametrize(
    ("changes", "kind", "path"),
    [
        ({"evaluated_on": day(1)}, "evaluated-in-future", "evaluated_on"),
        ({"school_year": 2028}, "evaluated-in-future", "school_year"),
        ({"school_id": "s-9"}, "not-assigned-there", "school_id"),
        ({"school_year": 2026}, "not-assigned-there", "school_id"),
        ({"ratings": {}}, "request-has-faults", "ratings"),
        ({"ratings": {"teaching": 6}}, "request-has-faults", "ratings.teaching"),
        ({"ratings": {"teaching": 0}}, "request-has-faults", "ratings.teaching"),
        ({"ratings": {"looks": 5}}, "request-has-faults", "ratings.looks.[key]"),
        ({"by_role": "janitor"}, "request-has-faults", "by_role"),
    ],
)
async def test_a_fault_is_named_by_its_path(
    admin: httpx2.AsyncClient, changes: dict[str, Any], kind: str, path: str
) -> None:
    assert is_refused(await given(admin, **changes), 422, kind, path)
    assert (await given(admin)).status_code == 201


async def test_a_school_speaks_for_itself_and_reads_its_own_remarks(
    api: ServiceInTest[Settings], admin: httpx2.AsyncClient
) -> None:
    await given(admin, school_id="s-2", remarks="Of the other school.", ratings={"teaching": 2})
    async with api.client("administrator", "principal", schools=["s-1"]) as principal:
        assert is_refused(await given(principal, school_id="s-2"), 403, "school-not-yours")
        assert (await given(principal, remarks="Of our school.")).status_code == 201
        answer = await principal.get(EVALUATIONS)
        year = answer.json()
        assert [e["remarks"] for e in year["evaluations"]] == ["Of our school."]
        assert "other" not in answer.text
        assert year["criteria"]["teaching"] == {"mean": 3.0, "n": 2}
        assert (year["schools_with_input"], year["schools_assigned_without_input"]) == (["s-1", "s-2"], ["s-3"])
    async with api.client("administrator", "stranger", schools=["s-9"]) as stranger:
        assert is_refused(await stranger.get(EVALUATIONS), 404, "officer-not-found")
        assert is_refused(await given(stranger, school_id="s-9"), 404, "officer-not-found")
    async with api.client("officer", "o-1", schools=["s-1"]) as officer:
        assert (await officer.get(EVALUATIONS)).status_code == 403
