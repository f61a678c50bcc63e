"""The triad ledger through HTTP: how the time was shared, on both databases."""

from datetime import date
from typing import Any

import pytest

from shared.events.training import ActivityKind, TriadRole
from shared.testing.training_events import a_lesson, an_activity, no_activity
from tests.reporting.suite import Reporting, announce, view

EDUCATOR, MENTOR, LAW = TriadRole.EDUCATOR, TriadRole.MENTOR, TriadRole.LAW_ENFORCEMENT


def some_work() -> list[Any]:
    """At s-1 90 min of lessons, 60 of mentoring and 50 of patrol in two months, at s-2 40 of conferences."""
    wrong = an_activity(minutes=500)
    return [
        a_lesson(minutes=50),
        a_lesson(minutes=40, grade_band=None, students_reached=25, started_on=date(2026, 10, 1)),
        an_activity(role=MENTOR, kind=ActivityKind.MENTORING, minutes=60, students_reached=1),
        an_activity(minutes=50),
        wrong,
        no_activity(wrong),
        an_activity(role=MENTOR, kind=ActivityKind.CONFERENCE, minutes=40, school_id="s-2", students_reached=2),
        an_activity(minutes=7, started_on=date(2026, 6, 30)),
        an_activity(minutes=7, started_on=date(2027, 7, 1)),
    ]


async def minutes(reporting: Reporting, **query: Any) -> dict[tuple[Any, ...], tuple[int, int, int]]:
    """The minutes of educators, mentors and law enforcement, by key."""
    answer = await view(reporting, "activities", **query)
    keys = query["by"].split(",") if query.get("by") else []
    found: dict[tuple[Any, ...], dict[str, int]] = {}
    for row in answer["rows"]:
        found.setdefault(tuple(row[key] for key in keys), {})[row["role"]] = row["minutes"]
    return {key: (by_role[EDUCATOR], by_role[MENTOR], by_role[LAW]) for key, by_role in found.items()}


async def test_each_role_has_its_share_of_the_time_of_a_school(reporting: Reporting) -> None:
    await announce(reporting, *some_work())
    answer = await view(reporting, "activities", by="school_id")
    assert answer["rows"] == [
        row("s-1", EDUCATOR, 2, 90, 0.45, 45, 2),
        row("s-1", MENTOR, 1, 60, 0.3, 1, 0),
        row("s-1", LAW, 1, 50, 0.25, 0, 0),
        row("s-2", EDUCATOR, 0, 0, 0.0, 0, 0),
        row("s-2", MENTOR, 1, 40, 1.0, 2, 0),
        row("s-2", LAW, 0, 0, 0.0, 0, 0),
    ]
    assert answer["as_of"] is not None
    assert answer["policy"] == {"minimum_cell": None, "complementary": False, "method": None}


def row(school_id: str, role: str, n: int, time: int, share: float, reached: int, lessons: int) -> dict[str, Any]:
    """A row of a school and role."""
    return {
        "school_id": school_id,
        "role": role,
        "n": n,
        "minutes": time,
        "share": share,
        "students_reached": reached,
        "lessons": lessons,
        "suppressed": False,
    }


async def test_every_key_and_period_tells_entries_apart(reporting: Reporting) -> None:
    await announce(reporting, *some_work())
    assert await minutes(reporting) == {(): (90, 100, 50)}
    assert await minutes(reporting, by="month", school_id="s-1") == {
        ("2026-09",): (50, 60, 50),
        ("2026-10",): (40, 0, 0),
    }
    assert await minutes(reporting, by="kind") == {
        ("lesson",): (90, 0, 0),
        ("mentoring",): (0, 60, 0),
        ("conference",): (0, 40, 0),
        ("patrol",): (0, 0, 50),
    }
    # What is no lesson has no grades, and neither has a lesson whose grades were not told.
    assert await minutes(reporting, by="grade_band") == {("6_8",): (50, 0, 0), (None,): (40, 100, 50)}
    assert await minutes(reporting, **{"from": "2026-10"}) == {(): (40, 0, 0)}
    assert await minutes(reporting, to="2026-09-30", school_id="s-2") == {(): (0, 40, 0)}
    assert await minutes(reporting, school_year=2028) == {(): (0, 0, 7)}
    assert await minutes(reporting, school_year=2030) == {}


async def test_where_no_time_was_spent_there_is_no_share_of_it(reporting: Reporting) -> None:
    await announce(reporting, an_activity(minutes=0))
    answer = await view(reporting, "activities")
    assert [(row["n"], row["share"]) for row in answer["rows"]] == [(0, None), (0, None), (1, None)]


async def test_an_entry_counts_once_however_often_it_is_delivered(reporting: Reporting) -> None:
    logged = a_lesson()
    await announce(reporting, logged, logged)
    await announce(reporting, logged)
    assert await minutes(reporting) == {(): (60, 0, 0)}


async def test_a_poisoned_entry_is_set_aside_alone(reporting: Reporting) -> None:
    await announce(
        reporting,
        a_lesson(),
        an_activity(minutes=-5),
        an_activity(minutes=1 << 40),
        an_activity(school_id="s\0"),
        a_lesson(minutes=1),
    )
    assert await minutes(reporting) == {(): (61, 0, 0)}
    letters = {p: end for p, (_, end) in (await reporting.process.bus.bounds(["training.reporting.dlq"])).items()}
    assert sum(letters.values()) == 3


async def test_more_minutes_than_a_narrow_column_holds_are_told(reporting: Reporting) -> None:
    most = (1 << 31) - 1
    await announce(reporting, *[an_activity(minutes=most, students_reached=most) for _ in range(3)])
    assert await minutes(reporting) == {(): (0, 0, 3 * most)}


async def test_a_caller_sees_the_work_at_his_schools_only(reporting: Reporting) -> None:
    await announce(reporting, *some_work(), an_activity(district_id="elsewhere", school_id="s-9"))
    assert set(await minutes(reporting, by="school_id", schools=["s-2", "s-9"])) == {("s-2",)}
    assert await minutes(reporting, schools=["s-2"]) == {(): (0, 40, 0)}
    assert await minutes(reporting, schools=[]) == {}
    for school_id, schools in (("s-1", ["s-2"]), ("s-9", None)):
        async with reporting.client("analyst", schools=schools) as client:
            response = await client.get(f"/v1/views/activities?school_year=2027&school_id={school_id}")
        assert response.status_code == 404
        assert response.json()["type"] == "urn:rapport:problem:unknown-school"


@pytest.mark.parametrize(
    "query",
    [
        {"by": "role"},
        {"by": "need"},
        {"by": "month,month"},
        {"kind": "patrol"},
        {"school_year": "soon"},
        {"from": "2026-09-02"},
        {"to": "2027-07"},
    ],
    ids=str,
)
async def test_what_the_ledger_does_not_know_is_refused(reporting: Reporting, query: dict[str, str]) -> None:
    async with reporting.client("counselor") as client:
        response = await client.get("/v1/views/activities", params={"school_year": "2027", **query})
    assert response.status_code == 422
    assert response.json()["errors"]
