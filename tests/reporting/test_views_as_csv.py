"""Views as CSV through HTTP: who gets it, and that it says of its rows what JSON says, on both databases."""

import csv
import json
from datetime import date
from io import StringIO
from typing import Any

import httpx2
import pytest

from reporting.routes.telling import MANY_ROWS
from shared.events.base import Event
from shared.events.training import StandingStatus
from shared.testing.events import a_submission
from shared.testing.survey_events import a_count, an_opening
from shared.testing.training_events import a_drill, a_lesson, a_quota, a_standing
from tests.reporting.suite import Reporting, announce

VIEWS = ("referral-funnel", "students-referred", "contact-times", "open-referrals")
OF_TRAINING = ("activities", "training", "drills", "drill-quotas")
OF_SURVEYS = ("climate", "survey-progress")
EVERY_VIEW = (*VIEWS, *OF_TRAINING, *OF_SURVEYS)


async def asked_as(reporting: Reporting, accept: str, name: str = VIEWS[0], role: str = "analyst") -> httpx2.Response:
    """A view's answer to whoever accepts this."""
    async with reporting.client(role) as client:
        asked = "" if name == "training" else "?school_year=2027"
        response = await client.get(f"/v1/views/{name}{asked}", headers={"Accept": accept})
    assert response.status_code == 200, response.text
    assert response.headers["vary"] == "Accept"
    return response


@pytest.mark.parametrize("role", ["analyst", "counselor"])
@pytest.mark.parametrize("name", EVERY_VIEW)
async def test_csv_says_in_its_headers_what_json_says_beside_its_rows(
    reporting: Reporting, name: str, role: str
) -> None:
    await announce(reporting, a_submission(), *some_training(), an_opening(), a_count())
    as_json = await asked_as(reporting, "application/json", name, role)
    as_csv = await asked_as(reporting, "text/csv", name, role)
    beside = {key: value for key, value in as_json.json().items() if key != "rows"}
    assert beside.keys() >= {"as_of", "policy"}
    assert told_in_headers(as_csv) == beside
    assert told_in_headers(as_json) == {}


async def test_csv_of_what_nothing_is_known_of_yet_names_no_instant(reporting: Reporting) -> None:
    assert (await asked_as(reporting, "application/json")).json()["as_of"] is None
    assert told_in_headers(await asked_as(reporting, "text/csv")).keys() == {"policy"}


def some_training() -> list[Event]:
    """An entry, a drill, a quota and an officer who is due."""
    due = [(date(2026, 1, 1), StandingStatus.DUE)]
    return [a_lesson(), a_drill(), a_quota({"type": "lockdown"}), a_standing({"basic": due}, "s-1")]


COLUMNS = {
    "activities": "role,n,minutes,share,students_reached,lessons",
    "training": "school_id,requirement_id,confirmed,officers,compliant,current,exempt,due,overdue,expired",
    "drills": "n,announced,notice_in_time,notice_not_told,trauma_informed,trauma_not_told",
    "drill-quotas": "school_id,quota_id,type,least,held,missing,met,from_month,to_month",
}


@pytest.mark.parametrize("name", OF_TRAINING)
async def test_what_is_told_of_training_comes_as_csv_with_the_same_values_in_a_fixed_order(
    reporting: Reporting, name: str
) -> None:
    await announce(reporting, *some_training())
    rows = (await asked_as(reporting, "application/json", name)).json()["rows"]
    header, *lines = csv.reader(StringIO((await asked_as(reporting, "text/csv", name)).text))
    assert rows
    assert ",".join(header) == f"{COLUMNS[name]},suppressed"
    assert lines == [[as_text(row[column]) for column in header] for row in rows]


async def test_so_many_rows_that_a_thread_writes_them_are_told_as_few_are(reporting: Reporting) -> None:
    current = [(date(2026, 1, 1), StandingStatus.CURRENT)]
    requirements = {f"r-{n:02}": current for n in range(40)}
    await announce(reporting, a_standing(requirements, *(f"s-{n:02}" for n in range(50))))
    rows = (await asked_as(reporting, "application/json", "training")).json()["rows"]
    header, *lines = csv.reader(StringIO((await asked_as(reporting, "text/csv", "training")).text))
    assert len(rows) == (40 + 1) * (50 + 1) > MANY_ROWS
    assert lines == [[as_text(row[column]) for column in header] for row in rows]


def as_text(value: object) -> str:
    """A value as a cell has it."""
    return "" if value is None else str(value).lower()


def told_in_headers(response: httpx2.Response) -> dict[str, Any]:
    """The headers about the rows, as the fields that JSON has for them."""
    told = {n.removeprefix("view-").replace("-", "_"): v for n, v in response.headers.items() if n.startswith("view-")}
    return {name: json.loads(value) if value.startswith("{") else value for name, value in told.items()}


@pytest.mark.parametrize("name", EVERY_VIEW)
async def test_csv_is_saved_under_the_name_of_its_view(reporting: Reporting, name: str) -> None:
    as_csv = await asked_as(reporting, "text/csv", name)
    assert as_csv.headers["content-disposition"] == f'attachment; filename="{name}.csv"'
    assert "content-disposition" not in (await asked_as(reporting, "application/json", name)).headers


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("text/csv;q=0", "application/json"),
        ("text/csv;q=0.1, application/json", "application/json"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "application/json"),
        ("text/csv, application/json;q=0.9", "text/csv; charset=utf-8"),
        ("application/json;q=0.1, text/csv;q=0.2", "text/csv; charset=utf-8"),
    ],
)
async def test_a_view_comes_in_the_form_that_is_wanted_most(reporting: Reporting, accept: str, kind: str) -> None:
    assert (await asked_as(reporting, accept)).headers["content-type"] == kind
