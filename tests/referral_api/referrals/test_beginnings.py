"""What a history tells of a referral's beginning: to whom it was addressed, and on whose word about consent."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import update

from referral_api.referrals.models import referral_steps
from referral_api.settings import Settings
from shared.testing.service import DISTRICT, ServiceInTest
from tests.referral_api.referrals.referring import CONSENT, Clock, done, history, moved, referred

TO_PROVIDER = {"before": None, "after": "p-1"}
AGREED = {
    "consent_agreed": {"before": None, "after": True},
    "consent_by": {"before": None, "after": "parent"},
    "consent_on": {"before": None, "after": "2026-11-01"},
}


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime(2026, 11, 2, 15, tzinfo=UTC))


async def beginning(client: httpx2.AsyncClient, referral_id: str) -> tuple[str, dict[str, Any]]:
    first = (await history(client, referral_id))[0]
    return first["what"], first["changes"]


async def test_a_submission_tells_the_provider_and_the_consent_that_its_author_stated(
    officer: httpx2.AsyncClient, counselor: httpx2.AsyncClient
) -> None:
    rid = await referred(officer, provider_id="p-1", consent=CONSENT)
    assert await beginning(counselor, rid) == ("submitted", {"provider_id": TO_PROVIDER, **AGREED})
    assert await beginning(counselor, await referred(officer)) == ("submitted", {})
    assert await beginning(counselor, await referred(officer, provider_id="p-1")) == (
        "submitted",
        {"provider_id": TO_PROVIDER},
    )


async def test_it_goes_on_telling_them_whatever_was_recorded_since(
    officer: httpx2.AsyncClient, counselor: httpx2.AsyncClient, clock: Clock
) -> None:
    rid = await referred(officer, provider_id="p-1", consent=CONSENT)
    unasked = await referred(officer, provider_id="p-1")
    for consent in ({**CONSENT, "agreed": False}, {"agreed": True, "by": "guardian", "on": "2026-11-02"}):
        for one in (rid, unasked):
            clock.now += timedelta(minutes=1)
            await done(counselor, one, "consent", consent)
    assert await beginning(counselor, rid) == ("submitted", {"provider_id": TO_PROVIDER, **AGREED})
    assert await beginning(counselor, unasked) == ("submitted", {"provider_id": TO_PROVIDER})


async def test_what_a_step_of_the_first_release_replaced_is_left_out(
    api: ServiceInTest[Settings], officer: httpx2.AsyncClient, counselor: httpx2.AsyncClient, clock: Clock
) -> None:
    rid = await referred(officer, provider_id="p-1", consent=CONSENT)
    clock.now += timedelta(minutes=1)
    await done(counselor, rid, "consent", {**CONSENT, "agreed": False})
    async with api.process.database.write(DISTRICT) as session:
        await session.execute(update(referral_steps).values(changes=None))
    assert await beginning(counselor, rid) == ("submitted", {"provider_id": TO_PROVIDER})


async def test_a_draft_tells_them_to_its_author_and_to_the_school_once_it_was_sent(
    officer: httpx2.AsyncClient, counselor: httpx2.AsyncClient, clock: Clock
) -> None:
    rid = await referred(officer, provider_id="p-1", consent=CONSENT, send=False)
    stated = ("drafted", {"provider_id": TO_PROVIDER, **AGREED})
    assert await beginning(officer, rid) == stated
    clock.now += timedelta(minutes=1)
    await moved(officer, rid, "requested")
    assert await beginning(counselor, rid) == stated


async def test_a_provider_is_told_what_it_reads_under_and_nothing_of_another_referral(
    counselor: httpx2.AsyncClient, provider: httpx2.AsyncClient
) -> None:
    before = await referred(counselor)
    await moved(counselor, before, "cancelled", reason="other")
    rid = await referred(counselor, provider_id="p-1", consent=CONSENT, reopens=before)
    stated = {"provider_id": TO_PROVIDER, **AGREED}
    assert await beginning(provider, rid) == ("submitted", stated)
    again = {"reopens": {"before": None, "after": before}}
    assert await beginning(counselor, rid) == ("submitted", stated | again)


async def test_a_provider_is_not_told_of_a_refusal_that_came_before_its_consent(
    counselor: httpx2.AsyncClient, provider: httpx2.AsyncClient, clock: Clock
) -> None:
    rid = await referred(counselor, provider_id="p-1", consent={**CONSENT, "agreed": False})
    clock.now -= timedelta(seconds=1)  # noted on a host whose clock is behind, and so as early as the submission
    await done(counselor, rid, "consent", CONSENT)
    assert await beginning(provider, rid) == ("submitted", {})
