"""What the district's calendar promises over HTTP, and which clocks run in it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from referral_api.settings import Settings
from shared.testing.service import ServiceInTest
from tests.referral_api.suite import referral_api

PATH = "/v1/calendar"
NOW = datetime(2026, 11, 2, 15, 0, tzinfo=UTC)  # a Monday: 10:00 in New York, 9:00 in Chicago
CHICAGO = {
    "time_zone": "America/Chicago",
    "day_starts": "08:00",
    "day_ends": "15:00",
    "weekdays": [1, 2, 3, 4, 5],
    "closed_on": ["2026-11-03", "2026-11-11"],
}
REFERRAL = {"student_id": "st-1", "school_id": "s-1", "need": "grief", "urgency": "urgent", "summary": "x"}


@pytest.fixture
async def api(database_url: str, tmp_path: Path) -> AsyncIterator[ServiceInTest[Settings]]:
    async with referral_api(database_url, tmp_path, clock=lambda: NOW) as service:
        yield service


@pytest.fixture
async def admin(api: ServiceInTest[Settings]) -> AsyncIterator[httpx2.AsyncClient]:
    async with api.client("district_admin", "a-1") as client:
        yield client


async def due_at(api: ServiceInTest[Settings], **changes: Any) -> str:
    """When a referral that is submitted now is due."""
    async with api.client("counselor", "c-1") as counselor:
        answer = await counselor.post("/v1/referrals", json=REFERRAL | changes)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["due_at"])


async def test_until_a_district_sets_its_calendar_it_has_a_default(
    api: ServiceInTest[Settings], admin: httpx2.AsyncClient
) -> None:
    answer = await admin.get(PATH)
    assert (answer.status_code, answer.headers["etag"]) == (200, '"0"')
    assert answer.json() == {
        "time_zone": "America/New_York",
        "day_starts": "08:00",
        "day_ends": "15:00",
        "weekdays": [1, 2, 3, 4, 5],
        "closed_on": [],
        "is_default": True,
    }
    assert await due_at(api) == "2026-11-03T15:00:00Z"


async def test_clocks_run_in_the_calendar_that_the_district_has_set(
    api: ServiceInTest[Settings], admin: httpx2.AsyncClient
) -> None:
    answer = await admin.put(PATH, json=CHICAGO)
    assert (answer.status_code, answer.headers["etag"]) == (200, '"1"')
    assert answer.json() == CHICAGO | {"is_default": False}
    read = await admin.get(PATH)
    assert (read.json(), read.headers["etag"]) == (answer.json(), '"1"')
    assert await due_at(api) == "2026-11-04T15:00:00Z"  # Tuesday is closed
    async with api.client("district_admin", district="elsewhere") as stranger:
        assert (await stranger.get(PATH)).json()["is_default"]


async def test_a_draft_runs_in_the_calendar_of_the_day_it_is_sent(
    api: ServiceInTest[Settings], admin: httpx2.AsyncClient
) -> None:
    async with api.client("counselor", "c-1") as counselor:
        draft = (await counselor.post("/v1/referrals", json=REFERRAL | {"send": False})).json()
        assert draft["due_at"] is None
        await admin.put(PATH, json=CHICAGO)
        sent = await counselor.post(f"/v1/referrals/{draft['referral_id']}/transitions", json={"to": "requested"})
    assert sent.json()["due_at"] == "2026-11-04T15:00:00Z"


async def test_the_same_calendar_again_changes_nothing(admin: httpx2.AsyncClient) -> None:
    first = await admin.put(PATH, json=CHICAGO)
    again = await admin.put(PATH, json=CHICAGO | {"weekdays": [5, 4, 3, 2, 1]})
    assert (again.json(), again.headers["etag"]) == (first.json(), '"1"')
    other = await admin.put(PATH, json=CHICAGO | {"closed_on": []})
    assert other.headers["etag"] == '"2"'


async def test_setting_what_was_the_default_makes_it_the_districts_own(admin: httpx2.AsyncClient) -> None:
    default = (await admin.get(PATH)).json()
    del default["is_default"]
    answer = await admin.put(PATH, json=default)
    assert (answer.json()["is_default"], answer.headers["etag"]) == (False, '"1"')


async def test_a_change_meant_for_another_version_is_refused(admin: httpx2.AsyncClient) -> None:
    assert (await admin.put(PATH, json=CHICAGO, headers={"If-Match": '"1"'})).status_code == 412
    assert (await admin.get(PATH)).headers["etag"] == '"0"'
    assert (await admin.put(PATH, json=CHICAGO, headers={"If-Match": '"0"'})).status_code == 200
    refused = await admin.put(PATH, json=CHICAGO | {"closed_on": []}, headers={"If-Match": '"0"'})
    assert (refused.status_code, refused.json()["type"]) == (412, "urn:rapport:problem:changed-meanwhile")
    assert (await admin.get(PATH)).json()["closed_on"] == CHICAGO["closed_on"]


async def test_of_two_who_set_it_at_once_one_is_told_that_the_other_did(api: ServiceInTest[Settings]) -> None:
    async with api.client("district_admin", "a-1") as one, api.client("district_admin", "a-2") as other:
        for version in range(5):
            this = {"If-Match": f'"{version}"'}
            day = f"2026-12-{version + 10}"
            answers = await asyncio.gather(
                one.put(PATH, json=CHICAGO | {"closed_on": [day]}, headers=this),
                other.put(PATH, json=CHICAGO | {"closed_on": [day, "2026-12-24"]}, headers=this),
            )
            assert sorted(a.status_code for a in answers) == [200, 412]
            assert (await one.get(PATH)).headers["etag"] == f'"{version + 1}"'


@pytest.mark.parametrize(
    ("fault", "path"),
    [
        ({"time_zone": "America/Gotham"}, "time_zone"),
        ({"time_zone": "america/chicago"}, "time_zone"),
        ({"time_zone": "../../etc/passwd"}, "time_zone"),
        ({"time_zone": "Factory"}, "time_zone"),
        ({"time_zone": ""}, "time_zone"),
        ({"time_zone": 6}, "time_zone"),
        ({"day_starts": "8:00"}, "day_starts"),
        ({"day_starts": "08:00:30"}, "day_starts"),
        ({"day_starts": "T0800"}, "day_starts"),
        ({"day_starts": "08-00"}, "day_starts"),
        ({"day_starts": "08:00\n"}, "day_starts"),
        ({"day_starts": "\u0660\u0668:\u0660\u0660"}, "day_starts"),
        ({"day_starts": 28800}, "day_starts"),
        ({"day_ends": "24:00"}, "day_ends"),
        ({"day_ends": "08:00"}, "day_ends"),
        ({"day_ends": "07:59"}, "day_ends"),
        ({"day_ends": None}, "day_ends"),
        ({"weekdays": []}, "weekdays"),
        ({"weekdays": [1, 2, 1]}, "weekdays"),
        ({"weekdays": [0]}, "weekdays.0"),
        ({"weekdays": [1, 8]}, "weekdays.1"),
        ({"weekdays": ["1"]}, "weekdays.0"),
        ({"weekdays": "12345"}, "weekdays"),
        ({"closed_on": ["2026-02-30"]}, "closed_on.0"),
        ({"closed_on": ["2026-11-26", "1999-12-31"]}, "closed_on.1"),
        ({"closed_on": ["9999-12-31"]}, "closed_on.0"),
        ({"closed_on": [(date(2027, 1, 1) + n * timedelta(days=1)).isoformat() for n in range(367)]}, "closed_on"),
        (
            {
                "weekdays": [1],
                "closed_on": [(date(2027, 1, 4) + n * timedelta(days=7)).isoformat() for n in range(106)],
            },
            "closed_on",
        ),
        ({"holidays": []}, "holidays"),
    ],
)
async def test_each_fault_is_named_by_its_path_and_nothing_is_changed(
    admin: httpx2.AsyncClient, fault: dict[str, Any], path: str
) -> None:
    answer = await admin.put(PATH, json=CHICAGO | fault)
    assert answer.status_code == 422, answer.text
    assert [e["path"] for e in answer.json()["errors"]] == [path]
    assert (await admin.get(PATH)).json()["is_default"]


async def test_every_fault_is_named_at_once(admin: httpx2.AsyncClient) -> None:
    answer = await admin.put(PATH, json={"time_zone": "x", "day_starts": "x", "weekdays": []})
    assert {e["path"] for e in answer.json()["errors"]} == {"time_zone", "day_starts", "day_ends", "weekdays"}


async def test_closed_days_may_be_left_out_or_named_twice(admin: httpx2.AsyncClient) -> None:
    body = {name: value for name, value in CHICAGO.items() if name != "closed_on"}
    assert (await admin.put(PATH, json=body)).json()["closed_on"] == []
    twice = await admin.put(PATH, json=CHICAGO | {"closed_on": ["2026-12-25", "2026-11-26", "2026-12-25"]})
    assert twice.json()["closed_on"] == ["2026-11-26", "2026-12-25"]


async def test_who_works_in_the_district_reads_it_and_only_its_admin_sets_it(api: ServiceInTest[Settings]) -> None:
    for role, reads in (("officer", 200), ("counselor", 200), ("analyst", 200), ("provider", 403)):
        async with api.client(role, provider="p-1" if role == "provider" else None) as client:
            assert (await client.get(PATH)).status_code == reads
            assert (await client.put(PATH, json=CHICAGO)).status_code == 403
