"""From a respondent's phone to the views: while a survey runs how many answered, and then what may be told."""

import csv
from collections.abc import AsyncIterator
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from shared.events.facets import school_year_of
from tests.flows.suite import Suite, suite

pytestmark = pytest.mark.slow

FAVORABLE, UNFAVORABLE = 4, 1


@pytest.fixture
async def services(tmp_path: Path) -> AsyncIterator[Suite]:
    async with suite(tmp_path) as made:
        yield made


async def test_what_enough_people_answered_is_in_the_view_once_the_survey_is_closed(services: Suite) -> None:
    survey_id = await opened(services, {"s-1": 14, "s-2": 5})
    for school_id, answers in {"s-1": [FAVORABLE] * 8 + [UNFAVORABLE] * 4, "s-2": [UNFAVORABLE] * 5}.items():
        await answered(services, survey_id, school_id, answers)
    await services.drain()
    assert await seen(services, "climate") == []
    assert [row["status"] for row in await seen(services, "survey-progress")] == ["open", "open"]
    async with services.climate_survey_api.client("district_admin") as admin:
        assert (await admin.post(f"/v1/administrations/{survey_id}/closing", json={})).status_code == 200
    await services.drain()
    rows = {row["school_id"]: row for row in await seen(services, "climate") if row["dimension"] == "safety"}
    assert (rows["s-1"]["n"], rows["s-1"]["favorable"], rows["s-1"]["invited"]) == (12, 8 / 12, 14)
    assert rows["s-2"]["suppressed"]
    assert rows["s-2"]["n"] is rows["s-2"]["favorable"] is rows["s-2"]["mean"] is None
    assert (rows[None]["n"], rows[None]["schools_counted"]) == (12, 1)  # and so no difference to the school
    progress = {row["school_id"]: row for row in await seen(services, "survey-progress")}
    assert {row["status"] for row in progress.values()} == {"closed"}
    assert {school: (row["used"], row["generated"]) for school, row in progress.items()} == {
        "s-1": (12, 12),
        "s-2": (5, 5),
    }


async def opened(services: Suite, students: dict[str, int]) -> str:
    """A survey that asks so many students of each school, open since a minute ago."""
    now = services.climate_survey_api.process.clock()
    plan = {
        "instrument_id": "rapport-climate",
        "version": 1,
        "name": "Fall",
        "opens_at": (now - timedelta(minutes=1)).isoformat(),
        "closes_at": (now + timedelta(days=7)).isoformat(),
        "mode": "anonymous",
        "languages": ["en", "es"],
        "schools": [{"school_id": school_id, "invited": {"student": n}} for school_id, n in students.items()],
    }
    async with services.climate_survey_api.client("district_admin") as admin:
        made = await admin.post("/v1/administrations", json=plan)
        assert made.status_code == 201, made.text
        survey_id = str(made.json()["administration_id"])
        assert (await admin.post(f"/v1/administrations/{survey_id}/opening", json={})).status_code == 200
    return survey_id


async def answered(services: Suite, survey_id: str, school_id: str, answers: list[int]) -> None:
    """One student for each of the answers says that he feels safe, or does not."""
    body = {"school_id": school_id, "respondent_group": "student", "count": len(answers)}
    async with services.climate_survey_api.client("district_admin") as admin:
        made = await admin.post(f"/v1/administrations/{survey_id}/access-codes", json=body)
        for row, answer in zip(csv.DictReader(StringIO(made.text)), answers, strict=True):
            sent = {"code": row["code"], "answers": {"safe_here": answer}}
            assert (await admin.post("/v1/responses", json=sent)).status_code == 201


async def seen(services: Suite, view: str) -> list[dict[str, Any]]:
    """The rows of a view in the running school year."""
    process = services.climate_survey_api.process
    year = school_year_of(process.clock().astimezone(ZoneInfo(process.settings.time_zone)).date())
    async with services.reporting.client("analyst") as client:
        answer = await client.get(f"/v1/views/{view}?school_year={year}")
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json()["rows"]
    return rows
