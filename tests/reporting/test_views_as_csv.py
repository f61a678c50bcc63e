"""Views as CSV through HTTP: who gets it, and that it says of its rows what JSON says, on both databases."""

import json
from typing import Any

import httpx2
import pytest

from shared.testing.events import a_submission
from tests.reporting.suite import Reporting, announce

VIEWS = ("referral-funnel", "students-referred", "contact-times", "open-referrals")


async def asked_as(reporting: Reporting, accept: str, name: str = VIEWS[0], role: str = "analyst") -> httpx2.Response:
    """A view's answer to whoever accepts this."""
    async with reporting.client(role) as client:
        response = await client.get(f"/v1/views/{name}", params={"school_year": 2027}, headers={"Accept": accept})
    assert response.status_code == 200, response.text
    assert response.headers["vary"] == "Accept"
    return response


@pytest.mark.parametrize("role", ["analyst", "counselor"])
@pytest.mark.parametrize("name", VIEWS)
async def test_csv_says_in_its_headers_what_json_says_beside_its_rows(
    reporting: Reporting, name: str, role: str
) -> None:
    await announce(reporting, a_submission())
    as_json = await asked_as(reporting, "application/json", name, role)
    as_csv = await asked_as(reporting, "text/csv", name, role)
    beside = {key: value for key, value in as_json.json().items() if key != "rows"}
    assert beside.keys() >= {"as_of", "policy"}
    assert told_in_headers(as_csv) == beside
    assert told_in_headers(as_json) == {}


async def test_csv_of_what_nothing_is_known_of_yet_names_no_instant(reporting: Reporting) -> None:
    assert (await asked_as(reporting, "application/json")).json()["as_of"] is None
    assert told_in_headers(await asked_as(reporting, "text/csv")).keys() == {"policy"}


def told_in_headers(response: httpx2.Response) -> dict[str, Any]:
    """The headers about the rows, as the fields that JSON has for them."""
    told = {n.removeprefix("view-").replace("-", "_"): v for n, v in response.headers.items() if n.startswith("view-")}
    return {name: json.loads(value) if value.startswith("{") else value for name, value in told.items()}


@pytest.mark.parametrize("name", VIEWS)
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
