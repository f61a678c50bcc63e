"""The consent that stands: who is told of it and from when on, and that stating it again changes nothing."""

from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from tests.referral_api.referrals.referring import CONSENT, Clock, done, history, moved, path_of, referred, submitted

WITHDRAWN = {**CONSENT, "agreed": False, "by": "guardian"}


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime(2026, 11, 2, 15, tzinfo=UTC))


async def test_the_consent_that_stands_is_told_with_the_record_and_to_no_referrer(
    counselor: httpx2.AsyncClient, officer: httpx2.AsyncClient
) -> None:
    assert (await submitted(counselor))["consent"] is None
    record = await submitted(officer, provider_id="p-1", consent=CONSENT)
    path = path_of(record["referral_id"])
    assert record["consent"] == CONSENT
    assert (await counselor.put(f"{path}/consent", json=WITHDRAWN)).json()["consent"] == WITHDRAWN
    assert (await counselor.get(path)).json()["consent"] == WITHDRAWN
    changes = (await counselor.get("/v1/referrals?changed_since=")).json()["items"]
    assert [item["consent"] for item in changes] == [None, WITHDRAWN]
    assert "consent" not in (await officer.get(path)).json()


async def test_the_same_consent_again_changes_nothing(
    counselor: httpx2.AsyncClient, provider: httpx2.AsyncClient
) -> None:
    rid = await referred(counselor, provider_id="p-1")
    path = f"{path_of(rid)}/consent"
    answers = [await counselor.put(path, json=CONSENT) for _ in range(2)]
    assert [(a.status_code, a.headers["etag"]) for a in answers] == [(200, '"2"')] * 2
    assert [entry["what"] for entry in await history(counselor, rid)] == ["submitted", "consent_recorded"]
    assert (await counselor.put(path, json=CONSENT, headers={"If-Match": '"1"'})).status_code == 412
    for consent, version, status in ((WITHDRAWN, '"3"', 404), (WITHDRAWN, '"3"', 404), (CONSENT, '"4"', 200)):
        assert (await counselor.put(path, json=consent)).headers["etag"] == version
        assert (await provider.get(path_of(rid))).status_code == status


async def test_what_was_noted_before_the_consent_is_not_told_though_its_host_had_a_faster_clock(
    counselor: httpx2.AsyncClient, provider: httpx2.AsyncClient, clock: Clock
) -> None:
    rid = await referred(counselor, provider_id="p-1")
    clock.now += timedelta(seconds=20)
    await moved(counselor, rid, "accepted", note="AMONG US")
    clock.now -= timedelta(seconds=10)
    await done(counselor, rid, "consent", CONSENT)
    clock.now -= timedelta(seconds=5)
    await moved(counselor, rid, "in_progress", note="FOR BOTH")
    assert {entry["note"] for entry in await history(counselor, rid)} == {None, "AMONG US", "FOR BOTH"}
    told = {(entry["what"], entry["note"]) for entry in await history(provider, rid)}
    assert told == {("consent_recorded", None), ("in_progress", "FOR BOTH")}
