"""Who acts for some schools keeps the books of their officers, and of nobody else."""

from collections.abc import AsyncIterator
from uuid import uuid4

import httpx2
import pytest

from shared.testing.service import ServiceInTest
from tests.training_registry.completions.books import BASIC, CONTENT, PATH, recorded
from training_registry.settings import Settings

THEIRS = BASIC | {"officer_id": "o-2"}


@pytest.fixture
async def keeper(api: ServiceInTest[Settings]) -> AsyncIterator[httpx2.AsyncClient]:
    """Who keeps the books of s-1, where o-1 is assigned and o-2 is not."""
    async with api.client("district_admin", "a-2", schools=["s-1"]) as client:
        yield client


async def test_an_officer_of_other_schools_is_unknown_where_one_records(
    admin: httpx2.AsyncClient, keeper: httpx2.AsyncClient
) -> None:
    made = await recorded(admin, **THEIRS, completion_id=str(uuid4()))
    for sent in (THEIRS, THEIRS | {"completion_id": made["completion_id"]}, BASIC | {"officer_id": "o-9"}):
        answer = await keeper.post(PATH, json=sent)
        assert (answer.status_code, answer.json()["type"]) == (422, "urn:rapport:problem:officer-unknown")
        assert [error["path"] for error in answer.json()["errors"]] == ["officer_id"]
    listed = (await keeper.post(PATH, json=[THEIRS, BASIC])).json()["items"]
    assert [(item["status"], [e["path"] for e in item["errors"]]) for item in listed] == [
        (422, ["officer_id"]),
        (201, []),
    ]
    of_theirs = await admin.get(f"{PATH}?officer_id=o-2")
    assert [item["completion_id"] for item in of_theirs.json()["items"]] == [made["completion_id"]]


async def test_an_officer_of_other_schools_is_unknown_in_a_file(
    admin: httpx2.AsyncClient, keeper: httpx2.AsyncClient
) -> None:
    rows = ["officer_id,course,provider,topics,completed_on"]
    rows += [f"{officer_id},Basic,NASRO,law=1,2026-08-27" for officer_id in ("o-1", "o-2")]
    answer = await keeper.post(f"{PATH}/imports", content="\n".join(rows), headers={"Content-Type": "text/csv"})
    told = answer.json()
    assert (told["rows_applied"], told["rows_rejected"]) == (1, 1)
    assert [(error["line"], error["field"]) for error in told["errors"]] == [(3, "officer_id")]
    assert (await admin.get(f"{PATH}?officer_id=o-2")).json()["items"] == []


async def test_completions_of_officers_of_other_schools_are_not_there(
    admin: httpx2.AsyncClient, keeper: httpx2.AsyncClient
) -> None:
    theirs = await recorded(admin, **THEIRS | {"outside": True})
    own = await recorded(admin, outside=True)
    approval, revocation = {"approved": True}, {"reason": "x"}
    path = f"{PATH}/{theirs['completion_id']}"
    answers = [
        await keeper.post(f"{path}/approval", json=approval),
        await keeper.put(path, json=CONTENT),
        await keeper.post(f"{path}/revocation", json=revocation),
    ]
    assert {(a.status_code, a.json()["type"]) for a in answers} == {(404, "urn:rapport:problem:completion-not-found")}
    assert (await admin.get(path)).json() == theirs
    path = f"{PATH}/{own['completion_id']}"
    answers = [
        await keeper.post(f"{path}/approval", json=approval),
        await keeper.put(path, json=CONTENT),
        await keeper.post(f"{path}/revocation", json=revocation),
    ]
    assert [a.status_code for a in answers] == [200, 200, 200]
