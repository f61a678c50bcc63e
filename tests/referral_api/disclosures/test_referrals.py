"""An officer opens a referral that he did not make; his own he sees by status, without a purpose and without a note."""

from uuid import uuid4

import httpx2
import pytest

from referral_api.settings import Settings
from shared.testing.service import ServiceInTest
from tests.referral_api.clearance.officers import DUTY, EMERGENCY, a_standing, an_agreement, announce, kind, ledger
from tests.referral_api.referrals.referring import CONSENT, SECRET, done, moved, path_of, referred

TEXTS = ("summary", "requested_service", "message_to_referrer")
SAFETY = {"Purpose-Of-Use": "threat_assessment"}


@pytest.fixture
async def cleared(api: ServiceInTest[Settings], officer: httpx2.AsyncClient) -> httpx2.AsyncClient:
    """A trained officer under an agreement."""
    await announce(api, a_standing(), an_agreement())
    return officer


async def outcomes(api: ServiceInTest[Settings]) -> list[tuple[str, str]]:
    """Of each entry: what was asked for, and what came of it."""
    return [(e["record"], e["outcome"]) for e in reversed(await ledger(api))]


async def test_his_own_referral_is_status_only_and_nobody_notes_it(
    api: ServiceInTest[Settings], officer: httpx2.AsyncClient
) -> None:
    own = await referred(officer)
    for headers in ({}, DUTY, {"Purpose-Of-Use": "curiosity"}):
        answer = await officer.get(path_of(own), headers=headers)
        assert answer.json().keys() == {"referral_id", "status_class", "updated_at", "message_to_referrer"}
    assert await ledger(api) == []


async def test_what_was_written_is_shown_where_safety_depends_on_it(
    api: ServiceInTest[Settings], cleared: httpx2.AsyncClient, counselor: httpx2.AsyncClient
) -> None:
    found = path_of(await referred(counselor, requested_service="Counselling", provider_id="p-1"))
    record = (await counselor.get(found)).json()
    shown = await cleared.get(found, headers=DUTY)
    assert shown.json() == record | dict.fromkeys(TEXTS)
    assert "etag" in shown.headers
    for headers in (SAFETY, {"Purpose-Of-Use": "safety_plan"}, EMERGENCY):
        assert (await cleared.get(found, headers=headers)).json() == record
    assert record["summary"] == SECRET
    assert await outcomes(api) == [("referral", "disclosed")] * 4


async def test_of_help_with_substances_neither_texts_nor_who_treats_him(
    cleared: httpx2.AsyncClient, counselor: httpx2.AsyncClient
) -> None:
    referral_id = await referred(counselor, need="substance_use", requested_service="Clinic", provider_id="p-1")
    await done(counselor, referral_id, "consent", CONSENT)
    await moved(counselor, referral_id, "accepted")
    await moved(counselor, referral_id, "failed", reason="not_eligible")
    await done(counselor, referral_id, "feedback", {"message_to_referrer": "The clinic could not help."})
    record = (await counselor.get(path_of(referral_id))).json()
    hidden = (*TEXTS, "provider_id", "reason", "consent")
    assert all(record[name] is not None for name in hidden)
    for headers in (DUTY, SAFETY, EMERGENCY):
        shown = await cleared.get(path_of(referral_id), headers=headers)
        assert shown.json() == record | dict.fromkeys(hidden)


async def test_without_a_key_it_stays_closed_and_the_refusal_is_noted(
    api: ServiceInTest[Settings], officer: httpx2.AsyncClient, counselor: httpx2.AsyncClient
) -> None:
    found = path_of(await referred(counselor))
    await announce(api)
    assert kind(await officer.get(found)) == (400, "purpose-not-stated")
    assert kind(await officer.get(found, headers=SAFETY)) == (403, "officer-not-cleared")
    assert await outcomes(api) == [("referral", "refused")] * 2


async def test_drafts_errors_and_other_schools_referrals_are_as_if_they_were_not_there(
    api: ServiceInTest[Settings], cleared: httpx2.AsyncClient, counselor: httpx2.AsyncClient
) -> None:
    draft = await referred(counselor, send=False)
    error = await referred(counselor)
    await moved(counselor, error, "entered_in_error")
    elsewhere = await referred(counselor, student_id="st-2", school_id="s-2")
    for referral_id in (draft, error, elsewhere, str(uuid4())):
        for headers in ({}, SAFETY):
            answer = await cleared.get(path_of(referral_id), headers=headers)
            assert kind(answer) == (404, "referral-not-found")
            assert "etag" not in answer.headers
    assert await outcomes(api) == [("referral", "refused")] * 6


async def test_its_history_stays_closed_and_lists_hold_his_own_only(
    cleared: httpx2.AsyncClient, counselor: httpx2.AsyncClient
) -> None:
    found = await referred(counselor)
    assert (await cleared.get(path_of(found), headers=SAFETY)).status_code == 200
    assert (await cleared.get(f"{path_of(found)}/history", headers=SAFETY)).status_code == 404
    assert (await cleared.get("/v1/referrals", headers=SAFETY)).json()["items"] == []


async def test_a_counselor_s_reading_is_no_entry_and_takes_no_turn_at_writing(
    api: ServiceInTest[Settings], counselor: httpx2.AsyncClient
) -> None:
    found = path_of(await referred(counselor))
    async with api.process.database.write("demo"):  # on SQLite nobody else may write meanwhile
        assert (await counselor.get(found, headers=SAFETY)).status_code == 200
    assert await ledger(api) == []
