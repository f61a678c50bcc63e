"""Officers' training through HTTP: how many stand how on which day, on both databases."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from shared.events.base import Event
from shared.events.training import StandingStatus
from shared.testing.training_events import a_standing, an_activity
from tests.reporting.suite import Reporting, announce, reporting_on, view

CURRENT, DUE, OVERDUE = StandingStatus.CURRENT, StandingStatus.DUE, StandingStatus.OVERDUE
EXEMPT, EXPIRED = StandingStatus.EXEMPT, StandingStatus.EXPIRED
SINCE = date(2026, 1, 1)


def always(status: StandingStatus) -> list[tuple[date, StandingStatus]]:
    """A standing that never changes."""
    return [(SINCE, status)]


def some_officers() -> list[Event]:
    """At s-1 one who is trained and one who is not, who is at s-2 too; at s-2 one more, exempt from all."""
    return [
        a_standing({"basic": always(CURRENT), "yearly": always(EXEMPT)}, "s-1", officer_id="o-1"),
        a_standing({"basic": always(OVERDUE), "yearly": always(EXPIRED)}, "s-1", "s-2", officer_id="o-2"),
        a_standing({"basic": always(EXEMPT)}, "s-2", officer_id="o-3"),
    ]


async def standings(reporting: Reporting, **query: Any) -> dict[tuple[str | None, str | None], tuple[int | None, ...]]:
    """Per school and requirement: officers, current, exempt, due, overdue, expired."""
    answer = await view(reporting, "training", school_year=None, **query)
    names = ("officers", "current", "exempt", "due", "overdue", "expired")
    for row in answer["rows"]:
        assert row["compliant"] == row["current"] + row["exempt"]
        assert row["officers"] == row["compliant"] + row["due"] + row["overdue"] + (row["expired"] or 0)
        assert (row["confirmed"] is None) is (row["requirement_id"] is None)
        assert "month" not in row
        assert not row["suppressed"]
    return {(row["school_id"], row["requirement_id"]): tuple(row[name] for name in names) for row in answer["rows"]}


async def test_officers_are_counted_by_school_and_requirement_and_once_together(reporting: Reporting) -> None:
    await announce(reporting, *some_officers())
    found = await standings(reporting)
    assert found == {
        ("s-1", "basic"): (2, 1, 0, 0, 1, 0),
        ("s-1", "yearly"): (2, 0, 1, 0, 0, 1),
        ("s-1", None): (2, 1, 0, 0, 1, None),
        ("s-2", "basic"): (2, 0, 1, 0, 1, 0),
        ("s-2", "yearly"): (1, 0, 0, 0, 0, 1),
        ("s-2", None): (2, 0, 1, 0, 1, None),
        (None, "basic"): (3, 1, 1, 0, 1, 0),
        (None, "yearly"): (2, 0, 1, 0, 0, 1),
        (None, None): (3, 1, 1, 0, 1, None),
    }
    assert list(found) == sorted(found, key=lambda key: [(one is None, one) for one in key])


async def test_all_together_an_officer_stands_as_badly_as_to_the_worst(reporting: Reporting) -> None:
    for number, (statuses, counted) in enumerate(
        [
            ([CURRENT, EXEMPT], (1, 1, 0, 0, 0, None)),
            ([EXEMPT, EXEMPT], (1, 0, 1, 0, 0, None)),
            ([CURRENT, DUE], (1, 0, 0, 1, 0, None)),
            ([DUE, OVERDUE], (1, 0, 0, 0, 1, None)),
            ([EXPIRED, DUE], (1, 0, 0, 0, 1, None)),
            ([], (1, 1, 0, 0, 0, None)),
        ]
    ):
        school = f"s-{number}"
        requirements = {f"r-{n}": always(status) for n, status in enumerate(statuses)}
        await announce(reporting, a_standing(requirements, school, officer_id=f"o-{number}"))
        assert (await standings(reporting, school_id=school))[school, None] == counted


async def test_any_day_can_be_asked_about_past_and_to_come(reporting: Reporting) -> None:
    steps = [
        (date(2026, 1, 5), DUE),
        (date(2026, 7, 4), OVERDUE),
        (date(2026, 9, 1), CURRENT),
        (date(2029, 9, 1), EXPIRED),
    ]
    await announce(reporting, a_standing({"basic": steps}, ("s-1", date(2026, 1, 5), date(2030, 6, 30))))
    told = {
        "2026-01-04": None,
        "2026-01-05": (1, 0, 0, 1, 0, 0),
        "2026-07-03": (1, 0, 0, 1, 0, 0),
        "2026-07-04": (1, 0, 0, 0, 1, 0),
        "2026-09-01": (1, 1, 0, 0, 0, 0),
        "2029-08-31": (1, 1, 0, 0, 0, 0),
        "2029-09-01": (1, 0, 0, 0, 0, 1),
        "2030-06-30": (1, 0, 0, 0, 0, 1),
        "2030-07-01": None,
        "0001-01-01": None,
        "9999-12-31": None,
    }
    for day, expected in told.items():
        assert (await standings(reporting, as_of=day)).get(("s-1", "basic")) == expected, day


async def test_before_its_first_day_the_first_step_holds_and_the_last_for_ever(reporting: Reporting) -> None:
    await announce(reporting, a_standing({"basic": always(DUE)}, ("s-1", date.min, None)))
    for day in ("0001-01-01", "2025-12-31", "9999-12-31"):
        assert await standings(reporting, as_of=day, by="school_id,requirement_id") == {
            ("s-1", "basic"): (1, 0, 0, 1, 0, 0)
        }


async def test_without_a_day_it_is_today_where_the_district_is(database_url: str, tmp_path: Path) -> None:
    steps = [(SINCE, CURRENT), (date(2026, 11, 23), EXPIRED)]
    late = datetime(2026, 11, 23, 2, tzinfo=UTC)
    async with reporting_on(database_url, tmp_path, now=late) as reporting:
        await announce(reporting, a_standing({"basic": steps}, "s-1"))
        answer = await view(reporting, "training", school_year=None)
    assert answer["day"] == "2026-11-22"
    assert {row["current"] for row in answer["rows"]} == {1}


async def test_the_latest_version_holds_and_nothing_of_the_ones_before(reporting: Reporting) -> None:
    first = a_standing({"basic": [(SINCE, DUE), (date(2026, 6, 1), EXPIRED)], "gone": always(EXPIRED)}, "s-1", "s-2")
    second = a_standing({"basic": always(CURRENT)}, "s-2", version=2)
    await announce(reporting, second)
    await announce(reporting, first)
    found = {("s-2", "basic"): (1, 1, 0, 0, 0, 0), (None, "basic"): (1, 1, 0, 0, 0, 0)}
    together = {("s-2", None): (1, 1, 0, 0, 0, None), (None, None): (1, 1, 0, 0, 0, None)}
    assert await standings(reporting) == found | together
    await announce(reporting, a_standing({}, version=3))
    assert await standings(reporting) == {}


async def test_only_what_is_asked_for_is_told(reporting: Reporting) -> None:
    await announce(reporting, *some_officers())
    everything = await standings(reporting)
    together = {key: counted for key, counted in everything.items() if key[0] is None}
    of_schools = {key: counted for key, counted in everything.items() if key[0] is not None}
    assert list(together) == [(None, "basic"), (None, "yearly"), (None, None)]
    assert await standings(reporting, by="") == await standings(reporting, by="requirement_id") == together
    assert await standings(reporting, by="school_id") == of_schools
    by_both = {key: counted for key, counted in of_schools.items() if key[1] is not None}
    assert await standings(reporting, by="requirement_id,school_id") == by_both
    of_one = {key for key in of_schools if key[0] == "s-2"}
    for by in (None, "", "school_id", "requirement_id"):
        assert set(await standings(reporting, school_id="s-2", by=by)) == of_one
    assert set(await standings(reporting, school_id="s-2", by="school_id,requirement_id")) == of_one - {("s-2", None)}
    yearly = {("s-1", "yearly"), ("s-2", "yearly"), (None, "yearly")}
    assert set(await standings(reporting, requirement_id="yearly")) == yearly
    assert set(await standings(reporting, requirement_id="yearly", by="school_id")) == yearly - {(None, "yearly")}
    assert set(await standings(reporting, requirement_id="yearly", school_id="s-1", by="")) == {("s-1", "yearly")}
    assert await standings(reporting, requirement_id="unheard-of") == {}


async def test_two_terms_at_one_school_are_one_officer(reporting: Reporting) -> None:
    await announce(reporting, a_standing({"basic": always(CURRENT)}, "s-1", "s-1"))
    assert (await standings(reporting))["s-1", "basic"] == (1, 1, 0, 0, 0, 0)


async def test_a_caller_sees_the_officers_of_his_schools_only(reporting: Reporting) -> None:
    elsewhere = a_standing({"basic": always(DUE)}, "s-1", district_id="elsewhere")
    await announce(reporting, *some_officers(), elsewhere)
    assert await standings(reporting, schools=["s-2"], by="requirement_id") == {
        (None, "basic"): (2, 0, 1, 0, 1, 0),
        (None, "yearly"): (1, 0, 0, 0, 0, 1),
        (None, None): (2, 0, 1, 0, 1, None),
    }
    assert await standings(reporting, schools=[]) == {}
    due = {(None, "basic"): (1, 0, 0, 1, 0, 0), (None, None): (1, 0, 0, 1, 0, None)}
    assert await standings(reporting, district="elsewhere", by="") == due
    assert await standings(reporting, district="nowhere") == {}


async def test_a_school_that_only_training_has_told_of_is_known_and_no_other(reporting: Reporting) -> None:
    await announce(reporting, *some_officers(), an_activity(school_id="s-3"))
    assert await standings(reporting, school_id="s-3") == {}
    for school_id, schools in (("s-1", ["s-2"]), ("s-9", None), ("s-9", ["s-9"])):
        async with reporting.client("administrator", schools=schools) as client:
            response = await client.get("/v1/views/training", params={"school_id": school_id})
        assert response.status_code == 404
        assert response.json()["type"] == "urn:rapport:problem:unknown-school"


@pytest.mark.parametrize(
    "query",
    [
        {"by": "status"},
        {"by": "school_id,school_id"},
        {"as_of": "soon"},
        {"as_of": "1700000000"},
        {"as_of": "2026-02-30"},
        {"requirement_id": ""},
        {"status": "due"},
    ],
    ids=str,
)
async def test_what_standings_do_not_know_is_refused(reporting: Reporting, query: dict[str, str]) -> None:
    async with reporting.client("counselor") as client:
        response = await client.get("/v1/views/training", params=query)
    assert response.status_code == 422
    assert response.json()["errors"]


async def test_a_poisoned_standing_is_set_aside_alone(reporting: Reporting) -> None:
    poisoned = [
        a_standing({"basic": always(DUE)}, "s-1", officer_id="o\0"),
        a_standing({"basic": []}, "s-1", officer_id="o-2"),
        a_standing({"basic": always(DUE)}, "s-1", officer_id="o-3", version=1 << 70),
    ]
    await announce(reporting, *poisoned, a_standing({"basic": always(CURRENT)}, "s-1"))
    current = {(None, "basic"): (1, 1, 0, 0, 0, 0), (None, None): (1, 1, 0, 0, 0, None)}
    assert await standings(reporting, by="") == current
    letters = await reporting.process.bus.bounds(["training.reporting.dlq"])
    assert sum(end for _, end in letters.values()) == len(poisoned)
