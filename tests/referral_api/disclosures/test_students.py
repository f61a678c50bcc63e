"""An officer opens a student's record: with all three keys, and every outcome stands in the ledger."""

from datetime import date, timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from referral_api.settings import Settings
from shared.db import EVERY_DISTRICT
from shared.events.training import StandingStatus
from shared.testing.service import DISTRICT, ServiceInTest
from tests.referral_api.clearance.officers import (
    DUTY,
    EMERGENCY,
    NOON,
    a_requirement,
    a_standing,
    an_agreement,
    announce,
    assigned,
    kind,
    ledger,
)
from tests.referral_api.referrals.referring import Clock

pytestmark = pytest.mark.slow

STUDENT = "/v1/students/st-1"


@pytest.fixture
async def cleared(api: ServiceInTest[Settings], officer: httpx2.AsyncClient) -> httpx2.AsyncClient:
    """A trained officer under an agreement."""
    await announce(api, a_standing(), an_agreement())
    return officer


async def outcomes(api: ServiceInTest[Settings]) -> list[tuple[str, str, str | None, bool]]:
    """Of each entry: whose record, what came of it, the purpose, and whether a reason is told."""
    return [
        (e["student_id"], e["outcome"], e["purpose"], e["because"] is not None) for e in reversed(await ledger(api))
    ]


async def test_with_all_keys_he_is_shown_who_the_student_is_and_nothing_more(
    api: ServiceInTest[Settings], cleared: httpx2.AsyncClient
) -> None:
    answer = await cleared.get(STUDENT, headers=DUTY)
    assert (answer.status_code, answer.json()) == (
        200,
        {"student_id": "st-1", "given_name": "Ana", "family_name": "Field", "grade": "07", "school_ids": ["s-1"]},
    )
    (entry,) = await ledger(api)
    assert (entry["requested_by"], entry["role"], entry["record"]) == ("o-1", "officer", "student")
    assert await outcomes(api) == [("st-1", "disclosed", "school_official_duty", False)]


async def test_without_a_purpose_or_with_another_he_is_refused_and_it_is_noted(
    api: ServiceInTest[Settings], cleared: httpx2.AsyncClient
) -> None:
    refused = await cleared.get(STUDENT)
    assert kind(refused) == (400, "purpose-not-stated")
    assert refused.json()["errors"][0]["path"] == "header.Purpose-Of-Use"
    assert kind(await cleared.get(STUDENT, headers={"Purpose-Of-Use": "curiosity"})) == (400, "purpose-unknown")
    bare = {"Purpose-Of-Use": "health_safety_emergency"}
    assert kind(await cleared.get(STUDENT, headers=bare)) == (400, "emergency-not-explained")
    assert await outcomes(api) == [
        ("st-1", "refused", None, True),
        ("st-1", "refused", None, True),
        ("st-1", "refused", "health_safety_emergency", True),
    ]


async def test_two_purposes_are_none_and_recipients_may_be_named_one_by_one(
    api: ServiceInTest[Settings], cleared: httpx2.AsyncClient
) -> None:
    two = [("Purpose-Of-Use", "school_official_duty"), ("Purpose-Of-Use", "safety_plan")]
    assert kind(await cleared.get(STUDENT, headers=two)) == (400, "purpose-unknown")
    named = [*EMERGENCY.items(), ("Emergency-Recipients", "o-1"), ("Emergency-Recipients", "Principal Rivera")]
    assert (await cleared.get(STUDENT, headers=named)).status_code == 200
    disclosed, refused = await ledger(api)
    assert disclosed["recipients"] == ["o-1", "Principal Rivera"]
    assert (refused["outcome"], refused["purpose"]) == ("refused", None)


@pytest.mark.parametrize(
    ("table", "missing"), [("officer_standings", ["training", "agreement"]), ("agreements_known", ["agreement"])]
)
async def test_what_the_register_holds_and_nobody_can_read_opens_nothing_and_is_noted(
    api: ServiceInTest[Settings], cleared: httpx2.AsyncClient, table: str, missing: list[str]
) -> None:
    async with api.process.database.write(EVERY_DISTRICT) as session:
        await session.execute(text(f'UPDATE {table} SET body = \'{{"of": "another time"}}\''))
    refused = await cleared.get(STUDENT, headers=DUTY)
    assert kind(refused) == (403, "officer-not-cleared")
    assert refused.json()["missing"] == missing
    assert await outcomes(api) == [("st-1", "refused", "school_official_duty", True)]


async def test_without_his_own_keys_he_is_told_which_are_missing_and_it_is_noted(
    api: ServiceInTest[Settings], officer: httpx2.AsyncClient
) -> None:
    async def refused() -> dict[str, Any]:
        answer = await officer.get(STUDENT, headers=DUTY)
        assert kind(answer) == (403, "officer-not-cleared")
        told: dict[str, Any] = answer.json()
        return told

    await announce(api)
    told = await refused()
    assert told["missing"] == ["training", "agreement"]
    assert told["stale"] is False
    assert told["standing_as_of"] == "2026-11-02T17:00:00.000Z"
    await announce(api, a_standing())
    assert (await refused())["missing"] == ["agreement"]
    overdue = a_requirement("basic", (date(2026, 10, 1), StandingStatus.OVERDUE))
    await announce(api, an_agreement(), a_standing(version=2, requirements=(overdue,)))
    told = await refused()
    assert (told["missing"], told["because"]) == (["training"], ["Requirement basic is overdue."])
    entries = await ledger(api)
    assert [(e["outcome"], e["purpose"]) for e in entries] == [("refused", "school_official_duty")] * 3
    assert entries[0]["because"] == "Requirement basic is overdue."


async def test_what_time_alone_ends_closes_the_record_without_an_event(
    api: ServiceInTest[Settings], officer: httpx2.AsyncClient, clock: Clock
) -> None:
    lapses = a_requirement(
        "yearly", (date(2026, 1, 1), StandingStatus.CURRENT), (date(2026, 11, 5), StandingStatus.EXPIRED)
    )
    until = assigned(to_on=date(2026, 11, 6))
    await announce(
        api, a_standing(requirements=(lapses,), assignments=(until,)), an_agreement(in_force_to=date(2026, 11, 7))
    )
    missing = []
    for days in (0, 2, 3, 5, 6):
        clock.now = NOON + timedelta(days=days)
        await announce(api)
        answer = await officer.get(STUDENT, headers=DUTY)
        missing.append(answer.json().get("missing", []) if answer.status_code == 403 else answer.status_code)
    assert missing == [200, 200, ["training"], ["training", "agreement"], ["training", "agreement"]]


async def test_the_day_ends_at_the_district_s_own_midnight(
    api: ServiceInTest[Settings], officer: httpx2.AsyncClient, clock: Clock
) -> None:
    await announce(api, a_standing(), an_agreement(in_force_to=date(2026, 11, 2)))
    for hours, status in ((11, 200), (12, 403)):  # five in the morning UTC is midnight in New York
        clock.now = NOON + timedelta(hours=hours)
        await announce(api)
        assert (await officer.get(STUDENT, headers=DUTY)).status_code == status
    async with api.client("district_admin") as admin:
        west = {"time_zone": "America/Los_Angeles", "day_starts": "08:00", "day_ends": "15:00", "weekdays": [1, 2, 3]}
        assert (await admin.put("/v1/calendar", json=west)).status_code == 200
    assert (await officer.get(STUDENT, headers=DUTY)).status_code == 200


async def test_a_student_of_another_school_and_one_whom_nobody_knows_are_the_same_to_him(
    api: ServiceInTest[Settings], cleared: httpx2.AsyncClient
) -> None:
    answers = [await cleared.get(f"/v1/students/{who}", headers=h) for who in ("st-2", "st-99") for h in (DUTY, {})]
    bodies = [{k: v for k, v in a.json().items() if k != "instance"} for a in answers]
    assert {kind(a) for a in answers} == {(404, "student-not-found")}
    assert all(body == bodies[0] for body in bodies)
    assert all("standing-as-of" not in a.headers for a in answers)
    assert await outcomes(api) == [
        ("st-2", "refused", "school_official_duty", True),
        ("st-2", "refused", None, True),
    ]


async def test_an_emergency_is_noted_with_its_threat_sealed(
    api: ServiceInTest[Settings], cleared: httpx2.AsyncClient
) -> None:
    sent = EMERGENCY | {"Emergency-Recipients": "o-1, Principal Rivera"}
    raw = {n.encode(): v.encode() for n, v in (sent | {"Emergency-Threat": "Él amenazó."}).items()}
    assert (await cleared.get(STUDENT, headers=raw)).status_code == 200
    (entry,) = await ledger(api)
    assert (entry["threat"], entry["recipients"]) == ("Él amenazó.", ["o-1", "Principal Rivera"])
    assert entry["expires_at"] == "2026-11-03T17:00:00Z"
    async with api.process.database.read(EVERY_DISTRICT) as session:
        (stored,) = await session.execute(text("SELECT threat, recipients FROM disclosures"))
    assert not any(word in bytes(value) for value in stored for word in (b"amenaz", b"Rivera"))


async def test_a_ledger_that_cannot_be_written_discloses_nothing(
    api: ServiceInTest[Settings], cleared: httpx2.AsyncClient
) -> None:
    async with api.process.database.write(EVERY_DISTRICT) as session:
        await session.execute(text("ALTER TABLE disclosures RENAME TO hidden"))
    answer = await cleared.get(STUDENT, headers=DUTY)
    async with api.process.database.write(EVERY_DISTRICT) as session:
        await session.execute(text("ALTER TABLE hidden RENAME TO disclosures"))
    assert answer.status_code == 500
    assert "Field" not in answer.text


async def test_a_read_that_fails_leaves_no_note_of_a_disclosure(
    api: ServiceInTest[Settings], cleared: httpx2.AsyncClient
) -> None:
    async with api.process.database.write(DISTRICT) as session:
        await session.execute(text("UPDATE students SET given_name = family_name"))  # sealed for another column
    assert (await cleared.get(STUDENT, headers=DUTY)).status_code == 500
    assert await outcomes(api) == []


async def test_others_need_no_purpose_and_a_good_one_is_noted(
    api: ServiceInTest[Settings], counselor: httpx2.AsyncClient
) -> None:
    for headers in ({}, {"Purpose-Of-Use": "safety_plan"}, {"Purpose-Of-Use": "curiosity"}, EMERGENCY):
        answer = await counselor.get(STUDENT, headers=headers)
        assert (answer.status_code, answer.json()["race_ethnicity"]) == (200, "asian")
        assert "standing-as-of" not in answer.headers
    assert [purpose for _, _, purpose, _ in await outcomes(api)] == [
        *(None, "safety_plan", None, "health_safety_emergency")
    ]
    assert (await ledger(api))[0]["recipients"] == ["c-1"]
