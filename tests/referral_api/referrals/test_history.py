"""The history of a referral: complete, in order, and for those who read it in full."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from referral_api.referrals.operations.alarming import ring_alarms
from referral_api.settings import Settings
from shared.db import EVERY_DISTRICT
from shared.http.paging import encode_cursor
from shared.testing.service import ServiceInTest
from tests.referral_api.referrals.referring import CONSENT, SECRET, done, history, path_of, referred


class Clock:
    """A minute goes by with every look."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 2, 15, tzinfo=UTC)

    def __call__(self) -> datetime:
        """The time."""
        self.now += timedelta(minutes=1)
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def words(entries: list[dict[str, Any]]) -> list[str]:
    return [entry["what"] for entry in entries]


async def test_a_history_says_who_did_what_when_and_what_it_changed(
    api: ServiceInTest[Settings], officer: httpx2.AsyncClient, counselor: httpx2.AsyncClient, clock: Clock
) -> None:
    rid = await referred(officer)
    await done(counselor, rid, "transitions", {"to": "accepted"})
    await done(counselor, rid, "contacts", {"contacted_at": clock.now.isoformat(), "by": "c-7", "reached": False})
    waits = {"to": "on_hold", "reason": "waitlisted", "note": "Third on the list."}
    await done(counselor, rid, "transitions", waits)
    await done(counselor, rid, "consent", CONSENT)
    await done(counselor, rid, "feedback", {"message_to_referrer": "Thank you."})
    entries = await history(counselor, rid)
    assert words(entries) == [
        "submitted",
        "accepted",
        "contact_tried",
        "on_hold",
        "consent_recorded",
        "feedback_given",
    ]
    assert [e["happened_at"] for e in entries] == sorted(e["happened_at"] for e in entries)
    submitted, accepted, tried, held, agreed, told = entries
    assert (submitted["by"], submitted["role"]) == ("o-1", "officer")
    assert (accepted["by"], accepted["role"], accepted["reached"]) == ("c-1", "counselor", None)
    assert accepted["changes"] == {"status": {"before": "requested", "after": "accepted"}}
    assert (tried["by"], tried["reached"], tried["changes"]) == ("c-7", False, {})
    assert (held["reason"], held["note"]) == ("waitlisted", "Third on the list.")
    assert held["changes"]["reason"] == {"before": None, "after": "waitlisted"}
    assert agreed["changes"] == {
        "consent_agreed": {"before": None, "after": True},
        "consent_by": {"before": None, "after": "parent"},
        "consent_on": {"before": None, "after": "2026-11-01"},
    }
    assert told["note"] == "Thank you."
    assert SECRET not in str(entries)


async def test_what_the_clock_said_is_told_too(
    api: ServiceInTest[Settings], officer: httpx2.AsyncClient, counselor: httpx2.AsyncClient, clock: Clock
) -> None:
    rid = await referred(officer, urgency="imminent")
    for ahead in (timedelta(minutes=50), timedelta(minutes=60)):
        clock.now += ahead
        async with api.process.database.write(EVERY_DISTRICT) as session:
            await ring_alarms(session, clock.now)
    entries = await history(counselor, rid)
    assert words(entries) == ["submitted", "reminded", "overdue"]
    assert {e["by"] for e in entries[1:]} == {"contact-clock"}


async def test_a_contact_shows_as_try_and_as_the_change_that_it_made(
    counselor: httpx2.AsyncClient, clock: Clock
) -> None:
    rid = await referred(counselor)
    at = clock.now.isoformat().replace("+00:00", "Z")
    await done(counselor, rid, "contacts", {"contacted_at": at, "by": "c-1", "reached": True})
    _, tried, contacted = await history(counselor, rid)
    assert (tried["what"], tried["reached"]) == ("contact_tried", True)
    assert contacted["what"] == "contacted"
    assert contacted["changes"] == {"contacted_at": {"before": None, "after": at}}


async def test_a_try_names_who_recorded_it_beside_who_is_said_to_have_made_it(
    counselor: httpx2.AsyncClient, provider: httpx2.AsyncClient, clock: Clock
) -> None:
    rid = await referred(counselor, provider_id="p-1", consent=CONSENT)
    at = clock().isoformat()
    await done(provider, rid, "contacts", {"contacted_at": at, "by": "c-1", "reached": False})
    for reader in (counselor, provider):
        submitted, tried = await history(reader, rid)
        assert (tried["by"], tried["noted_by"], tried["role"]) == ("c-1", "p-user", None)
        assert (submitted["by"], submitted["noted_by"]) == ("c-1", None)


async def test_a_draft_is_drafted_then_requested_and_its_author_alone_follows_it(
    officer: httpx2.AsyncClient, counselor: httpx2.AsyncClient
) -> None:
    rid = await referred(officer, send=False)
    assert words(await history(officer, rid)) == ["drafted"]
    assert (await counselor.get(f"{path_of(rid)}/history")).status_code == 404
    await done(officer, rid, "transitions", {"to": "requested"})
    assert words(await history(counselor, rid)) == ["drafted", "requested"]


async def test_who_sees_how_much_of_it(
    api: ServiceInTest[Settings], officer: httpx2.AsyncClient, counselor: httpx2.AsyncClient
) -> None:
    rid = await referred(officer, provider_id="p-1", consent=CONSENT)
    expected = {
        ("officer", "o-1", "s-1", None): (403, "status-only"),
        ("officer", "o-2", "s-1", None): (404, "referral-not-found"),
        ("staff", "o-1", "s-1", None): (403, "status-only"),
        ("counselor", "o-1", "s-2", None): (403, "status-only"),
        ("counselor", "c-2", "s-2", None): (404, "referral-not-found"),
        ("counselor", "c-2", "s-1", None): (200, ""),
        ("administrator", "a-1", "s-1", None): (200, ""),
        ("provider", "p-user", "s-1", "p-1"): (200, ""),
        ("provider", "p-user", "s-1", "p-2"): (404, "referral-not-found"),
        ("analyst", "x-1", "s-1", None): (403, "not-permitted"),
        ("district_admin", "x-1", "s-1", None): (403, "not-permitted"),
        ("integration", "x-1", "s-1", None): (403, "not-permitted"),
    }
    for (role, sub, school, provider), (status, kind) in expected.items():
        async with api.client(role, sub, schools=[school], provider=provider) as client:
            answer = await client.get(f"{path_of(rid)}/history")
        assert answer.status_code == status, (role, sub, answer.text)
        assert answer.json().get("type", ":").rsplit(":", 1)[1] == kind
    assert (await counselor.get(f"/v1/referrals/{uuid4()}/history")).status_code == 404
    async with api.client("counselor", "c-1", district="elsewhere") as stranger:
        assert (await stranger.get(f"{path_of(rid)}/history")).status_code == 404


async def test_a_provider_follows_from_the_consent_on_under_which_it_reads(
    api: ServiceInTest[Settings], counselor: httpx2.AsyncClient
) -> None:
    """What was noted before it, or while it was withdrawn, was noted among the school's own staff."""
    rid = await referred(counselor, provider_id="p-1")
    hold = {"to": "on_hold", "reason": "other"}
    await done(counselor, rid, "transitions", {"to": "accepted", "note": "BEFORE"})
    async with api.client("provider", "p-user", provider="p-1") as provider:
        assert (await provider.get(f"{path_of(rid)}/history")).status_code == 404
        await done(counselor, rid, "consent", CONSENT)
        await done(counselor, rid, "transitions", {**hold, "note": "SHARED"})
        assert words(await history(provider, rid)) == ["consent_recorded", "on_hold"]
        await done(counselor, rid, "consent", {**CONSENT, "on": "2026-11-02"})  # the same consent, put right
        assert words(await history(provider, rid)) == ["consent_recorded", "on_hold", "consent_recorded"]
        await done(counselor, rid, "consent", {**CONSENT, "agreed": False})
        assert (await provider.get(f"{path_of(rid)}/history")).status_code == 404
        await done(counselor, rid, "transitions", {"to": "in_progress", "note": "WITHDRAWN"})
        await done(counselor, rid, "consent", CONSENT)
        await done(provider, rid, "transitions", {**hold, "note": "AGAIN"})
        seen = await history(provider, rid)
        assert words(seen) == ["consent_recorded", "on_hold"]
        assert [e["note"] for e in seen] == [None, "AGAIN"]
    notes = [e["note"] for e in await history(counselor, rid) if e["note"]]
    assert notes == ["BEFORE", "SHARED", "WITHDRAWN", "AGAIN"]


async def test_a_provider_named_with_consent_from_the_beginning_follows_from_the_beginning(
    api: ServiceInTest[Settings], counselor: httpx2.AsyncClient
) -> None:
    rid = await referred(counselor, provider_id="p-1", consent=CONSENT)
    async with api.client("provider", "p-user", provider="p-1") as provider:
        assert words(await history(provider, rid)) == ["submitted"]


async def test_pages_hold_each_entry_once_in_order(counselor: httpx2.AsyncClient, clock: Clock) -> None:
    rid = await referred(counselor)
    at_once = clock.now.isoformat()
    for _ in range(3):  # several at the very instant of another entry
        await done(counselor, rid, "contacts", {"contacted_at": at_once, "by": "c-1", "reached": False})
    for turn in range(4):
        await done(counselor, rid, "feedback", {"message_to_referrer": f"Number {turn}."})
    whole = await history(counselor, rid)
    assert len(whole) == 8
    for limit in (1, 2, 3, 7, 8):
        seen, page = [], f"{path_of(rid)}/history?limit={limit}"
        while page:
            answer = await counselor.get(page)
            seen += answer.json()["items"]
            cursor = answer.json()["next_cursor"]
            assert (cursor is None) is ("link" not in answer.headers)
            page = f"{path_of(rid)}/history?limit={limit}&cursor={cursor}" if cursor else ""
        assert seen == whole, limit


async def test_a_cursor_of_another_history_or_made_up_is_refused(counselor: httpx2.AsyncClient) -> None:
    rid, other = await referred(counselor), await referred(counselor)
    await done(counselor, other, "transitions", {"to": "accepted"})
    cursor = (await counselor.get(f"{path_of(other)}/history?limit=1")).json()["next_cursor"]
    for made_up in (
        cursor,
        "nonsense",
        encode_cursor("referral-history", rid, 1 << 62, 1, "0000000001"),
        encode_cursor("referral-history", rid, 1, 3, "x"),
        encode_cursor("referral-history", rid, 1, 1, "x"),
        encode_cursor("referral-history", rid, 1, 1, "9" * 30),
        encode_cursor("referral-history", rid, 1, 2, "x"),
    ):
        refused = await counselor.get(f"{path_of(rid)}/history?cursor={made_up}")
        assert (refused.status_code, refused.json()["errors"][0]["path"]) == (422, "query.cursor")
