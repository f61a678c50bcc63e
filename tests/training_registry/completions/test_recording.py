"""Recording completions: one or a list, each judged by itself, none by its own subject."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from shared.testing.service import ServiceInTest
from tests.training_registry.completions.books import BASIC, OUTSIDE, PATH, counted, recorded, verified
from training_registry.settings import Settings


async def test_a_recorded_completion_counts_and_is_certified(
    api: ServiceInTest[Settings], admin: httpx2.AsyncClient
) -> None:
    answer = await admin.post(PATH, json=BASIC | {"evidence_sha256": "AB" * 32, "expires_on": "2029-08-27"})
    body = answer.json()
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"{PATH}/{body['completion_id']}"
    assert answer.headers["etag"] == '"1"'
    assert (body["status"], body["topics"], body["evidence_sha256"]) == ("accepted", BASIC["topics"], "ab" * 32)
    assert (await admin.get(answer.headers["location"])).json() == body
    assert await verified(api, body["credential_id"]) == "valid"
    (completion,) = await counted(api)
    assert completion.topics == {"law": 3925, "de_escalation": 75}
    assert await counted(api, officer_ids={"o-2"}) == []


async def test_a_credential_names_the_rules_that_the_course_counts_towards(
    api: ServiceInTest[Settings], admin: httpx2.AsyncClient
) -> None:
    for requirement_id, asks in (("basic", {"courses": ["nasro  basic"]}), ("law", {"topics": {"law": 8}})):
        rule = {"title": requirement_id, "jurisdiction": "local", "anchor": "appointment", "blocks": [], **asks}
        answer = await admin.put(
            f"/v1/requirements/{requirement_id}", json=rule | {"due_days": 9, "source": "policy", "as_of": "2026-01-01"}
        )
        assert answer.status_code in (200, 201), answer.text
    aligned = {}
    for topics in ({"mental_health": 1}, {"mental_health": 1, "law": 8}):
        credential_id = (await recorded(admin, topics=topics))["credential_id"]
        credential = (await admin.get(f"/v1/credentials/{credential_id}")).json()["credential"]
        codes = [one["targetCode"] for one in credential["credentialSubject"]["achievement"]["alignment"]]
        assert len(codes) == len(set(codes))
        aligned[len(topics)] = set(codes) & {"basic", "law"}
    assert aligned == {1: {"basic"}, 2: {"basic", "law"}}


async def test_an_outside_course_waits_and_is_not_certified(
    api: ServiceInTest[Settings], admin: httpx2.AsyncClient
) -> None:
    body = await recorded(admin, outside=True)
    assert (body["status"], body["credential_id"]) == ("awaiting_approval", None)
    assert await counted(api) == []


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"topics": {"law": -4}}, "topics.law"),
        ({"topics": {"law": 1000.01}}, "topics.law"),
        ({"topics": {"law": 1.005}}, "topics.law"),
        ({"topics": {"law": "4"}}, "topics.law"),
        ({"topics": {"law": True}}, "topics.law"),
        ({"topics": {"": 4}}, "topics."),
        ({"completed_on": "2026-11-26"}, "completed_on"),
        ({"completed_on": "1026-11-26"}, "completed_on"),
        ({"completed_on": "11/22/2026"}, "completed_on"),
        ({"expires_on": "2026-08-26"}, "expires_on"),
        ({"evidence_sha256": "ab"}, "evidence_sha256"),
        ({"course": ""}, "course"),
        ({"officer_id": "o/1"}, "officer_id"),
        ({"officer_id": "o-9"}, "officer_id"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_a_completion_with_a_fault_is_refused_by_the_field(
    admin: httpx2.AsyncClient, changes: dict[str, Any], path: str
) -> None:
    answer = await admin.post(PATH, json=BASIC | changes)
    assert answer.status_code == 422, answer.text
    (fault,) = answer.json()["errors"]
    assert fault["path"].startswith(path)
    (item,) = (await admin.post(PATH, json=[BASIC | changes])).json()["items"]
    assert (item["status"], item["errors"], item["completion_id"]) == (422, [fault], None)
    assert (await admin.get(PATH)).json()["items"] == []


async def test_today_is_the_day_where_the_registry_is(admin: httpx2.AsyncClient) -> None:
    assert (await admin.post(PATH, json=BASIC | {"completed_on": "2026-11-25"})).status_code == 201


async def test_what_is_not_json_is_refused_as_such(admin: httpx2.AsyncClient) -> None:
    sent = await admin.post(PATH, content=b"officer_id", headers={"Content-Type": "text/csv"})
    assert sent.status_code == 415
    assert (await admin.post(PATH, content=b"{")).status_code in (400, 415)
    assert (await admin.post(PATH, json="o-1")).status_code == 422


async def test_the_sender_is_never_the_subject(api: ServiceInTest[Settings]) -> None:
    async with api.client("district_admin", "o-1") as himself:
        answer = await himself.post(PATH, json=BASIC)
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:rapport:problem:own-completion")
        listed = await himself.post(PATH, json=[BASIC, BASIC | {"officer_id": "o-2"}])
    assert [item["status"] for item in listed.json()["items"]] == [403, 201]
    assert listed.json()["items"][0]["errors"][0]["path"] == "officer_id"
    assert await counted(api) == []
    async with api.client("officer", "o-3") as officer:
        assert (await officer.post(PATH, json=BASIC)).status_code == 403


async def test_the_very_one_again_is_told_and_another_under_its_id_is_refused(
    api: ServiceInTest[Settings], admin: httpx2.AsyncClient
) -> None:
    sent = BASIC | {"completion_id": str(uuid4())}
    first = await admin.post(PATH, json=sent)
    again = await admin.post(PATH, json=sent)
    other = await admin.post(PATH, json=sent | {"course": "Another"})
    assert [first.status_code, again.status_code, other.status_code] == [201, 200, 409]
    assert again.json() == first.json()
    assert other.json()["type"] == "urn:rapport:problem:completion-exists"
    assert len(await counted(api)) == 1
    # Also after it was put right, and revoked: who heard no answer sends what he sent.
    content = {name: value for name, value in BASIC.items() if name != "officer_id"}
    path = f"{PATH}/{sent['completion_id']}"
    assert (await admin.put(path, json=content | {"course": "Corrected"})).status_code == 200
    assert (await admin.post(f"{path}/revocation", json={"reason": "x"})).status_code == 200
    late = await admin.post(PATH, json=sent)
    assert (late.status_code, late.json()["status"], late.json()["course"]) == (200, "revoked", "Corrected")


async def test_each_of_a_list_stands_alone(api: ServiceInTest[Settings], admin: httpx2.AsyncClient) -> None:
    there = BASIC | {"completion_id": str(uuid4())}
    await admin.post(PATH, json=there)
    twice = BASIC | {"completion_id": str(uuid4()), "officer_id": "o-2"}
    answer = await admin.post(
        PATH,
        json=[
            there,
            BASIC | {"topics": {"law": -1}},
            OUTSIDE,
            there | {"course": "Another"},
            twice,
            twice,
            "none",
            BASIC | {"officer_id": "o-9", "completion_id": str(uuid4())},
        ],
    )
    assert answer.status_code == 207, answer.text
    items = answer.json()["items"]
    assert [item["index"] for item in items] == list(range(8))
    assert [item["status"] for item in items] == [200, 422, 201, 409, 201, 200, 422, 422]
    assert [item["credential_id"] is not None for item in items] == [True, *[False] * 3, True, True, False, False]
    assert items[4]["credential_id"] == items[5]["credential_id"]
    assert items[1]["errors"][0]["path"] == "topics.law"
    assert items[6]["errors"] == [{"path": "body", "problem": "must be an object"}]
    assert len(await counted(api, "o-2")) == 1


async def test_a_list_has_500_entries_at_most(admin: httpx2.AsyncClient) -> None:
    for entries in (0, 501):
        answer = await admin.post(PATH, json=[BASIC] * entries)
        assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, "body")
    answer = await admin.post(PATH, json=[BASIC] * 500)
    assert {item["status"] for item in answer.json()["items"]} == {201}


async def test_a_repeat_under_its_key_records_nothing(api: ServiceInTest[Settings], admin: httpx2.AsyncClient) -> None:
    key = {"Idempotency-Key": "k-1"}
    answers = [await admin.post(PATH, json=[BASIC, BASIC], headers=key) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert answers[1].headers["idempotency-replayed"] == "true"
    assert len(await counted(api)) == 2


async def test_of_two_at_once_under_one_id_one_is_recorded(
    api: ServiceInTest[Settings], admin: httpx2.AsyncClient
) -> None:
    for _ in range(5):
        sent = BASIC | {"completion_id": str(uuid4())}
        same = await asyncio.gather(*[admin.post(PATH, json=sent) for _ in range(4)])
        assert sorted(answer.status_code for answer in same) == [200, 200, 200, 201]
        sent = BASIC | {"completion_id": str(uuid4())}
        other = await asyncio.gather(
            *[admin.post(PATH, json=[sent | {"officer_id": officer_id}, BASIC]) for officer_id in ("o-1", "o-2")]
        )
        statuses = sorted([item["status"] for item in answer.json()["items"]] for answer in other)
        assert statuses == [[201, 201], [409, 201]]
    assert len(await counted(api)) + len(await counted(api, "o-2")) == 20
