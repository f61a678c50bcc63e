"""The views through HTTP: what each caller is told, on both databases."""

import csv
from datetime import date
from io import StringIO
from typing import Any

import pytest

from shared.cloudevents import to_message
from shared.events.base import Event
from shared.events.facets import RaceEthnicity, Sex
from shared.events.referrals import Need, Stage
from shared.testing.events import a_life, a_submission, an_enrollment, some_facets, taken_back
from tests.reporting.suite import Reporting, announce, view


async def test_the_funnel_says_how_far_the_referrals_of_a_period_came(reporting: Reporting) -> None:
    life = a_life(a_submission(), Stage.ACCEPTED, Stage.STARTED)
    await announce(reporting, *life, a_submission(), *taken_back_life(), a_submission(submitted_on=date(2026, 6, 30)))
    answer = await view(reporting)
    assert answer["rows"] == [
        {"stage": stage, "n": n, "per_100": None, "suppressed": False}
        for stage, n in {
            "submitted": 2,
            "accepted": 1,
            "contacted": 0,
            "started": 1,
            "completed": 0,
            "failed": 0,
            "rejected": 0,
            "cancelled": 0,
            "looped": 0,
        }.items()
    ]
    assert answer["policy"] == {"minimum_cell": None, "complementary": False, "method": None}


def taken_back_life() -> list[Event]:
    """A referral that was a mistake."""
    life = a_life(a_submission(), Stage.ACCEPTED)
    return [*life, taken_back(life)]


async def test_rates_are_per_100_enrolled_of_the_same_key(reporting: Reporting) -> None:
    girls, boys = some_facets(sex=Sex.FEMALE), some_facets(sex=Sex.MALE)
    await announce(
        reporting,
        an_enrollment((girls, 40), (boys, 10)),
        an_enrollment((girls, 60), school_id="s-2"),
        *[a_submission(sex=Sex.FEMALE) for _ in range(3)],
        a_submission(sex=Sex.NONBINARY, school_id="s-2"),
    )
    assert await submitted(reporting) == {(): (4, 100 * 4 / 110)}
    assert await submitted(reporting, by="sex") == {
        ("female",): (3, 3.0),
        ("male",): (0, 0.0),
        ("nonbinary",): (1, None),
    }
    assert await submitted(reporting, by="school_id,sex") == {
        ("s-1", "female"): (3, 7.5),
        ("s-1", "male"): (0, 0.0),
        ("s-2", "female"): (0, 0.0),
        ("s-2", "nonbinary"): (1, None),
    }
    assert await submitted(reporting, by="need") == {("grief",): (4, 100 * 4 / 110)}
    assert await submitted(reporting, by="month", sex="female") == {("2026-09",): (3, 3.0)}
    assert await submitted(reporting, school_id="s-1") == {(): (3, 6.0)}
    assert await submitted(reporting, school_year=2028) == {}


async def submitted(reporting: Reporting, **query: Any) -> dict[tuple[Any, ...], tuple[Any, Any]]:
    """The submissions and their rates by key."""
    answer = await view(reporting, **query)
    keys = query["by"].split(",") if query.get("by") else []
    return {
        tuple(row[key] for key in keys): (row["n"], row["per_100"])
        for row in answer["rows"]
        if row["stage"] == "submitted"
    }


async def test_a_later_roster_changes_the_denominator_and_an_earlier_one_does_not(reporting: Reporting) -> None:
    await announce(reporting, a_submission(), an_enrollment((some_facets(), 50), version=2))
    await announce(reporting, an_enrollment((some_facets(), 10), (some_facets(sex=Sex.MALE), 40), version=1))
    assert await submitted(reporting) == {(): (1, 2.0)}


async def test_every_key_and_filter_tells_cells_apart(reporting: Reporting) -> None:
    await announce(
        reporting,
        a_submission(),
        a_submission(need=Need.BULLYING, english_learner=None, submitted_on=date(2027, 1, 5)),
        a_submission(race_ethnicity=RaceEthnicity.BLACK, english_learner=True, school_id="s-2"),
    )
    by = "school_id,month,need,urgency,race_ethnicity,sex,disability,english_learner,grade_band"
    assert list(await submitted(reporting, by=by)) == [
        ("s-1", "2026-09", "grief", "soon", "white", "female", "none", False, "6_8"),
        ("s-1", "2027-01", "bullying", "soon", "white", "female", "none", None, "6_8"),
        ("s-2", "2026-09", "grief", "soon", "black", "female", "none", True, "6_8"),
    ]
    assert await submitted(reporting, by="school_id", race_ethnicity="black") == {("s-2",): (1, None)}
    assert await submitted(reporting, by="month", english_learner="null") == {("2027-01",): (1, None)}
    assert await submitted(reporting, by="month", **{"from": "2026-10"}) == {("2027-01",): (1, None)}
    assert await submitted(reporting, by="month", **{"from": "2026-09-01", "to": "2026-12-31"}) == {
        ("2026-09",): (2, None)
    }


@pytest.mark.parametrize(
    "query",
    [
        {"by": "colour"},
        {"by": "sex,sex"},
        {"colour": "red"},
        {"school_year": "soon"},
        {"from": "2026-09-02"},
        {"from": "9999-01"},
        {"from": "0000-01"},
        {"to": "9999-12"},
        {"to": "2026-09-29"},
        {"to": "2026-13"},
        {"from": "2026-10", "to": "2026-09"},
        {"need": "sadness"},
        {"english_learner": "maybe"},
    ],
    ids=str,
)
async def test_what_a_view_does_not_know_is_refused(reporting: Reporting, query: dict[str, str]) -> None:
    async with reporting.client("counselor") as client:
        response = await client.get("/v1/views/referral-funnel", params={"school_year": "2027", **query})
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["errors"]


@pytest.mark.parametrize("name", ["referral-funnel", "students-referred", "contact-times", "open-referrals"])
@pytest.mark.parametrize(
    ("period", "at_fault"),
    [
        ({"from": "2025-01", "to": "2025-03"}, ["from", "to"]),
        ({"from": "2026-06", "to": "2026-12"}, ["from"]),
        ({"from": "2026-09", "to": "2027-07-31"}, ["to"]),
        ({"from": "2027-07-01"}, ["from"]),
        ({"to": "2026-06"}, ["to"]),
    ],
    ids=str,
)
async def test_a_period_that_is_not_all_of_the_school_year_asked_for_is_refused(
    reporting: Reporting, name: str, period: dict[str, str], at_fault: list[str]
) -> None:
    async with reporting.client("counselor") as client:
        response = await client.get(f"/v1/views/{name}", params={"school_year": 2027, **period})
    problem = "must lie in the school year asked for, 2026-07 to 2027-06"
    assert response.status_code == 422
    assert response.json()["errors"] == [{"path": f"query.{which}", "problem": problem} for which in at_fault]


async def test_a_period_may_be_the_whole_school_year(reporting: Reporting) -> None:
    await announce(reporting, a_submission(submitted_on=date(2026, 7, 1)), a_submission(submitted_on=date(2027, 6, 30)))
    for period in ({"from": "2026-07", "to": "2027-06"}, {"from": "2026-07-01", "to": "2027-06-30"}):
        assert await submitted(reporting, **period) == {(): (2, None)}


async def test_a_caller_sees_his_schools_and_his_district_only(reporting: Reporting) -> None:
    await announce(
        reporting,
        a_submission(),
        a_submission(school_id="s-2"),
        a_submission(school_id="s-3"),
        a_submission(district_id="elsewhere"),
        an_enrollment((some_facets(), 50), school_id="s-3"),
    )
    assert set(await submitted(reporting, by="school_id", schools=["s-1", "s-2"])) == {("s-1",), ("s-2",)}
    assert await submitted(reporting, schools=["s-1"]) == {(): (1, None)}
    assert await submitted(reporting, schools=[]) == {}
    assert await submitted(reporting, district="nowhere") == {}
    assert await submitted(reporting, district="elsewhere", by="school_id") == {("s-1",): (1, None)}
    for school_id, schools in (("s-3", ["s-1"]), ("s-9", None), ("s-9", ["s-9"])):
        async with reporting.client("counselor", schools=schools) as client:
            response = await client.get(
                "/v1/views/referral-funnel", params={"school_year": 2027, "school_id": school_id}
            )
        assert response.status_code == 404
        assert response.json()["type"] == "urn:rapport:problem:unknown-school"


@pytest.mark.parametrize("name", ["referral-funnel", "activities", "training", "drills", "drill-quotas"])
@pytest.mark.parametrize("role", ["officer", "staff", "provider", "integration"])
async def test_who_may_not_see_counts_is_refused(reporting: Reporting, name: str, role: str) -> None:
    async with reporting.client(role, provider="p-1" if role == "provider" else None) as client:
        response = await client.get(f"/v1/views/{name}", params={"school_year": 2027})
    assert response.status_code == 403


async def test_an_analyst_is_not_shown_small_counts(reporting: Reporting) -> None:
    girls, boys, others = some_facets(), some_facets(sex=Sex.MALE), some_facets(sex=Sex.NONBINARY)
    await announce(
        reporting,
        an_enrollment((girls, 200), (boys, 300), (others, 4)),
        *[a_submission() for _ in range(12)],
        *[a_submission(sex=Sex.MALE) for _ in range(11)],
    )
    answer = await view(reporting, role="analyst", by="sex")
    assert answer["policy"] == {"minimum_cell": 10, "complementary": True, "method": "nested-tables-2"}
    shown = {row["sex"]: row for row in answer["rows"] if row["stage"] == "submitted"}
    # Four nonbinary students, none referred: that tells about each. And their count is not the total less the others.
    assert shown["nonbinary"] == {
        "sex": "nonbinary",
        "stage": "submitted",
        "n": None,
        "per_100": None,
        "suppressed": True,
    }
    assert (shown["female"]["n"], shown["male"]["n"]) == (12, None)
    assert (await submitted(reporting, by="sex"))[("nonbinary",)] == (0, 0.0)


async def test_students_count_once_however_often_they_are_referred(reporting: Reporting) -> None:
    wrong = a_life(a_submission(student_id="st-3"))
    again = a_submission(student_id="st-4")
    await announce(
        reporting,
        an_enrollment((some_facets(), 40)),
        *[a_submission(student_id="st-1") for _ in range(3)],
        a_submission(student_id="st-1", need=Need.BULLYING),
        a_submission(student_id="st-2", submitted_on=date(2026, 10, 1)),
        *[*wrong, taken_back(wrong)],
        *[again, taken_back([again]), a_submission(student_id="st-4")],
    )
    answer = await view(reporting, "students-referred")
    assert answer["rows"] == [{"students": 3, "per_100": 7.5, "suppressed": False}]
    by_need = await view(reporting, "students-referred", by="need")
    assert {row["need"]: row["students"] for row in by_need["rows"]} == {"grief": 3, "bullying": 1}
    by_month = await view(reporting, "students-referred", by="month")
    assert [(row["month"], row["students"]) for row in by_month["rows"]] == [("2026-09", 2), ("2026-10", 1)]


async def test_a_student_of_two_schools_is_referred_once_and_enrolled_at_both(reporting: Reporting) -> None:
    """As the description of `per_100` says."""
    schools = "s-1", "s-2"
    await announce(
        reporting,
        *[an_enrollment((some_facets(), 10), school_id=school) for school in schools],
        *[a_submission(student_id="st-1", school_id=school) for school in schools],
    )
    assert (await view(reporting, "students-referred"))["rows"] == [
        {"students": 1, "per_100": 5.0, "suppressed": False}
    ]
    by_school = (await view(reporting, "students-referred", by="school_id"))["rows"]
    assert [(row["students"], row["per_100"]) for row in by_school] == [(1, 10.0), (1, 10.0)]
    assert await submitted(reporting) == {(): (2, 10.0)}


async def test_students_are_not_shown_where_their_referrals_are_hidden_nor_few_who_were_referred_again(
    reporting: Reporting,
) -> None:
    twice = [
        a_submission(student_id=f"st-{n}", need=Need.BULLYING) for n in range(30) for _ in range(2 if n < 4 else 1)
    ]
    often = [a_submission(student_id=f"of-{n}", need=Need.FAMILY_CONFLICT) for n in range(30) for _ in range(2)]
    some = [a_submission(student_id=f"so-{n % 20}", need=Need.ATTENDANCE) for n in range(32)]
    few = [a_submission(student_id=f"few-{n}") for n in range(5)]
    await announce(reporting, an_enrollment((some_facets(), 500)), *twice, *often, *some, *few)
    funnel = await view(reporting, role="analyst", by="need")
    referrals = {row["need"]: row["n"] for row in funnel["rows"] if row["stage"] == "submitted"}
    answer = await view(reporting, "students-referred", role="analyst", by="need")
    students = {row["need"]: row["students"] for row in answer["rows"]}
    # Five about grief are hidden, and with them the next larger. 34 referrals of 30 students would tell of four.
    assert referrals == {"grief": None, "bullying": 34, "family_conflict": 60, "attendance": None}
    assert students == {"grief": None, "bullying": None, "family_conflict": 30, "attendance": None}
    wide = await view(reporting, "students-referred", role="analyst")
    assert [row["students"] for row in wide["rows"]] == [85]


async def test_the_same_rows_come_as_csv_and_no_cell_is_a_formula(reporting: Reporting) -> None:
    await announce(reporting, a_submission(school_id="=1+1"), an_enrollment((some_facets(), 50), school_id="=1+1"))
    async with reporting.client("counselor") as client:
        response = await client.get(
            "/v1/views/referral-funnel",
            params={"school_year": 2027, "by": "school_id,english_learner"},
            headers={"Accept": "text/csv"},
        )
    assert response.headers["content-type"].startswith("text/csv")
    rows = list(csv.reader(StringIO(response.text)))
    assert rows[0] == ["school_id", "english_learner", "stage", "n", "per_100", "suppressed"]
    assert rows[1] == ["'=1+1", "false", "submitted", "1", "2.0", "false"]
    assert len(rows) == 1 + 9


async def test_freshness_tells_what_waits_and_views_how_far_they_go(reporting: Reporting) -> None:
    first = a_submission()
    await announce(reporting, first)
    async with reporting.client("analyst") as client:
        fresh = (await client.get("/v1/freshness")).json()
        assert fresh["lag"] == 0
        assert {p["topic"] for p in fresh["partitions"]} == {"roster", "referrals", "training", "surveys"}
        assert [p["applied_offset"] for p in fresh["partitions"] if p["applied_offset"] is not None] == [0]
        assert (await view(reporting))["as_of"] == "2026-11-22T15:00:00Z"
        await reporting.process.bus.publish([to_message(a_submission(referral_id=first.referral_id), source="x")])
        behind = (await client.get("/v1/freshness")).json()
        assert behind["lag"] == 1
        assert sum(p["lag"] for p in behind["partitions"]) == 1
        await reporting.drain()
        assert (await client.get("/v1/freshness")).json()["lag"] == 0


async def test_a_delivered_event_counts_once(reporting: Reporting) -> None:
    event = a_submission()
    await announce(reporting, event, event)
    await announce(reporting, event)
    assert await submitted(reporting) == {(): (1, None)}
