"""Two referrals about one student become one: who may, what is refused, what both remember, and what is announced."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx2
import orjson
from sqlalchemy import select

from referral_api.settings import Settings
from shared.db import EVERY_DISTRICT
from shared.outbox import outbox
from shared.testing.service import ServiceInTest
from tests.referral_api.referrals.referring import CONSENT, CONTACT, kind, moved, referred


async def merge(client: httpx2.AsyncClient, one: str, into: str, **headers: str) -> httpx2.Response:
    return await client.post(f"/v1/referrals/{one}/merging", json={"into": into}, headers=headers)


async def record(client: httpx2.AsyncClient, referral_id: str) -> dict[str, Any]:
    found: dict[str, Any] = (await client.get(f"/v1/referrals/{referral_id}")).json()
    return found


async def events_of(api: ServiceInTest[Settings], referral_id: str) -> list[tuple[str, dict[str, Any]]]:
    """Name and content of what was announced of a referral."""
    async with api.process.database.read(EVERY_DISTRICT) as session:
        rows = (await session.execute(select(outbox.c.headers, outbox.c.value).order_by(outbox.c.seq))).all()
    told = [(h.decode().split('"ce_type","')[1].split('"')[0], orjson.loads(value)) for h, value in rows]
    return [(name, event) for name, event in told if event.get("referral_id") == referral_id]


async def test_one_ends_and_points_to_the_other_and_both_keep_their_history(
    api: ServiceInTest[Settings], officer: httpx2.AsyncClient, counselor: httpx2.AsyncClient
) -> None:
    into, one = await referred(counselor), await referred(officer)
    await moved(counselor, one, "accepted")
    answer = await merge(counselor, one, into)
    assert answer.status_code == 200, answer.text
    merged = answer.json()
    assert (merged["status"], merged["reason"], merged["merged_into"]) == ("cancelled", "duplicate", into)
    assert answer.headers["etag"] == '"3"'
    assert merged["closed_at"] is not None
    assert merged == await record(counselor, one)
    goes_on = await record(counselor, into)
    assert (goes_on["status"], goes_on["merged_into"]) == ("requested", None)
    histories = [(await counselor.get(f"/v1/referrals/{rid}/history")).json()["items"] for rid in (one, into)]
    assert [[e["what"] for e in entries] for entries in histories] == [
        ["submitted", "accepted", "cancelled"],
        ["submitted", "merged"],
    ]
    assert histories[0][-1]["changes"]["merged_into"] == {"before": None, "after": into}
    assert histories[1][-1]["changes"] == {"merged_from": {"before": None, "after": one}}
    assert {e["by"] for entries in histories for e in entries[1:]} == {"c-1"}
    (name, cancelled) = (await events_of(api, one))[-1]
    assert (name, cancelled["reason"], cancelled["merged_into"]) == ("referral.cancelled.v1", "duplicate", into)
    assert [name for name, _ in await events_of(api, into)] == ["referral.submitted.v1"]


async def test_whoever_was_reached_for_one_was_reached_for_the_other(
    api: ServiceInTest[Settings], counselor: httpx2.AsyncClient
) -> None:
    one, into = await referred(counselor), await referred(counselor)
    await counselor.post(f"/v1/referrals/{one}/contacts", json=CONTACT)
    assert (await merge(counselor, one, into)).status_code == 200
    assert (await record(counselor, into))["contacted_at"] == CONTACT["contacted_at"]
    (name, contacted) = (await events_of(api, into))[-1]
    assert (name, contacted["contacted_at"]) == ("referral.contacted.v1", CONTACT["contacted_at"])
    entry = (await counselor.get(f"/v1/referrals/{into}/history")).json()["items"][-1]
    assert entry["changes"] == {
        "contacted_at": {"before": None, "after": CONTACT["contacted_at"]},
        "merged_from": {"before": None, "after": one},
    }


async def test_a_contact_of_its_own_stays(api: ServiceInTest[Settings], counselor: httpx2.AsyncClient) -> None:
    one, into = await referred(counselor), await referred(counselor)
    await counselor.post(f"/v1/referrals/{one}/contacts", json=CONTACT)
    later = {**CONTACT, "contacted_at": "2026-11-03T10:00:00Z"}
    await counselor.post(f"/v1/referrals/{into}/contacts", json=later)
    assert (await merge(counselor, one, into)).status_code == 200
    assert (await record(counselor, into))["contacted_at"] == later["contacted_at"]
    assert [name for name, _ in await events_of(api, into)].count("referral.contacted.v1") == 1


async def test_the_referrer_of_the_merged_one_still_learns_an_outcome(
    api: ServiceInTest[Settings], officer: httpx2.AsyncClient, counselor: httpx2.AsyncClient
) -> None:
    one, into = await referred(officer), await referred(counselor)
    await merge(counselor, one, into)
    assert (await record(officer, one))["status_class"] == "closed"
    assert into not in str(await record(officer, one))
    told = {"message_to_referrer": "Somebody else saw it too; we are on it."}
    assert (await counselor.post(f"/v1/referrals/{one}/feedback", json=told)).status_code == 201
    assert (await record(officer, one))["message_to_referrer"] == told["message_to_referrer"]
    assert (await events_of(api, one))[-1][0] == "referral.loop_closed.v1"


async def test_merging_closes_the_loop_of_whoever_had_been_told(
    api: ServiceInTest[Settings], counselor: httpx2.AsyncClient
) -> None:
    one, into = await referred(counselor), await referred(counselor)
    await counselor.post(f"/v1/referrals/{one}/feedback", json={"message_to_referrer": "Thank you."})
    await merge(counselor, one, into)
    assert [name for name, _ in await events_of(api, one)][-2:] == ["referral.cancelled.v1", "referral.loop_closed.v1"]


async def test_the_same_again_answers_the_same_and_changes_nothing(
    api: ServiceInTest[Settings], counselor: httpx2.AsyncClient
) -> None:
    one, into, third = [await referred(counselor) for _ in range(3)]
    first = await merge(counselor, one, into, **{"If-Match": '"1"'})
    await moved(counselor, into, "accepted")
    await moved(counselor, into, "completed")
    again = await merge(counselor, one, into, **{"If-Match": '"1"'})
    assert (again.status_code, again.json(), again.headers["etag"]) == (200, first.json(), first.headers["etag"])
    assert len(await events_of(api, one)) == 2
    assert kind(await merge(counselor, one, third)) == (409, "no-such-step")


async def test_who_is_merged_into_may_be_merged_further_but_not_back(counselor: httpx2.AsyncClient) -> None:
    one, two, three = [await referred(counselor) for _ in range(3)]
    assert (await merge(counselor, one, two)).status_code == 200
    assert kind(await merge(counselor, two, one)) == (409, "other-not-open")
    assert (await merge(counselor, two, three)).status_code == 200


async def test_only_the_schools_own_staff_who_read_both_in_full_merge(
    api: ServiceInTest[Settings], officer: httpx2.AsyncClient, counselor: httpx2.AsyncClient
) -> None:
    one, into = [await referred(officer, provider_id="p-1", consent=CONSENT) for _ in range(2)]
    elsewhere = await referred(counselor, student_id="st-2", school_id="s-2")
    refused = {
        ("officer", "o-1", "s-1", None): (403, "not-permitted"),
        ("staff", "o-1", "s-1", None): (403, "not-permitted"),
        ("provider", "p-user", "s-1", "p-1"): (403, "not-permitted"),
        ("district_admin", "d-1", "s-1", None): (403, "not-permitted"),
        ("counselor", "c-2", "s-2", None): (404, "referral-not-found"),
        ("counselor", "o-1", "s-2", None): (403, "not-your-step"),
    }
    for (role, sub, school, provider), expected in refused.items():
        async with api.client(role, sub, schools=[school], provider=provider) as client:
            assert kind(await merge(client, one, into)) == expected, role
    async with api.client("counselor", "c-9", schools=["s-1"]) as of_one_school:
        assert kind(await merge(of_one_school, one, elsewhere)) == (422, "nothing-to-merge-into")
        assert kind(await merge(of_one_school, elsewhere, one)) == (404, "referral-not-found")
    async with api.client("administrator", "a-1", schools=["s-1"]) as administrator:
        assert (await merge(administrator, one, into)).status_code == 200


async def test_what_cannot_be_merged_is_refused_and_nothing_is_left_behind(
    api: ServiceInTest[Settings], counselor: httpx2.AsyncClient
) -> None:
    one, into = await referred(counselor), await referred(counselor)
    other_student, draft = await referred(counselor, student_id="st-3"), await referred(counselor, send=False)
    ended, in_error = await referred(counselor), await referred(counselor)
    await moved(counselor, ended, "cancelled", reason="other")
    await moved(counselor, in_error, "entered_in_error")
    for two in (one, other_student, str(uuid4())):
        refused = await merge(counselor, one, two)
        assert kind(refused) == (422, "nothing-to-merge-into")
        assert refused.json()["errors"][0]["path"] == "into"
    for two in (draft, ended, in_error):
        assert kind(await merge(counselor, one, two)) == (409, "other-not-open")
        assert kind(await merge(counselor, two, into)) == (409, "no-such-step")
    assert kind(await merge(counselor, str(uuid4()), into)) == (404, "referral-not-found")
    assert kind(await merge(counselor, one, into, **{"If-Match": '"7"'})) == (412, "changed-meanwhile")
    assert kind(await merge(counselor, one, "nonsense")) == (422, "request-has-faults")
    assert (await record(counselor, one))["merged_into"] is None
    assert [name for name, _ in await events_of(api, one)] == ["referral.submitted.v1"]


async def test_of_two_that_merge_crosswise_one_does_and_none_waits_for_ever(
    api: ServiceInTest[Settings], counselor: httpx2.AsyncClient
) -> None:
    for _ in range(8):
        one, two = await referred(counselor), await referred(counselor)
        answers = await asyncio.gather(merge(counselor, one, two), merge(counselor, two, one))
        assert sorted(a.status_code for a in answers) == [200, 409]
        assert sorted([(await record(counselor, rid))["status"] for rid in (one, two)]) == ["cancelled", "requested"]


async def test_followers_learn_of_both(counselor: httpx2.AsyncClient) -> None:
    one, into = await referred(counselor), await referred(counselor)
    cursor = (await counselor.get("/v1/referrals?changed_since=")).json()["next_cursor"]
    await merge(counselor, one, into)
    items = (await counselor.get(f"/v1/referrals?changed_since={cursor}")).json()["items"]
    assert {(i["referral_id"], i["status"], i["merged_into"]) for i in items} == {
        (one, "cancelled", into),
        (into, "requested", None),
    }


async def test_a_contact_is_noted_with_the_one_that_goes_on(counselor: httpx2.AsyncClient) -> None:
    one, into = await referred(counselor), await referred(counselor)
    assert (await merge(counselor, one, into)).status_code == 200
    refused = await counselor.post(f"/v1/referrals/{one}/contacts", json=CONTACT)
    assert refused.status_code == 409, refused.text
    assert (await record(counselor, one))["contacted_at"] is None
    assert (await counselor.post(f"/v1/referrals/{into}/contacts", json=CONTACT)).status_code == 201
