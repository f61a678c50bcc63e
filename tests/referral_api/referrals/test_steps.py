"""The steps of a referral's life as a request may ask for them: which are there, and which needs a reason."""

import httpx2
import pytest

from tests.referral_api.referrals.referring import kind, move, moved, referred


async def test_a_step_that_is_not_there_is_refused_with_those_that_are(counselor: httpx2.AsyncClient) -> None:
    rid, draft = await referred(counselor), await referred(counselor, send=False)

    async def refused(referral_id: str, to: str) -> list[str]:
        answer = await move(counselor, referral_id, to)
        assert kind(answer) == (409, "no-such-step")
        steps: list[str] = answer.json()["steps"]
        return steps

    assert await refused(rid, "completed") == ["accepted", "rejected", "cancelled", "entered_in_error"]
    assert await refused(draft, "completed") == ["requested", "entered_in_error"]
    await moved(counselor, rid, "cancelled", reason="other")
    assert await refused(rid, "completed") == ["entered_in_error"]
    for one in (rid, draft):
        await moved(counselor, one, "entered_in_error")
        assert await refused(one, "entered_in_error") == []


async def test_a_step_that_needs_a_reason_is_refused_without(counselor: httpx2.AsyncClient) -> None:
    unexplained = await move(counselor, await referred(counselor), "rejected")
    assert kind(unexplained) == (422, "request-has-faults")
    assert unexplained.json()["errors"] == [{"path": "reason", "problem": "is required for rejected"}]


@pytest.mark.parametrize("to", ["accepted", "in_progress", "completed", "entered_in_error"])
async def test_any_other_step_may_have_a_reason_or_none(counselor: httpx2.AsyncClient, to: str) -> None:
    for more in ({}, {"reason": "other"}):
        rid = await referred(counselor)
        if to in ("in_progress", "completed"):
            await moved(counselor, rid, "accepted")
        answer = await move(counselor, rid, to, **more)
        assert (answer.status_code, answer.json()["status"]) == (200, to)
