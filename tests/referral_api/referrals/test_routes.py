"""What referrals promise over HTTP: statuses, who sees what, repeats, strictness, pages."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from sqlalchemy import select, text

from referral_api.referrals.models import referrals
from referral_api.settings import Settings
from shared.db import EVERY_DISTRICT
from shared.http.problems import MEDIA_TYPE
from shared.outbox import outbox
from shared.testing.service import ServiceInTest
from tests.referral_api.referrals.referring import BODY, SECRET, move, submitted


def is_problem(answer: httpx2.Response, status: int, kind: str) -> bool:
    """Whether the answer is this refusal, as RFC 9457 has it."""
    body = answer.json()
    assert answer.headers["content-type"] == MEDIA_TYPE, answer.text
    assert SECRET not in answer.text
    return answer.status_code == body["status"] == status and body["type"].endswith(f":{kind}") and bool(body["title"])


async def events_of(api: ServiceInTest[Settings]) -> list[str]:
    async with api.process.database.read(EVERY_DISTRICT) as session:
        rows = await session.execute(select(outbox.c.headers).order_by(outbox.c.seq))
        return [h.decode().split('"ce_type","')[1].split('"')[0] for h in rows.scalars()]


async def test_a_referral_is_stored_sealed_and_announced_without_its_narrative(
    api: ServiceInTest[Settings], officer: httpx2.AsyncClient
) -> None:
    answer = await officer.post("/v1/referrals", json=BODY)
    body = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/v1/referrals/{body['referral_id']}"
    assert answer.headers["etag"] == '"1"'
    assert body["status"] == "requested"
    assert body["due_at"] > body["submitted_at"]
    async with api.process.database.read(EVERY_DISTRICT) as session:
        stored = (await session.execute(select(referrals))).one()
        (value,) = (await session.execute(select(outbox.c.value))).scalars()
    assert SECRET.encode() not in b"".join(v for v in stored if isinstance(v, bytes))
    assert SECRET.encode() not in value
    assert await events_of(api) == ["referral.submitted.v1"]


async def test_the_referrer_sees_the_class_the_counselor_all_and_others_nothing(
    api: ServiceInTest[Settings], officer: httpx2.AsyncClient, counselor: httpx2.AsyncClient
) -> None:
    path = f"/v1/referrals/{(await submitted(officer))['referral_id']}"
    own = (await officer.get(path)).json()
    assert own.keys() == {"referral_id", "status_class", "updated_at", "message_to_referrer"}
    assert own["status_class"] == "received"
    assert (await counselor.get(path)).json()["summary"] == SECRET
    strangers = [
        api.client("officer", "o-2", schools=["s-2"]),
        api.client("counselor", "c-2", schools=["s-2"]),
        api.client("counselor", "c-1", district="elsewhere"),
        api.client("provider", "p-user", provider="p-1"),
    ]
    for stranger in strangers:
        async with stranger as client:
            assert is_problem(await client.get(path), 404, "referral-not-found")
            assert (await client.get("/v1/referrals")).json()["items"] == []
    async with api.client("officer", "o-2", schools=["s-1"]) as colleague:
        assert is_problem(await colleague.get(path), 400, "purpose-not-stated")
        assert (await colleague.get("/v1/referrals")).json()["items"] == []
    async with api.client("analyst") as analyst, api.anonymous() as nobody:
        assert is_problem(await analyst.get(path), 403, "not-permitted")
        assert is_problem(await nobody.get(path), 401, "no-token")


async def test_what_the_referrer_sees_does_not_go_back_while_help_is_on_hold(
    officer: httpx2.AsyncClient, counselor: httpx2.AsyncClient
) -> None:
    rid = (await submitted(officer))["referral_id"]
    for to, more, seen in (
        ("accepted", {}, "received"),
        ("in_progress", {}, "contacted"),
        ("on_hold", {"reason": "waitlisted"}, "contacted"),
        ("in_progress", {}, "contacted"),
    ):
        assert (await move(counselor, rid, to, **more)).status_code == 200
        changed = (await officer.get("/v1/referrals?changed_since=")).json()["items"]
        shown = [(await officer.get(f"/v1/referrals/{rid}")).json(), *changed]
        assert [one["status_class"] for one in shown] == [seen] * 2, to


async def test_a_life_announces_each_step_once(
    api: ServiceInTest[Settings], officer: httpx2.AsyncClient, counselor: httpx2.AsyncClient
) -> None:
    rid = (await submitted(officer))["referral_id"]
    await counselor.post(
        f"/v1/referrals/{rid}/contacts", json={"contacted_at": "2026-11-02T10:00:00Z", "by": "c-1", "reached": True}
    )
    for to, more in (
        ("accepted", {}),
        ("in_progress", {}),
        ("on_hold", {"reason": "waitlisted"}),
        ("in_progress", {}),
        ("completed", {}),
    ):
        answer = await move(counselor, rid, to, **more)
        assert answer.status_code == 200, answer.text
    told = await counselor.post(f"/v1/referrals/{rid}/feedback", json={"message_to_referrer": "In good hands."})
    assert told.status_code == 201
    assert await events_of(api) == [
        f"referral.{fact}.v1"
        for fact in (
            "submitted",
            "contacted",
            "accepted",
            "started",
            "put_on_hold",
            "resumed",
            "completed",
            "loop_closed",
        )
    ]
    own = (await officer.get(f"/v1/referrals/{rid}")).json()
    assert own["status_class"] == "closed"
    assert own["message_to_referrer"] == "In good hands."


async def test_steps_that_are_not_there_not_allowed_or_lack_a_reason_are_refused(
    officer: httpx2.AsyncClient, counselor: httpx2.AsyncClient
) -> None:
    rid = (await submitted(officer))["referral_id"]
    assert is_problem(await move(counselor, rid, "completed"), 409, "no-such-step")
    assert is_problem(await move(counselor, rid, "rejected"), 422, "request-has-faults")
    assert is_problem(await move(officer, rid, "accepted"), 403, "not-your-step")
    assert is_problem(await move(counselor, str(uuid4()), "accepted"), 404, "referral-not-found")
    assert is_problem(await move(counselor, "nonsense", "accepted"), 422, "request-has-faults")
    assert (await move(officer, rid, "cancelled", reason="other")).status_code == 200


async def test_a_change_meant_for_another_version_is_refused(counselor: httpx2.AsyncClient) -> None:
    rid = (await submitted(counselor))["referral_id"]
    path = f"/v1/referrals/{rid}/transitions"
    first = await counselor.post(path, json={"to": "accepted"}, headers={"If-Match": '"1"'})
    assert first.headers["etag"] == '"2"'
    stale = await counselor.post(path, json={"to": "in_progress"}, headers={"If-Match": '"1"'})
    assert is_problem(stale, 412, "changed-meanwhile")


async def test_of_eight_at_once_one_accepts(api: ServiceInTest[Settings], counselor: httpx2.AsyncClient) -> None:
    rid = (await submitted(counselor))["referral_id"]
    answers = await asyncio.gather(*(move(counselor, rid, "accepted") for _ in range(8)))
    assert sorted(a.status_code for a in answers) == [200] + [409] * 7
    assert (await events_of(api)).count("referral.accepted.v1") == 1


async def test_a_repeat_under_the_same_key_gets_the_first_answer(
    api: ServiceInTest[Settings], officer: httpx2.AsyncClient
) -> None:
    key = {"Idempotency-Key": str(uuid4())}
    one, two = [await officer.post("/v1/referrals", json=BODY, headers=key) for _ in range(2)]
    assert (one.status_code, one.json()) == (two.status_code, two.json())
    assert two.headers["location"] == one.headers["location"]
    other = await officer.post("/v1/referrals", json={**BODY, "need": "bullying"}, headers=key)
    assert is_problem(other, 422, "key-reused")
    async with api.client("officer", "o-2", schools=["s-1"]) as stranger:
        theirs = await stranger.post("/v1/referrals", json=BODY, headers=key)
    assert theirs.json()["referral_id"] != one.json()["referral_id"]
    assert (await events_of(api)).count("referral.submitted.v1") == 2
    async with api.process.database.read(EVERY_DISTRICT) as session:
        bodies = (await session.execute(text("SELECT body FROM idempotency_keys"))).scalars()
        assert not any(SECRET.encode() in body for body in bodies)


async def test_many_at_once_under_one_key_do_it_once(api: ServiceInTest[Settings], officer: httpx2.AsyncClient) -> None:
    key = {"Idempotency-Key": "once"}
    answers = await asyncio.gather(*(officer.post("/v1/referrals", json=BODY, headers=key) for _ in range(6)))
    assert {a.status_code for a in answers} == {201}
    assert len({a.json()["referral_id"] for a in answers}) == 1
    assert len(await events_of(api)) == 1


async def test_a_step_repeated_under_its_key_is_answered_as_the_first_time(counselor: httpx2.AsyncClient) -> None:
    rid = (await submitted(counselor))["referral_id"]
    path, key = f"/v1/referrals/{rid}/transitions", {"Idempotency-Key": "step-1"}
    one, two = [await counselor.post(path, json={"to": "accepted"}, headers=key) for _ in range(2)]
    assert (one.status_code, two.status_code) == (200, 200)
    assert one.json() == two.json()


async def test_a_phones_own_id_is_kept_and_the_same_again_is_the_same(
    api: ServiceInTest[Settings], officer: httpx2.AsyncClient
) -> None:
    mine = str(uuid4())
    assert (await submitted(officer, referral_id=mine))["referral_id"] == mine
    again = await officer.post("/v1/referrals", json={**BODY, "referral_id": mine})
    assert (again.status_code, again.json()["referral_id"]) == (200, mine)
    other = await officer.post("/v1/referrals", json={**BODY, "referral_id": mine, "summary": "Another."})
    assert is_problem(other, 409, "referral-exists")
    async with api.client("officer", "o-2", schools=["s-1"]) as stranger:
        answer = await stranger.post("/v1/referrals", json={**BODY, "referral_id": mine})
    assert is_problem(answer, 409, "referral-exists")
    assert len(await events_of(api)) == 1


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"colour": "red"}, "colour"),
        ({"need": "sadness"}, "need"),
        ({"summary": 5}, "summary"),
        ({"summary": ""}, "summary"),
        ({"summary": "x" * 20_001}, "summary"),
        ({"summary": "a\x00b"}, "summary"),
        ({"send": "yes"}, "send"),
        ({"send": 1}, "send"),
        ({"referral_id": 7}, "referral_id"),
        ({"referral_id": "seven"}, "referral_id"),
        ({"noted_at": 1_700_000_000}, "noted_at"),
        ({"noted_at": "2026-11-02T10:00:00"}, "noted_at"),
        ({"noted_at": "2999-01-01T00:00:00Z"}, "noted_at"),
        ({"student_id": "nobody"}, "student_id"),
        ({"student_id": "st-2"}, "student_id"),
        ({"consent": {"agreed": True, "by": "aunt", "on": "2026-11-01"}}, "consent.by"),
        ({"reopens": "0197a4c2-1f00-7c3a-9a51-5b0f0c1d2e3f"}, "reopens"),
    ],
)
async def test_a_fault_is_named_by_its_path_and_nothing_is_left_behind(
    api: ServiceInTest[Settings], officer: httpx2.AsyncClient, change: dict[str, Any], path: str
) -> None:
    answer = await officer.post("/v1/referrals", json={**BODY, **change})
    assert answer.status_code == 422, answer.text
    assert path in [e["path"] for e in answer.json()["errors"]]
    assert len(answer.content) < 2000
    assert await events_of(api) == []


async def test_bodies_that_are_no_json_or_too_large_are_refused(officer: httpx2.AsyncClient) -> None:
    json_type = {"Content-Type": "application/json"}
    assert is_problem(await officer.post("/v1/referrals", content=b"{", headers=json_type), 400, "malformed-json")
    large = b'{"summary": "' + b"x" * (1 << 20) + b'"}'
    assert is_problem(await officer.post("/v1/referrals", content=large, headers=json_type), 413, "body-too-large")

    async def in_pieces() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"x" * 100_000

    streamed = await officer.post("/v1/referrals", content=in_pieces(), headers=json_type)
    assert is_problem(streamed, 413, "body-too-large")


async def test_a_school_outside_the_token_is_not_there(officer: httpx2.AsyncClient) -> None:
    answer = await officer.post("/v1/referrals", json={**BODY, "student_id": "st-2", "school_id": "s-2"})
    assert is_problem(answer, 404, "school-not-found")


async def test_a_draft_is_its_authors_until_it_is_sent(
    api: ServiceInTest[Settings], officer: httpx2.AsyncClient, counselor: httpx2.AsyncClient
) -> None:
    draft = await submitted(officer, send=False)
    rid = draft["referral_id"]
    assert (draft["status"], draft["submitted_at"], draft["due_at"]) == ("draft", None, None)
    assert (await counselor.get(f"/v1/referrals/{rid}")).status_code == 404
    assert await events_of(api) == []
    assert (await officer.get(f"/v1/referrals/{rid}")).json()["summary"] == SECRET
    assert (await move(officer, rid, "requested")).status_code == 200
    assert (await counselor.get(f"/v1/referrals/{rid}")).json()["status"] == "requested"
    assert await events_of(api) == ["referral.submitted.v1"]


async def test_what_was_entered_in_error_takes_its_stages_back_and_leaves_the_list(
    api: ServiceInTest[Settings], counselor: httpx2.AsyncClient
) -> None:
    rid = (await submitted(counselor))["referral_id"]
    await move(counselor, rid, "accepted")
    await move(counselor, rid, "entered_in_error")
    async with api.process.database.read(EVERY_DISTRICT) as session:
        last = (await session.execute(select(outbox.c.value).order_by(outbox.c.seq.desc()))).scalars().first()
    assert b'"reached":["submitted","accepted"]' in (last or b"")
    assert (await counselor.get("/v1/referrals")).json()["items"] == []
    assert (await move(counselor, rid, "accepted")).status_code == 409


async def test_a_provider_sees_what_was_sent_to_it_while_a_parent_agrees(
    api: ServiceInTest[Settings], counselor: httpx2.AsyncClient
) -> None:
    rid = (await submitted(counselor, provider_id="p-1"))["referral_id"]
    path = f"/v1/referrals/{rid}"
    async with api.client("provider", "p-user", provider="p-1") as provider:
        assert (await provider.get(path)).status_code == 404
        consent = {"agreed": True, "by": "parent", "on": "2026-11-01"}
        assert is_problem(await provider.put(f"{path}/consent", json=consent), 403, "not-permitted")
        assert (await provider.get(path)).status_code == 404
        assert (await counselor.put(f"{path}/consent", json=consent)).status_code == 200
        assert (await provider.get(path)).json()["summary"] == SECRET
        assert (await move(provider, rid, "accepted")).status_code == 200
        await counselor.put(f"{path}/consent", json={**consent, "agreed": False})
        assert (await provider.get(path)).status_code == 404


async def test_pages_hold_each_once_newest_first(officer: httpx2.AsyncClient, counselor: httpx2.AsyncClient) -> None:
    made = [(await submitted(officer, student_id=("st-1", "st-3")[n % 2]))["referral_id"] for n in range(7)]
    seen, path = [], "/v1/referrals?limit=3&status=requested"
    while path:
        answer = await counselor.get(path)
        seen += [r["referral_id"] for r in answer.json()["items"]]
        link = answer.headers.get("link")
        assert (link is None) is (answer.json()["next_cursor"] is None)
        path = link.split(">")[0].removeprefix("<") if link else ""
    assert seen == made[::-1]
    assert {frozenset(r) for r in (await officer.get("/v1/referrals")).json()["items"]} == {
        frozenset({"referral_id", "status_class", "updated_at", "message_to_referrer"})
    }
    assert is_problem(await counselor.get("/v1/referrals?cursor=%2e%2e"), 422, "cursor-unusable")
    assert is_problem(await counselor.get("/v1/referrals?cursor=%00%ff"), 422, "unstorable")
    assert (await counselor.get("/v1/referrals?limit=100000")).status_code == 200


async def test_only_a_closed_referral_of_the_same_student_is_reopened(counselor: httpx2.AsyncClient) -> None:
    rid = (await submitted(counselor))["referral_id"]
    assert is_problem(await counselor.post("/v1/referrals", json={**BODY, "reopens": rid}), 409, "still-open")
    await move(counselor, rid, "cancelled", reason="other")
    other = await counselor.post("/v1/referrals", json={**BODY, "student_id": "st-3", "reopens": rid})
    assert is_problem(other, 422, "nothing-to-reopen")
    assert (await submitted(counselor, reopens=rid))["reopens"] == rid


async def test_a_consent_of_tomorrow_is_none(counselor: httpx2.AsyncClient) -> None:
    consent = {"agreed": True, "by": "parent", "on": f"{datetime.now(UTC).date() + timedelta(days=2)}"}
    refused = await counselor.post("/v1/referrals", json={**BODY, "consent": consent})
    assert is_problem(refused, 422, "consent-in-future")
    assert refused.json()["errors"][0]["path"] == "consent.on"
    rid = (await submitted(counselor))["referral_id"]
    assert is_problem(await counselor.put(f"/v1/referrals/{rid}/consent", json=consent), 422, "consent-in-future")


@pytest.mark.parametrize("path", ["/v1/referrals", "/v1/students", "/v1/schools"])
async def test_a_misspelt_parameter_never_widens_an_answer(counselor: httpx2.AsyncClient, path: str) -> None:
    refused = await counselor.get(path, params={"shool_id": "s-1", "limit": 3})
    assert is_problem(refused, 422, "request-has-faults")
    assert refused.json()["errors"] == [{"path": "query.shool_id", "problem": "is not a parameter of this route"}]
    assert (await counselor.get(path, params={"limit": 3})).status_code == 200


async def test_every_route_refuses_a_parameter_that_it_does_not_know(
    api: ServiceInTest[Settings], counselor: httpx2.AsyncClient
) -> None:
    walked = [(m, path) for path, methods in api.app.openapi()["paths"].items() for m in methods if "/v1/" in path]
    assert len(walked) > 15
    for method, path in walked:
        somewhere = path.replace("{", "").replace("}", "")
        refused = await counselor.request(method.upper(), f"{somewhere}?shool_id=s-1")
        assert is_problem(refused, 422, "request-has-faults"), (method, path)
        assert [e["path"] for e in refused.json()["errors"]] == ["query.shool_id"], (method, path)


async def test_a_talk_may_come_before_the_referral_that_is_written_after_it(counselor: httpx2.AsyncClient) -> None:
    record = await submitted(counselor)
    earlier = (datetime.fromisoformat(record["submitted_at"]) - timedelta(hours=3)).isoformat()
    contact = {"contacted_at": earlier, "by": "c-1", "reached": True}
    answer = await counselor.post(f"/v1/referrals/{record['referral_id']}/contacts", json=contact)
    assert answer.status_code == 201, answer.text
    assert answer.json()["contacted_at"] < record["submitted_at"]


async def test_a_body_that_is_not_called_json_is_told_so(counselor: httpx2.AsyncClient) -> None:
    refused = await counselor.post(
        "/v1/referrals", content=b"{}", headers={"Content-Type": "application/x-www-form-urlencoded"}
    )
    assert is_problem(refused, 415, "not-json")


async def test_an_unknown_school_is_told_before_the_student_is_blamed(api: ServiceInTest[Settings]) -> None:
    async with api.client("counselor", "c-9") as of_all_schools:
        refused = await of_all_schools.post("/v1/referrals", json={**BODY, "school_id": "s-99"})
        assert is_problem(refused, 404, "school-not-found")


async def test_a_contact_of_long_ago_is_none(counselor: httpx2.AsyncClient) -> None:
    rid = (await submitted(counselor))["referral_id"]
    contact = {"contacted_at": "1970-01-01T00:00:00Z", "by": "c-1", "reached": True}
    assert is_problem(await counselor.post(f"/v1/referrals/{rid}/contacts", json=contact), 422, "contact-too-early")
