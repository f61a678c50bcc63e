"""What must not get out or get lost: exact states to referrers, narratives to the shut out, contacts, drafts."""

from typing import Any
from uuid import uuid4

import httpx2
import pytest

from referral_api.settings import Settings
from shared.testing.service import ServiceInTest
from tests.referral_api.referrals.referring import (
    BODY,
    CONSENT,
    CONTACT,
    SECRET,
    done,
    history,
    kind,
    move,
    moved,
    path_of,
    referred,
)

pytestmark = pytest.mark.slow


async def items(client: httpx2.AsyncClient, path: str) -> list[dict[str, Any]]:
    """What a list holds."""
    listed: list[dict[str, Any]] = (await client.get(path)).json()["items"]
    return listed


async def test_sending_it_again_tells_a_referrer_no_more_than_reading_it(
    officer: httpx2.AsyncClient, counselor: httpx2.AsyncClient
) -> None:
    body = {**BODY, "referral_id": str(uuid4())}
    rid = await referred(officer, **body)
    await move(counselor, rid, "rejected", reason="family_declined")
    again = await officer.post("/v1/referrals", json=body)
    assert again.status_code == 200
    assert again.json() == (await officer.get(path_of(rid))).json()
    assert "family_declined" not in again.text


async def test_a_referrer_cannot_learn_the_exact_state_or_clock_by_filtering(
    officer: httpx2.AsyncClient, counselor: httpx2.AsyncClient
) -> None:
    rid = await referred(officer)
    await move(counselor, rid, "rejected", reason="family_declined")
    await referred(officer)
    for query in ("status=rejected", "status=requested", "due_before=2999-01-01T00:00:00Z"):
        assert (await officer.get(f"/v1/referrals?{query}")).json()["items"] == [], query
        assert (await counselor.get(f"/v1/referrals?{query}")).json()["items"] != [], query
    assert len((await officer.get("/v1/referrals")).json()["items"]) == 2
    draft = (await officer.post("/v1/referrals", json={**BODY, "send": False})).json()["referral_id"]
    drafts = (await officer.get("/v1/referrals?status=draft")).json()["items"]
    assert [d["referral_id"] for d in drafts] == [draft]


async def test_the_first_answer_is_not_repeated_to_a_provider_who_was_shut_out(
    api: ServiceInTest[Settings], counselor: httpx2.AsyncClient
) -> None:
    rid = await referred(counselor, provider_id="p-1", consent=CONSENT)
    key = {"Idempotency-Key": "k"}
    async with api.client("provider", "p-user", provider="p-1") as provider:
        step = {"to": "accepted"}
        first = await provider.post(f"{path_of(rid)}/transitions", json=step, headers=key)
        assert SECRET in first.text
        assert (await provider.post(f"{path_of(rid)}/transitions", json=step, headers=key)).json() == first.json()
        await counselor.put(f"{path_of(rid)}/consent", json={**CONSENT, "agreed": False})
        refused = await provider.post(f"{path_of(rid)}/transitions", json=step, headers=key)
        assert kind(refused) == (404, "referral-not-found")
        assert SECRET not in refused.text


async def test_a_key_of_another_role_of_the_same_person_gives_no_answer_away(
    api: ServiceInTest[Settings], officer: httpx2.AsyncClient
) -> None:
    rid = await referred(officer)
    key = {"Idempotency-Key": "k"}
    async with api.client("counselor", "o-1", schools=["s-1"]) as as_counselor:
        first = await as_counselor.post(
            f"{path_of(rid)}/transitions", json={"to": "cancelled", "reason": "other"}, headers=key
        )
        assert SECRET in first.text
    again = await officer.post(f"{path_of(rid)}/transitions", json={"to": "cancelled", "reason": "other"}, headers=key)
    assert again.status_code in (403, 409, 422)
    assert SECRET not in again.text


async def test_a_provider_never_learns_which_other_referral_was_merged(
    counselor: httpx2.AsyncClient, provider: httpx2.AsyncClient
) -> None:
    """The other one was never sent to it, whichever of the two it works."""
    shared = {"provider_id": "p-1", "consent": CONSENT}
    ended, unshared = await referred(counselor, **shared), await referred(counselor)
    goes_on, unshared_too = await referred(counselor, **shared), await referred(counselor)
    assert (await done(counselor, ended, "merging", {"into": unshared}))["merged_into"] == unshared
    await done(counselor, unshared_too, "contacts", CONTACT)
    await done(counselor, unshared_too, "merging", {"into": goes_on})
    for everything in ("/v1/referrals?status=cancelled", "/v1/referrals?changed_since="):
        (of_counselor,) = [r for r in await items(counselor, everything) if r["referral_id"] == ended]
        (of_provider,) = [r for r in await items(provider, everything) if r["referral_id"] == ended]
        assert of_counselor["merged_into"] == unshared
        assert of_provider == {**of_counselor, "merged_into": None}
    assert (await provider.get(path_of(ended))).json() == of_provider
    for rid, untold in ((ended, "merged_into"), (goes_on, "merged_from")):
        told = [(await history(client, rid))[-1]["changes"] for client in (counselor, provider)]
        assert [untold in changes for changes in told] == [True, False]
        assert told[1], "the rest of what that step changed is told"
    for path in (path_of(ended), path_of(goes_on), "/v1/referrals", "/v1/referrals?changed_since="):
        seen = (await provider.get(path)).text
        assert unshared not in seen, path
        assert unshared_too not in seen, path


async def test_a_provider_never_learns_which_referral_is_taken_up_again(
    counselor: httpx2.AsyncClient, provider: httpx2.AsyncClient
) -> None:
    before = await referred(counselor)
    await moved(counselor, before, "cancelled", reason="other")
    again = await referred(counselor, provider_id="p-1", consent=CONSENT, reopens=before)
    assert (await counselor.get(path_of(again))).json()["reopens"] == before
    for path in (path_of(again), f"{path_of(again)}/history", "/v1/referrals", "/v1/referrals?changed_since="):
        answer = await provider.get(path)
        assert answer.status_code == 200
        assert before not in answer.text, path


async def test_a_contact_with_another_ones_id_is_refused_not_lost(counselor: httpx2.AsyncClient) -> None:
    one, two = await referred(counselor), await referred(counselor)
    contact = {**CONTACT, "contact_id": str(uuid4())}
    assert (await counselor.post(f"{path_of(one)}/contacts", json=contact)).status_code == 201
    assert (await counselor.post(f"{path_of(one)}/contacts", json=contact)).status_code == 201
    assert kind(await counselor.post(f"{path_of(two)}/contacts", json=contact)) == (409, "contact-exists")
    assert kind(await counselor.post(f"{path_of(one)}/contacts", json={**contact, "reached": False})) == (
        409,
        "contact-exists",
    )
    assert (await counselor.get(path_of(two))).json()["contacted_at"] is None


async def test_what_never_should_have_been_is_not_contacted(
    api: ServiceInTest[Settings], counselor: httpx2.AsyncClient
) -> None:
    rid = await referred(counselor)
    await move(counselor, rid, "entered_in_error")
    assert kind(await counselor.post(f"{path_of(rid)}/contacts", json=CONTACT)) == (409, "no-such-step")
    assert kind(await counselor.post(f"{path_of(rid)}/feedback", json={"message_to_referrer": "x"})) == (
        409,
        "no-such-step",
    )


async def test_what_never_should_have_been_is_closed_to_its_provider(
    counselor: httpx2.AsyncClient, provider: httpx2.AsyncClient
) -> None:
    """It may be another child's; the school itself still sees what it has sent."""
    rid = await referred(counselor, provider_id="p-1", consent=CONSENT)
    assert (await provider.get(path_of(rid))).status_code == 200
    await move(counselor, rid, "entered_in_error")
    for path in (path_of(rid), f"{path_of(rid)}/history"):
        assert (await provider.get(path)).status_code == 404, path
        assert (await counselor.get(path)).status_code == 200, path
    assert kind(await move(provider, rid, "accepted")) == (404, "referral-not-found")
    assert (await provider.get("/v1/referrals?status=entered_in_error")).json()["items"] == []
    told = (await provider.get("/v1/referrals?changed_since=")).json()["items"]
    assert told == [{"referral_id": rid, "deleted": True}]


async def test_a_draft_sent_as_if_it_were_new_is_not_taken_for_sent(officer: httpx2.AsyncClient) -> None:
    body = {**BODY, "referral_id": str(uuid4())}
    rid = await referred(officer, **body, send=False)
    assert kind(await officer.post("/v1/referrals", json=body)) == (409, "referral-exists")
    assert (await officer.post("/v1/referrals", json={**body, "send": False})).status_code == 200
    assert (await move(officer, rid, "requested")).status_code == 200
    assert (await officer.post("/v1/referrals", json=body)).status_code == 200


@pytest.mark.parametrize(
    "change", [{"provider_id": "p-2"}, {"requested_service": "tutor"}, {"noted_at": "2026-11-02T10:00:00Z"}]
)
async def test_the_same_id_with_anything_else_in_it_is_another_referral(
    officer: httpx2.AsyncClient, change: dict[str, str]
) -> None:
    body = {**BODY, "referral_id": str(uuid4())}
    await referred(officer, **body)
    assert kind(await officer.post("/v1/referrals", json={**body, **change})) in (
        (409, "referral-exists"),
        (422, "noted-in-future"),
    )


async def test_a_draft_for_a_school_that_its_author_has_left_is_not_sent(
    api: ServiceInTest[Settings], officer: httpx2.AsyncClient
) -> None:
    rid = await referred(officer, send=False)
    async with api.client("officer", "o-1", schools=["s-2"]) as elsewhere:
        assert kind(await move(elsewhere, rid, "requested")) == (404, "school-not-found")
    assert (await move(officer, rid, "requested")).status_code == 200


@pytest.mark.parametrize("tag", ['"0"', 'W/"1"', "1", "", '"1'])
async def test_whatever_changes_a_referral_honours_if_match(counselor: httpx2.AsyncClient, tag: str) -> None:
    rid = await referred(counselor)
    stale = {"If-Match": tag}
    for method, step, body in (
        ("POST", "transitions", {"to": "accepted"}),
        ("POST", "contacts", CONTACT),
        ("POST", "feedback", {"message_to_referrer": "x"}),
        ("PUT", "consent", CONSENT),
    ):
        refused = await counselor.request(method, f"{path_of(rid)}/{step}", json=body, headers=stale)
        assert kind(refused) == (412, "changed-meanwhile"), step
    fits = {"If-Match": '"7", "1"'}
    assert (await counselor.put(f"{path_of(rid)}/consent", json=CONSENT, headers=fits)).status_code == 200
    assert (await counselor.put(f"{path_of(rid)}/consent", json=CONSENT, headers={"If-Match": "*"})).status_code == 200


AGREED, WITHDRAWN = CONSENT, {**CONSENT, "agreed": False}


@pytest.mark.parametrize(
    ("provider", "consents", "is_open"),
    [
        ("p-1", [], False),
        ("p-1", [WITHDRAWN], False),
        ("p-1", [AGREED], True),
        ("p-1", [AGREED, WITHDRAWN], False),
        ("p-1", [AGREED, WITHDRAWN, AGREED], True),
        ("p-2", [AGREED], False),
    ],
)
async def test_consent_opens_and_closes_every_door_of_the_named_provider_and_no_other(
    api: ServiceInTest[Settings],
    counselor: httpx2.AsyncClient,
    provider: str,
    consents: list[dict[str, Any]],
    is_open: bool,
) -> None:
    rid = await referred(counselor, provider_id="p-1")
    untouched = await referred(counselor)
    for consent in consents:
        assert (await counselor.put(f"{path_of(rid)}/consent", json=consent)).status_code == 200
    async with api.client("provider", "p-user", provider=provider) as client:
        for listed in ("/v1/referrals", "/v1/referrals?status=requested", "/v1/referrals?school_id=s-1"):
            items = (await client.get(listed)).json()["items"]
            assert [i["referral_id"] for i in items] == ([rid] if is_open else []), listed
        changes = (await client.get("/v1/referrals?changed_since=")).json()["items"]
        assert [i["referral_id"] for i in changes if not i.get("deleted")] == ([rid] if is_open else [])
        assert untouched not in str(changes)
        doors = [
            ("GET", "", None, 200),
            ("GET", "/history", None, 200),
            ("POST", "/contacts", {**CONTACT, "reached": False}, 201),
            ("POST", "/feedback", {"message_to_referrer": "x"}, 201),
            ("POST", "/transitions", {"to": "accepted"}, 200),
        ]
        for method, door, body, status in doors:
            answer = await client.request(method, f"{path_of(rid)}{door}", json=body)
            assert answer.status_code == (status if is_open else 404), (door, answer.text)
            assert (SECRET in answer.text) is (is_open and door != "/history"), door
        consenting = await client.put(f"{path_of(rid)}/consent", json=AGREED)
        assert (consenting.status_code, consenting.json()["type"][-13:]) == (403, "not-permitted")
    told = (await counselor.get(path_of(rid))).json()
    assert told["status"] == ("accepted" if is_open else "requested")
