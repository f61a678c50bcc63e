"""From an officer's phone to the views: what he logs, late and twice, counts once; what he takes back does not."""

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from shared.events.facets import school_year_of
from tests.flows.suite import Suite, suite


@pytest.fixture
async def services(tmp_path: Path) -> AsyncIterator[Suite]:
    async with suite(tmp_path) as made:
        yield made


async def test_what_an_officer_logs_and_takes_back_is_what_the_view_shares(services: Suite) -> None:
    now = services.training_registry.process.clock()
    batch = [an_entry(now, role, minutes) for role, minutes in (("educator", 30), ("mentor", 45), ("mentor", 45))]
    async with services.training_registry.client("officer", "o-1", schools=["s-1"]) as officer:
        for sent in (batch, batch[:2]):
            answer = await officer.post("/v1/activities", json=sent)
            assert answer.status_code == 207, answer.text
        await services.drain()
        assert await minutes(services, now) == {"educator": 30, "mentor": 90, "law_enforcement": 0}
        wrong = batch[0]["activity_id"]
        answer = await officer.post(f"/v1/activities/{wrong}/withdrawal", json={"because": "another day"})
        assert answer.status_code == 200, answer.text
    await services.drain()
    assert await minutes(services, now) == {"educator": 0, "mentor": 90, "law_enforcement": 0}


def an_entry(now: datetime, role: str, minutes: int) -> dict[str, Any]:
    """A lesson for grade 7, or what a mentor does, at school s-1 just now."""
    lesson = {"kind": "lesson", "lesson": {"programme": "GREAT", "grade": "07", "topic": "conflict"}}
    return {
        "activity_id": str(uuid4()),
        "officer_id": "o-1",
        "school_id": "s-1",
        "role": role,
        "started_at": now.isoformat(),
        "minutes": minutes,
        "students_reached": 20,
        **(lesson if role == "educator" else {"kind": "mentoring"}),
    }


async def minutes(services: Suite, now: datetime) -> dict[str, int]:
    """The minutes of each role at the school, in the running school year, told apart by the grades taught."""
    year = school_year_of(now.astimezone(ZoneInfo(services.training_registry.process.settings.time_zone)).date())
    async with services.reporting.client("counselor") as client:
        answer = await client.get(f"/v1/views/activities?school_year={year}&by=school_id,grade_band")
    assert answer.status_code == 200, answer.text
    found = dict.fromkeys(("educator", "mentor", "law_enforcement"), 0)
    for row in answer.json()["rows"]:
        assert row["school_id"] == "s-1"
        found[row["role"]] += row["minutes"]
    return found
