"""Which days a reader asks officers' standings for: a day, a school year, the ends of months, on both databases."""

import csv
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from reporting.views.training_days import TrainingParameters
from shared.events.training import OfficerStandingChanged, StandingStatus
from shared.testing.training_events import a_standing
from tests.reporting.suite import Reporting, announce, reporting_on, view

CURRENT, DUE = StandingStatus.CURRENT, StandingStatus.DUE
OVERDUE, EXPIRED = StandingStatus.OVERDUE, StandingStatus.EXPIRED
TODAY = date(2026, 11, 22)

DAYS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "nothing: today": ({}, ["2026-11-22"]),
    "a day": ({"as_of": "2031-02-03"}, ["2031-02-03"]),
    "the running year": ({"school_year": 2027}, ["2026-11-22"]),
    "a year that is over": ({"school_year": 2026}, ["2026-06-30"]),
    "a year to come": ({"school_year": 2028}, ["2027-07-01"]),
    "a month that is over": ({"school_year": 2027, "to": "2026-09"}, ["2026-09-30"]),
    "its last day": ({"school_year": 2027, "to": "2026-09-30"}, ["2026-09-30"]),
    "the running month": ({"school_year": 2027, "to": "2026-11"}, ["2026-11-22"]),
    "a month to come": ({"school_year": 2027, "to": "2027-02"}, ["2027-02-28"]),
    "a leap year's February": ({"school_year": 2028, "to": "2028-02"}, ["2028-02-29"]),
    "a month without its year": ({"to": "2025-12"}, ["2025-12-31"]),
    "months of the year so far": (
        {"by": "month"},
        ["2026-07-31", "2026-08-31", "2026-09-30", "2026-10-31", "2026-11-22"],
    ),
    "months from one on": ({"by": "month", "from": "2026-10"}, ["2026-10-31", "2026-11-22"]),
    "months to one": ({"by": "month", "to": "2026-08"}, ["2026-07-31", "2026-08-31"]),
    "months between": ({"by": "month", "from": "2026-11-01", "to": "2026-12"}, ["2026-11-22", "2026-12-31"]),
    "one month": ({"by": "month", "from": "2027-01", "to": "2027-01"}, ["2027-01-31"]),
    "a first month to come": ({"by": "month", "from": "2027-03"}, ["2027-03-31"]),
    "the first month of another year": ({"by": "month", "from": "2026-05"}, ["2026-05-31", "2026-06-30"]),
    "months of a year to come": ({"by": "month", "school_year": 2028}, ["2027-07-31"]),
    "the ends of what may be asked": ({"to": "1999-07"}, ["1999-07-31"]),
    "the other end": ({"to": "2200-06"}, ["2200-06-30"]),
}


@pytest.mark.parametrize(("query", "days"), DAYS.values(), ids=DAYS.keys())
def test_a_question_names_its_days(query: dict[str, Any], days: list[str]) -> None:
    asked = TrainingParameters.model_validate(query)
    assert [str(day) for day in asked.days(TODAY)] == days


def test_a_year_that_is_over_has_twelve_months() -> None:
    asked = TrainingParameters.model_validate({"by": "month", "school_year": 2024})
    days = asked.days(TODAY)
    assert [day.month for day in days] == [7, 8, 9, 10, 11, 12, 1, 2, 3, 4, 5, 6]
    assert (days[0], days[7], days[-1]) == (date(2023, 7, 31), date(2024, 2, 29), date(2024, 6, 30))


REFUSED: dict[str, tuple[dict[str, str], str, str]] = {
    "a year beside a day": ({"as_of": "2026-11-01", "school_year": "2027"}, "school_year", "beside `as_of`"),
    "an end beside a day": ({"as_of": "2026-11-01", "to": "2026-11"}, "to", "beside `as_of`"),
    "a beginning beside a day": ({"as_of": "2026-11-01", "from": "2026-11"}, "from", "beside `as_of`"),
    "months of a day": ({"as_of": "2026-11-01", "by": "month"}, "by", "on the one day"),
    "a beginning of nothing": ({"school_year": "2027", "from": "2026-09"}, "from", "only `by=month`"),
    "a beginning by schools": ({"from": "2026-09", "by": "school_id"}, "from", "only `by=month`"),
    "another year": ({"school_year": "2027", "to": "2026-06"}, "to", "2026-07 to 2027-06"),
    "two years": ({"by": "month", "from": "2026-06", "to": "2026-07"}, "to", "2025-07 to 2026-06"),
    "backwards": ({"by": "month", "from": "2026-10", "to": "2026-09"}, "to", "before `from`"),
    "a month cut in two": ({"to": "2026-09-15"}, "to", "must be a month"),
    "no month": ({"to": "2026-13"}, "to", "must be a month"),
    "too early": ({"to": "1999-06"}, "to", "2000 to 2200"),
    "too late": ({"by": "month", "from": "2200-07"}, "from", "2000 to 2200"),
    "long ago": ({"to": "0001-01"}, "to", "2000 to 2200"),
    "at the end of time": ({"to": "9999-12"}, "to", "9999-12"),
    "no school year": ({"school_year": "1999"}, "school_year", "2000"),
    "a key twice": ({"by": "month,month"}, "by", "each key once"),
}


@pytest.mark.parametrize(("query", "field", "because"), REFUSED.values(), ids=REFUSED.keys())
async def test_a_question_that_names_no_days_is_refused_by_the_field(
    reporting: Reporting, query: dict[str, str], field: str, because: str
) -> None:
    async with reporting.client("counselor") as client:
        response = await client.get("/v1/views/training", params=query)
    assert response.status_code == 422
    (error,) = response.json()["errors"]
    assert error["path"] == f"query.{field}"
    assert because in error["problem"]


def some_officers() -> list[OfficerStandingChanged]:
    """At s-1 one who learns in September and forgets in May; another comes to s-2 in October, unless he is late."""
    learns = [(date(2026, 7, 1), DUE), (date(2026, 9, 15), CURRENT), (date(2027, 5, 1), EXPIRED)]
    late = [(date(2026, 10, 5), DUE), (date(2026, 11, 23), OVERDUE)]
    return [
        a_standing({"basic": learns}, ("s-1", date(2026, 7, 1), None)),
        a_standing({"basic": late}, ("s-2", date(2026, 10, 5), date(2027, 1, 15)), officer_id="o-2"),
    ]


async def told(reporting: Reporting, **query: Any) -> list[tuple[object, ...]]:
    """Month, school, requirement, officers, current, due, and overdue or expired."""
    rows = (await view(reporting, "training", **{"school_year": None, **query}))["rows"]
    names = ("month", "school_id", "requirement_id", "officers", "current", "due")
    return [(*(row[name] for name in names), row["overdue"] + (row["expired"] or 0)) for row in rows]


async def test_by_month_standings_are_those_of_each_months_end_and_of_today(reporting: Reporting) -> None:
    await announce(reporting, *some_officers())
    assert await told(reporting, by="month") == [
        ("2026-07", None, "basic", 1, 0, 1, 0),
        ("2026-07", None, None, 1, 0, 1, 0),
        ("2026-08", None, "basic", 1, 0, 1, 0),
        ("2026-08", None, None, 1, 0, 1, 0),
        ("2026-09", None, "basic", 1, 1, 0, 0),
        ("2026-09", None, None, 1, 1, 0, 0),
        ("2026-10", None, "basic", 2, 1, 1, 0),
        ("2026-10", None, None, 2, 1, 1, 0),
        ("2026-11", None, "basic", 2, 1, 1, 0),
        ("2026-11", None, None, 2, 1, 1, 0),
    ]


async def test_months_are_told_apart_beside_schools(reporting: Reporting) -> None:
    await announce(reporting, *some_officers())
    asked = {"school_year": 2027, "from": "2026-12", "to": "2027-01"}
    assert await told(reporting, by="school_id,month", **asked) == [
        ("2026-12", "s-1", "basic", 1, 1, 0, 0),
        ("2026-12", "s-1", None, 1, 1, 0, 0),
        ("2026-12", "s-2", "basic", 1, 0, 0, 1),
        ("2026-12", "s-2", None, 1, 0, 0, 1),
        ("2027-01", "s-1", "basic", 1, 1, 0, 0),
        ("2027-01", "s-1", None, 1, 1, 0, 0),
    ]
    assert await told(reporting, by="school_id,requirement_id,month", **asked) == [
        ("2026-12", "s-1", "basic", 1, 1, 0, 0),
        ("2026-12", "s-2", "basic", 1, 0, 0, 1),
        ("2027-01", "s-1", "basic", 1, 1, 0, 0),
    ]
    assert await told(reporting, by="month", school_id="s-2", **asked) == [
        ("2026-12", "s-2", "basic", 1, 0, 0, 1),
        ("2026-12", "s-2", None, 1, 0, 0, 1),
    ]


async def test_a_school_year_is_told_of_on_its_last_day_its_first_or_today(reporting: Reporting) -> None:
    await announce(reporting, *some_officers())
    for asked, day, counted in (
        ({"school_year": 2026}, "2026-06-30", []),
        ({"school_year": 2027}, "2026-11-22", [(2, 1, 1, 0)]),
        ({"school_year": 2027, "to": "2027-06"}, "2027-06-30", [(1, 0, 0, 1)]),
        ({"school_year": 2028}, "2027-07-01", [(1, 0, 0, 1)]),
    ):
        answer = await view(reporting, "training", by="", **asked)
        assert answer["day"] == day
        rows = [row for row in answer["rows"] if row["requirement_id"] == "basic"]
        names = ("officers", "current", "due")
        assert [(*(row[name] for name in names), row["overdue"] + row["expired"]) for row in rows] == counted


async def test_the_running_month_is_that_of_the_place_where_reporting_is(database_url: str, tmp_path: Path) -> None:
    late = datetime(2026, 12, 1, 2, tzinfo=UTC)
    async with reporting_on(database_url, tmp_path, now=late) as reporting:
        await announce(reporting, *some_officers())
        answer = await view(reporting, "training", school_year=None, by="month")
    assert (answer["day"], answer["rows"][-1]["month"]) == ("2026-11-30", "2026-11")


async def test_months_come_as_csv_in_front_of_the_schools(reporting: Reporting) -> None:
    await announce(reporting, *some_officers())
    async with reporting.client("analyst") as client:
        asked = {"by": "month,school_id", "from": "2026-11"}
        response = await client.get("/v1/views/training", params=asked, headers={"Accept": "text/csv"})
    header, *lines = csv.reader(StringIO(response.text))
    assert header[:5] == ["month", "school_id", "requirement_id", "confirmed", "officers"]
    assert [line[:5] for line in lines] == [
        ["2026-11", "s-1", "basic", "true", "1"],
        ["2026-11", "s-1", "", "", "1"],
        ["2026-11", "s-2", "basic", "true", "1"],
        ["2026-11", "s-2", "", "", "1"],
    ]
    assert response.headers["view-day"] == "2026-11-22"


async def test_a_rule_that_is_not_confirmed_is_marked_so_until_it_is(reporting: Reporting) -> None:
    always = [(date(2026, 1, 1), CURRENT)]
    rules = {"basic": always, "state": [*always, (date(2026, 6, 1), DUE)]}
    await announce(reporting, a_standing(rules, "s-1", unconfirmed={"state"}))
    rows = (await view(reporting, "training", school_year=None))["rows"]
    assert [(row["school_id"], row["requirement_id"], row["confirmed"]) for row in rows] == [
        ("s-1", "basic", True),
        ("s-1", "state", False),
        ("s-1", None, None),
        (None, "basic", True),
        (None, "state", False),
        (None, None, None),
    ]
    # Nothing replaces the second step of the first version, which lies beside the second version's only one.
    await announce(reporting, a_standing({"state": always}, "s-1", version=2))
    rows = (await view(reporting, "training", school_year=None, requirement_id="state"))["rows"]
    assert {row["confirmed"] for row in rows} == {True}
