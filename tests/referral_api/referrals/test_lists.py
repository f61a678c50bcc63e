"""The list of referrals as a work list: what waits for a contact, and what its providers have to do."""

from datetime import UTC, datetime

import httpx2
import pytest

from referral_api.settings import Settings
from shared.testing.service import ServiceInTest
from tests.referral_api.referrals.plans import among_many_others, plan_of
from tests.referral_api.referrals.referring import CONSENT, CONTACT, done, kind, moved, path_of, referred

LATER = "2999-01-01T00:00:00Z"


async def ids(client: httpx2.AsyncClient, query: str) -> set[str]:
    answer = await client.get(f"/v1/referrals?{query}")
    assert answer.status_code == 200, answer.text
    return {item["referral_id"] for item in answer.json()["items"]}


async def test_what_is_due_is_what_is_open_and_waits_for_a_contact(counselor: httpx2.AsyncClient) -> None:
    waits, on_hold, reached, completed, rejected, in_error, merged = [await referred(counselor) for _ in range(7)]
    await moved(counselor, on_hold, "accepted")
    await moved(counselor, on_hold, "on_hold", reason="waitlisted")
    await done(counselor, reached, "contacts", CONTACT)
    await moved(counselor, completed, "accepted")
    await moved(counselor, completed, "completed")
    await moved(counselor, rejected, "rejected", reason="not_eligible")
    await moved(counselor, in_error, "entered_in_error")
    assert (await counselor.post(f"{path_of(merged)}/merging", json={"into": waits})).status_code == 200
    assert await ids(counselor, f"due_before={LATER}") == {waits, on_hold}
    assert await ids(counselor, f"due_before={LATER}&status=on_hold") == {on_hold}
    assert await ids(counselor, f"due_before={LATER}&status=rejected") == set()
    assert await ids(counselor, f"due_before={datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}") == set()


async def test_a_parameter_given_twice_is_refused_instead_of_half_answered(counselor: httpx2.AsyncClient) -> None:
    refused = await counselor.get("/v1/referrals?school_id=s-1&shool_id=s-1&school_id=s-2&shool_id=s-2")
    assert kind(refused) == (422, "request-has-faults")
    assert refused.json()["detail"] == "2 faults."
    assert refused.json()["errors"] == [
        {"path": "query.school_id", "problem": "is given more than once"},
        {"path": "query.shool_id", "problem": "is not a parameter of this route"},
    ]


@pytest.mark.parametrize(("query", "index"), [("", "provider"), ("changed_since=", "provider_changes")])
async def test_a_provider_is_answered_without_a_look_at_what_is_not_his(
    api: ServiceInTest[Settings], counselor: httpx2.AsyncClient, provider: httpx2.AsyncClient, query: str, index: str
) -> None:
    database = api.process.database
    his = await referred(counselor, provider_id="p-1", consent=CONSENT)
    await among_many_others(database)

    async def asking() -> None:
        assert await ids(provider, query) == {his}

    plan = await plan_of(database, asking(), holding="referrals.summary")
    assert f"ix_referrals_{index} " in plan, plan
