"""What an offline phone takes down arrives once, whenever and however often it is sent."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from sqlalchemy import delete, select

from referral_api.settings import Settings
from referral_api.students.models import student_schools
from shared.db import EVERY_DISTRICT
from shared.outbox import outbox
from shared.testing.service import DISTRICT, ServiceInTest
from tests.referral_api.referrals.referring import BODY, CONTACT, Clock, history, kind, move, moved, path_of, referred

NOTED = datetime(2026, 10, 30, 21, 30, tzinfo=UTC)  # a Friday, after school in New York
ARRIVED = datetime(2026, 11, 2, 15, tzinfo=UTC)  # the Monday after it, in school


@pytest.fixture
def clock() -> Clock:
    return Clock(ARRIVED)


def noted(**changes: Any) -> dict[str, Any]:
    """What a phone took down on Friday, under an id of its own."""
    return {
        **BODY,
        "urgency": "urgent",
        "referral_id": str(uuid4()),
        "noted_at": "2026-10-30T17:30:00-04:00",
        **changes,
    }


async def announced(api: ServiceInTest[Settings]) -> list[bytes]:
    async with api.process.database.read(EVERY_DISTRICT) as session:
        return list((await session.execute(select(outbox.c.value).order_by(outbox.c.seq))).scalars())


async def test_it_counts_when_it_was_noted_and_its_clock_starts_when_it_arrives(
    api: ServiceInTest[Settings], officer: httpx2.AsyncClient
) -> None:
    record = (await officer.post("/v1/referrals", json=noted())).json()
    assert record["noted_at"] == "2026-10-30T21:30:00Z"
    assert record["submitted_at"] == "2026-11-02T15:00:00Z"
    assert record["due_at"] == "2026-11-03T15:00:00Z"
    (event,) = await announced(api)
    assert b'"submitted_on":"2026-10-30"' in event


async def test_sent_by_two_phones_of_one_person_at_once_it_is_there_once(
    api: ServiceInTest[Settings], officer: httpx2.AsyncClient
) -> None:
    body = noted()
    answers = await asyncio.gather(*(officer.post("/v1/referrals", json=body) for _ in range(6)))
    assert sorted(a.status_code for a in answers) == [200] * 5 + [201]
    assert {a.json()["referral_id"] for a in answers} == {body["referral_id"]}
    assert len(await announced(api)) == 1


async def test_of_two_people_with_one_id_at_once_one_is_refused_and_nothing_of_his_is_kept(
    api: ServiceInTest[Settings], officer: httpx2.AsyncClient
) -> None:
    body = noted()
    async with api.client("officer", "o-2", schools=["s-1"]) as other:
        answers = await asyncio.gather(*(who.post("/v1/referrals", json=body) for who in (officer, other)))
    assert sorted(a.status_code for a in answers) == [201, 409]
    assert len(await announced(api)) == 1


async def test_sent_again_days_later_it_is_answered_though_the_student_has_left_since(
    api: ServiceInTest[Settings], officer: httpx2.AsyncClient, clock: Clock
) -> None:
    body = noted()
    assert (await officer.post("/v1/referrals", json=body)).status_code == 201
    clock.now += timedelta(days=4)
    async with api.process.database.write(DISTRICT) as session:
        await session.execute(delete(student_schools).where(student_schools.c.student_id == "st-1"))
    again = await officer.post("/v1/referrals", json=body)
    assert (again.status_code, again.json()["status_class"]) == (200, "received")
    for other in ({**body, "summary": "Another."}, noted()):
        assert (await officer.post("/v1/referrals", json=other)).status_code == 422
    async with api.client("officer", "o-2", schools=["s-1"]) as stranger:
        assert (await stranger.post("/v1/referrals", json=body)).status_code == 422
    assert len(await announced(api)) == 1


async def test_sent_again_by_somebody_who_has_left_the_school_it_is_still_his(
    api: ServiceInTest[Settings], officer: httpx2.AsyncClient
) -> None:
    body = noted()
    await officer.post("/v1/referrals", json=body)
    async with api.client("officer", "o-1", schools=["s-2"]) as moved_on:
        assert (await moved_on.post("/v1/referrals", json=body)).status_code == 200
        assert (await moved_on.post("/v1/referrals", json=noted())).status_code == 404


async def test_another_consent_under_the_same_id_is_refused_not_lost(
    api: ServiceInTest[Settings], officer: httpx2.AsyncClient
) -> None:
    agreed = {"agreed": True, "by": "parent", "on": "2026-10-30"}
    sent = noted(provider_id="p-1", consent=agreed)
    assert (await officer.post("/v1/referrals", json=sent)).status_code == 201
    for other in ({**agreed, "agreed": False}, {**agreed, "by": "guardian"}, None):
        refused = await officer.post("/v1/referrals", json={**sent, "consent": other})
        assert refused.status_code == 409, refused.text
    async with api.client("counselor", "c-1", schools=["s-1"]) as counselor:
        withdrawn = {**agreed, "agreed": False}
        answer = await counselor.put(f"/v1/referrals/{sent['referral_id']}/consent", json=withdrawn)
        assert answer.status_code == 200, answer.text
    # What the phone sent first was replaced since: that it sends it again changes nothing, and is no fault.
    assert (await officer.post("/v1/referrals", json=sent)).status_code == 200


async def test_a_contact_sent_again_is_the_one_that_is_there_whatever_came_of_the_referral(
    api: ServiceInTest[Settings], officer: httpx2.AsyncClient
) -> None:
    async with api.client("counselor", "c-1", schools=["s-1"]) as counselor:
        rid, into = await referred(counselor), await referred(counselor)
        contact = {**CONTACT, "contact_id": str(uuid4())}
        for _ in range(2):  # no answer was heard to the first, which has made another version
            answer = await counselor.post(f"{path_of(rid)}/contacts", json=contact, headers={"If-Match": '"1"'})
            assert (answer.status_code, answer.headers["etag"]) == (201, '"2"'), answer.text
        merged = await counselor.post(f"{path_of(rid)}/merging", json={"into": into})
        assert merged.status_code == 200, merged.text
        before = await announced(api)
        assert (await counselor.post(f"{path_of(rid)}/contacts", json=contact)).status_code == 201
        assert await announced(api) == before
        for refused in ({**contact, "contact_id": str(uuid4())}, {**contact, "reached": False}):
            assert (await counselor.post(f"{path_of(rid)}/contacts", json=refused)).status_code == 409
        assert [e["what"] for e in await history(counselor, rid)].count("contact_tried") == 1


async def test_a_referrers_step_sent_again_gets_the_first_answer_though_it_is_no_more_his_to_take(
    officer: httpx2.AsyncClient,
) -> None:
    draft = (await officer.post("/v1/referrals", json={**BODY, "send": False})).json()["referral_id"]
    path = f"{path_of(draft)}/transitions"
    for step in ({"to": "requested"}, {"to": "cancelled", "reason": "other"}):
        first, again = [await officer.post(path, json=step, headers={"Idempotency-Key": step["to"]}) for _ in range(2)]
        assert (first.status_code, again.status_code, again.json()) == (200, 200, first.json())
        assert again.headers["idempotency-replayed"] == "true"
        assert kind(await officer.post(path, json=step)) == (409, "no-such-step")


async def test_a_referrer_who_may_not_take_a_step_does_not_learn_from_where(
    api: ServiceInTest[Settings], officer: httpx2.AsyncClient
) -> None:
    sent = await referred(officer)
    draft = (await officer.post("/v1/referrals", json={**BODY, "send": False})).json()["referral_id"]
    await moved(officer, draft, "requested")
    async with api.client("counselor", "c-1", schools=["s-1"]) as counselor:
        for rid in (sent, draft):
            await moved(counselor, rid, "accepted")
            await moved(counselor, rid, "on_hold", reason="waitlisted")
    for rid in (sent, draft):
        for to in ("requested", "cancelled", "completed", "entered_in_error"):
            refused = await move(officer, rid, to, reason="other")
            taken = (409, "no-such-step") if (rid, to) == (draft, "requested") else (403, "not-your-step")
            assert kind(refused) == taken
            assert "on_hold" not in refused.text
