"""Reopening what was closed: by one referral at a time, so that no need of a student has two that are open."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from referral_api.settings import Settings
from shared.testing.service import ServiceInTest
from tests.referral_api.referrals.plans import among_many_others, plan_of
from tests.referral_api.referrals.referring import BODY, done, kind, move, moved, path_of, referred

STILL_OPEN = (409, "still-open")


async def reopen(client: httpx2.AsyncClient, ended: str, **changes: Any) -> httpx2.Response:
    return await client.post("/v1/referrals", json={**BODY, "reopens": ended, **changes})


async def closed(client: httpx2.AsyncClient, **changes: Any) -> str:
    referral_id = await referred(client, **changes)
    await end(client, referral_id)
    return referral_id


async def end(client: httpx2.AsyncClient, referral_id: str) -> None:
    await moved(client, referral_id, "cancelled", reason="other")


async def merged(client: httpx2.AsyncClient, one: str, into: str) -> None:
    await done(client, one, "merging", {"into": into})


async def test_what_was_merged_is_not_reopened_while_the_one_that_goes_on_is_open(
    counselor: httpx2.AsyncClient,
) -> None:
    one, two, three = [await referred(counselor) for _ in range(3)]
    await merged(counselor, one, two)
    refused = await reopen(counselor, one)
    assert kind(refused) == STILL_OPEN
    assert two not in refused.text
    await merged(counselor, two, three)
    for ended in (one, two):
        assert kind(await reopen(counselor, ended)) == STILL_OPEN
    await end(counselor, three)
    assert (await reopen(counselor, one)).status_code == 201
    for ended in (one, two, three):
        assert kind(await reopen(counselor, ended)) == STILL_OPEN


async def test_a_referral_is_reopened_by_one_at_a_time(counselor: httpx2.AsyncClient) -> None:
    ended = await closed(counselor)
    for _ in range(3):
        again = (await reopen(counselor, ended)).json()["referral_id"]
        assert kind(await reopen(counselor, ended)) == STILL_OPEN
        await end(counselor, again)


async def test_a_need_that_goes_on_anywhere_is_reopened_nowhere(counselor: httpx2.AsyncClient) -> None:
    """Whichever way the links lead: over what was reopened before, merged into it, or merged with what reopened it."""
    first, merged_before = await closed(counselor), await referred(counselor)
    second = await referred(counselor, reopens=first)
    await merged(counselor, merged_before, second)
    await end(counselor, second)
    third, unlinked = await referred(counselor, reopens=first), await referred(counselor)
    await merged(counselor, third, unlinked)
    for ended in (first, second, third, merged_before):
        assert kind(await reopen(counselor, ended)) == STILL_OPEN
    await end(counselor, unlinked)
    assert (await reopen(counselor, merged_before)).status_code == 201


async def test_other_needs_of_the_student_hold_nothing_closed(counselor: httpx2.AsyncClient) -> None:
    ended, other, _ = await closed(counselor), await closed(counselor), await referred(counselor)
    assert (await reopen(counselor, other)).status_code == 201
    assert (await reopen(counselor, ended)).status_code == 201


async def test_what_was_entered_in_error_holds_nothing_closed(counselor: httpx2.AsyncClient) -> None:
    ended, other = await closed(counselor), await closed(counselor)
    mistaken = await referred(counselor, reopens=ended)
    twin = await referred(counselor)
    await merged(counselor, twin, mistaken)
    await moved(counselor, mistaken, "entered_in_error")
    assert (await reopen(counselor, ended)).status_code == 201
    assert (await reopen(counselor, other)).status_code == 201
    assert (await reopen(counselor, twin)).status_code == 201  # no matter with what the mistake seemed to reopen


async def test_a_draft_keeps_nobody_from_reopening_and_is_not_sent_while_another_has(
    officer: httpx2.AsyncClient, counselor: httpx2.AsyncClient
) -> None:
    ended = await closed(officer)
    draft = await referred(officer, reopens=ended, send=False)
    again = (await reopen(counselor, ended)).json()["referral_id"]
    assert kind(await move(officer, draft, "requested")) == STILL_OPEN
    assert (await officer.get(path_of(draft))).json()["status"] == "draft"
    await end(counselor, again)
    await moved(officer, draft, "requested")
    assert kind(await reopen(counselor, ended)) == STILL_OPEN


async def test_of_many_that_reopen_one_need_at_once_one_does(counselor: httpx2.AsyncClient) -> None:
    for _ in range(4):
        one, two = await referred(counselor), await referred(counselor)
        await merged(counselor, one, two)
        await end(counselor, two)
        drafts = [await referred(counselor, reopens=ended, send=False) for ended in (one, two)]
        answers = await asyncio.gather(
            *(reopen(counselor, ended) for ended in (one, two, one, two)),
            *(move(counselor, draft, "requested") for draft in drafts),
        )
        assert sorted(a.is_success for a in answers) == [False] * 5 + [True], [a.text for a in answers]
        assert {kind(a) for a in answers if not a.is_success} == {STILL_OPEN}


async def test_sent_again_it_is_the_one_that_is_there(
    api: ServiceInTest[Settings], officer: httpx2.AsyncClient, counselor: httpx2.AsyncClient
) -> None:
    ended = await closed(officer)
    its_id = str(uuid4())
    answers = await asyncio.gather(*(reopen(officer, ended, referral_id=its_id) for _ in range(4)))
    assert sorted(a.status_code for a in answers) == [200] * 3 + [201]
    assert (await reopen(officer, ended, referral_id=its_id)).json()["referral_id"] == its_id
    assert kind(await reopen(officer, ended, referral_id=its_id, summary="Another.")) == STILL_OPEN
    await end(counselor, its_id)
    assert (await reopen(officer, ended, referral_id=its_id)).status_code == 200


@pytest.mark.slow
async def test_it_looks_at_no_other_students_referrals(
    api: ServiceInTest[Settings], counselor: httpx2.AsyncClient
) -> None:
    ended = await closed(counselor)
    await among_many_others(api.process.database)
    plan = await plan_of(api.process.database, reopen(counselor, ended), holding="merged_into IS NOT NULL")
    assert "ix_referrals_linked " in plan, plan
