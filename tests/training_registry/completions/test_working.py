"""Outside courses are decided upon once, completions are corrected and revoked, and history is kept."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from shared.testing.service import ServiceInTest
from tests.training_registry.completions.books import CONTENT, PATH, counted, recorded, verified
from training_registry.settings import Settings

pytestmark = pytest.mark.slow

REFUSAL = {"approved": False, "because": "No attendance was kept."}


async def test_an_approved_course_counts_and_is_certified(
    api: ServiceInTest[Settings], admin: httpx2.AsyncClient
) -> None:
    waiting = await recorded(admin, outside=True)
    path = f"{PATH}/{waiting['completion_id']}/approval"
    first = await admin.post(path, json={"approved": True})
    again = await admin.post(path, json={"approved": True, "because": "x"}, headers={"If-Match": '"1"'})
    assert (first.status_code, first.json()["status"], first.headers["etag"]) == (200, "accepted", '"2"')
    assert (again.status_code, again.json()) == (200, first.json())
    assert await verified(api, first.json()["credential_id"]) == "valid"
    assert len(await counted(api)) == 1
    other = await admin.post(path, json=REFUSAL)
    assert (other.status_code, other.json()["type"]) == (409, "urn:rapport:problem:decided-otherwise")


async def test_a_refusal_says_why_and_never_counts(api: ServiceInTest[Settings], admin: httpx2.AsyncClient) -> None:
    waiting = await recorded(admin, outside=True)
    path = f"{PATH}/{waiting['completion_id']}/approval"
    silent = await admin.post(path, json={"approved": False})
    assert (silent.status_code, silent.json()["errors"]) == (
        422,
        [{"path": "because", "problem": "is required with a refusal"}],
    )
    refused = await admin.post(path, json=REFUSAL)
    body = refused.json()
    assert (body["status"], body["because"], body["credential_id"]) == ("refused", REFUSAL["because"], None)
    assert (await admin.post(path, json=REFUSAL)).json() == body
    assert (await admin.post(path, json={"approved": True})).status_code == 409
    assert await counted(api) == []
    # Put right, it is looked at again.
    corrected = await admin.put(path.removesuffix("/approval"), json=CONTENT | {"outside": True, "provider": "B"})
    assert (corrected.json()["status"], corrected.json()["because"]) == ("awaiting_approval", None)
    assert (await admin.post(path, json={"approved": True})).json()["status"] == "accepted"


async def test_only_an_outside_course_that_is_not_revoked_is_decided_upon(admin: httpx2.AsyncClient) -> None:
    own, waiting = await recorded(admin), await recorded(admin, outside=True)
    answer = await admin.post(f"{PATH}/{own['completion_id']}/approval", json={"approved": True})
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:rapport:problem:nothing-to-approve")
    await admin.post(f"{PATH}/{waiting['completion_id']}/revocation", json={"reason": "x"})
    answer = await admin.post(f"{PATH}/{waiting['completion_id']}/approval", json={"approved": True})
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:rapport:problem:already-revoked")


async def test_a_revoked_completion_counts_no_more_and_its_credential_is_revoked(
    api: ServiceInTest[Settings], admin: httpx2.AsyncClient
) -> None:
    made = await recorded(admin)
    path = f"{PATH}/{made['completion_id']}"
    assert (await admin.post(f"{path}/revocation", json={})).status_code == 422
    first = await admin.post(f"{path}/revocation", json={"reason": "not attended"})
    again = await admin.post(f"{path}/revocation", json={"reason": "another"})
    assert (first.status_code, first.json()["status"]) == (200, "revoked")
    assert (first.json()["because"], first.json()["credential_id"]) == ("not attended", None)
    assert (again.status_code, again.json()) == (200, first.json())
    assert await verified(api, made["credential_id"]) == "revoked"
    assert await counted(api) == []
    corrected = await admin.put(path, json=CONTENT)
    assert (corrected.status_code, corrected.json()["type"]) == (409, "urn:rapport:problem:already-revoked")


@pytest.mark.parametrize(
    ("changes", "is_issued_anew"),
    [
        ({"course": "NASRO Basic 2026"}, True),
        ({"topics": {"law": 40}}, True),
        ({"expires_on": "2029-08-27"}, True),
        ({"completed_on": "2026-08-28"}, True),
        ({"provider": "Another"}, True),
        ({"course_code": "B-1", "evidence_sha256": "0" * 64}, False),
    ],
)
async def test_a_credential_is_issued_anew_where_what_it_certifies_was_corrected(
    api: ServiceInTest[Settings], admin: httpx2.AsyncClient, changes: dict[str, Any], is_issued_anew: bool
) -> None:
    made = await recorded(admin)
    path = f"{PATH}/{made['completion_id']}"
    answer = await admin.put(path, json=CONTENT | changes, headers={"If-Match": '"1"'})
    body = answer.json()
    assert (answer.status_code, answer.headers["etag"], body["status"]) == (200, '"2"', "accepted")
    assert {name: body[name] for name in changes} == changes
    assert (body["credential_id"] != made["credential_id"]) is is_issued_anew
    assert await verified(api, made["credential_id"]) == ("revoked" if is_issued_anew else "valid")
    assert await verified(api, body["credential_id"]) == "valid"
    again = await admin.put(path, json=CONTENT | changes)
    assert (again.headers["etag"], again.json()) == ('"2"', body)
    stale = await admin.put(path, json=CONTENT, headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    (completion,) = await counted(api)
    assert completion.course == body["course"]


async def test_a_correction_has_no_faults_and_changes_nobody_else(admin: httpx2.AsyncClient) -> None:
    made = await recorded(admin)
    path = f"{PATH}/{made['completion_id']}"
    for changes, field in (
        ({"completed_on": "2026-11-26"}, "completed_on"),
        ({"topics": {"law": -1}}, "topics.law"),
        ({"officer_id": "o-2"}, "officer_id"),
    ):
        answer = await admin.put(path, json=CONTENT | changes)
        assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, field)
    assert (await admin.get(path)).json() == made


async def test_an_approval_holds_for_what_was_approved(api: ServiceInTest[Settings], admin: httpx2.AsyncClient) -> None:
    made = await recorded(admin, outside=True)
    path = f"{PATH}/{made['completion_id']}"
    await admin.post(f"{path}/approval", json={"approved": True})
    kept = await admin.put(path, json=CONTENT | {"outside": True, "course_code": "C-1"})
    assert kept.json()["status"] == "accepted"
    changed = await admin.put(path, json=CONTENT | {"outside": True, "topics": {"law": 400}})
    assert (changed.json()["status"], changed.json()["credential_id"]) == ("awaiting_approval", None)
    assert await verified(api, kept.json()["credential_id"]) == "revoked"
    assert await counted(api) == []
    await admin.post(f"{path}/approval", json={"approved": True})
    assert [completion.topics for completion in await counted(api)] == [{"law": 40000}]


@pytest.mark.parametrize("is_refused_first", [False, True])
async def test_what_nobody_approved_waits_also_once_it_is_no_outside_course(
    api: ServiceInTest[Settings], admin: httpx2.AsyncClient, is_refused_first: bool
) -> None:
    made = await recorded(admin, outside=True)
    path = f"{PATH}/{made['completion_id']}"
    if is_refused_first:
        await admin.post(f"{path}/approval", json=REFUSAL)
    for content in (CONTENT, CONTENT | {"provider": "Another"}):
        changed = (await admin.put(path, json=content)).json()
        assert (changed["status"], changed["outside"]) == ("awaiting_approval", False)
    assert await counted(api) == []
    assert (await admin.post(f"{path}/approval", json=REFUSAL)).json()["status"] == "refused"
    assert (await admin.put(path, json=CONTENT)).json()["status"] == "awaiting_approval"
    assert (await admin.post(f"{path}/approval", json={"approved": True})).json()["status"] == "accepted"
    assert len(await counted(api)) == 1


async def test_nobody_decides_upon_his_own(api: ServiceInTest[Settings], admin: httpx2.AsyncClient) -> None:
    made = await recorded(admin, outside=True)
    path = f"{PATH}/{made['completion_id']}"
    async with api.client("district_admin", "o-1") as himself:
        answers = [
            await himself.post(f"{path}/approval", json={"approved": True}),
            await himself.post(f"{path}/revocation", json={"reason": "x"}),
            await himself.put(path, json=CONTENT),
        ]
    assert {(a.status_code, a.json()["type"]) for a in answers} == {(403, "urn:rapport:problem:own-completion")}
    assert (await admin.get(path)).json() == made


async def test_what_is_not_there_cannot_be_worked_on(api: ServiceInTest[Settings], admin: httpx2.AsyncClient) -> None:
    made = await recorded(admin)
    async with api.client("district_admin", district="elsewhere") as stranger:
        for client, completion_id in ((admin, uuid4()), (stranger, made["completion_id"])):
            path = f"{PATH}/{completion_id}"
            answers = [
                await client.post(f"{path}/approval", json={"approved": True}),
                await client.post(f"{path}/revocation", json={"reason": "x"}),
                await client.put(path, json=CONTENT),
                await client.get(path),
                await client.get(f"{path}/history"),
            ]
            assert {answer.status_code for answer in answers} == {404}


async def test_of_opposite_decisions_at_once_one_holds(api: ServiceInTest[Settings], admin: httpx2.AsyncClient) -> None:
    for _ in range(5):
        made = await recorded(admin, outside=True)
        path = f"{PATH}/{made['completion_id']}"
        answers = await asyncio.gather(
            *[admin.post(f"{path}/approval", json=body) for body in ({"approved": True}, REFUSAL) * 2]
        )
        assert sorted(answer.status_code for answer in answers) == [200, 200, 409, 409]
        history = (await admin.get(f"{path}/history")).json()["items"]
        assert len(history) == 2


async def test_revocations_and_corrections_at_once_neither_wait_for_ever_nor_leave_a_credential(
    api: ServiceInTest[Settings], admin: httpx2.AsyncClient
) -> None:
    for _ in range(5):
        made = [await recorded(admin), await recorded(admin, officer_id="o-2")]
        paths = [f"{PATH}/{one['completion_id']}" for one in made]
        answers = await asyncio.gather(
            *[admin.post(f"{path}/revocation", json={"reason": "x"}) for path in paths * 2],
            *[admin.put(path, json=CONTENT | {"course": "Corrected"}) for path in reversed(paths)],
            admin.post(PATH, json=[CONTENT | {"officer_id": officer_id} for officer_id in ("o-2", "o-1")]),
        )
        assert [answer.status_code for answer in answers[:4]] == [200] * 4
        assert {answer.status_code for answer in answers[4:6]} <= {200, 409}
        for path in paths:
            items = (await admin.get(f"{path}/history")).json()["items"]
            assert [item["step"] for item in items].count("revoked") == 1
            assert items[-1]["step"] == "revoked"
            issued = {item["credential_id"] for item in items if item["credential_id"] is not None}
            assert {await verified(api, credential_id) for credential_id in issued} == {"revoked"}
