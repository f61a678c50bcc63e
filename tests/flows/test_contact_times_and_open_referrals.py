"""From a first contact to the views that tell how long it took and what still waits, through the services."""

from datetime import UTC, datetime
from typing import Any

from reporting.rolling import Roller
from tests.flows.suite import Suite

BODY = {"student_id": "st-1", "school_id": "s-1", "need": "grief", "urgency": "routine", "summary": "x"}


async def rows(services: Suite, view: str, by: str) -> list[dict[str, Any]]:
    """A view's rows for the running school year."""
    now = datetime.now(UTC)
    school_year = now.year + (now.month >= 7)
    async with services.reporting.client("counselor") as client:
        answer = await client.get(f"/v1/views/{view}", params={"school_year": school_year, "by": by})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["rows"]
    return found


async def open_now(services: Suite) -> dict[str, int]:
    """The open referrals by age, of the ages that there are."""
    return {row["age_days"]: row["n"] for row in await rows(services, "open-referrals", "school_id") if row["n"]}


async def test_a_first_contact_is_told_with_its_time_and_an_outcome_closes_the_referral(services: Suite) -> None:
    async with services.referral_api.client("counselor") as counselor:
        paths = []
        for _ in range(2):
            answer = await counselor.post("/v1/referrals", json=BODY)
            paths.append(f"/v1/referrals/{answer.json()['referral_id']}")
        submitted_at = answer.json()["submitted_at"]
        await services.drain()
        assert await open_now(services) == {"0_1": 2}
        await counselor.post(f"{paths[1]}/transitions", json={"to": "accepted"})
        contact = {"contacted_at": submitted_at, "by": "c-1", "reached": True}
        answer = await counselor.post(f"{paths[1]}/contacts", json=contact)
        assert answer.status_code == 201, answer.text
        await services.drain()
        expected = {"need": "grief", "n": 1, "within_clock": 1.0, "suppressed": False}
        for _ in range(2):  # before it is rolled, and after
            (row,) = [row for row in await rows(services, "contact-times", "need") if row["n"]]
            assert {key: row[key] for key in expected} == expected
            assert row["median_hours"] == row["p90_hours"] < 0.02
            await Roller(services.reporting.process.database).roll_once()
        await counselor.post(f"{paths[1]}/transitions", json={"to": "in_progress"})
        await counselor.post(f"{paths[1]}/transitions", json={"to": "completed"})
        await services.drain()
        assert await open_now(services) == {"0_1": 1}
        for path in paths:
            await counselor.post(f"{path}/transitions", json={"to": "entered_in_error"})
        await services.drain()
        assert await open_now(services) == {}
        assert [row for row in await rows(services, "contact-times", "need") if row["n"]] == []
