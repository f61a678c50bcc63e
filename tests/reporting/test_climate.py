"""What climate surveys found, through HTTP: by survey, school, group and dimension, and as hidden as it was counted."""

import csv
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from typing import Any
from uuid import UUID

from shared.events.base import Event
from shared.events.surveys import RespondentGroup, SurveyFacet
from shared.testing.survey_events import SURVEY, a_closing, a_count, a_finding, an_opening
from tests.reporting.suite import Reporting, announce, view

STAFF = RespondentGroup.STAFF
LATER = UUID(int=45)
NUMBERS = ("schools_counted", "invited", "n", "favorable", "mean")


def some_counts() -> list[Event]:
    """A survey of three schools, of which s-3 is tiny, with the district's own figures; and a later one of staff."""
    both = {"schools_counted": 2, "invited": 300}
    return [
        an_opening(),
        a_closing(),
        a_count(a_finding("safety"), a_finding("equity", n=70, answers=140, favorable=35, means=140.0)),
        a_count(a_finding("safety", n=80, answers=240, favorable=80, means=200.0), school_id="s-2", invited=200),
        a_count(a_finding("safety", suppressed=True), school_id="s-3", invited=9),
        a_count(a_finding("safety", n=152, answers=450, favorable=227, means=408.5), school_id=None, **both),
        an_opening(administration_id=LATER, opened_on=date(2027, 1, 11)),
        a_count(
            administration_id=LATER, respondent_group=STAFF, closed_on=date(2027, 1, 22), minimum=12, school_id="s-2"
        ),
    ]


async def found(reporting: Reporting, **query: Any) -> dict[tuple[Any, ...], float | None]:
    """The favourable share, by survey, school, group and dimension, as the rows come."""
    rows = (await view(reporting, "climate", **query))["rows"]
    names = ("administration_id", "school_id", "respondent_group", "dimension")
    return {(UUID(row[names[0]]).int, *(row[name] for name in names[1:])): row["favorable"] for row in rows}


IN_ALL = {
    (44, "s-1", "student", "equity"): 35 / 140,
    (44, "s-1", "student", "safety"): 147 / 210,
    (44, "s-2", "student", "safety"): 80 / 240,
    (44, "s-3", "student", "safety"): None,
    (44, None, "student", "safety"): 227 / 450,
    (45, "s-2", "staff", "safety"): 147 / 210,
}


async def test_a_survey_is_told_by_school_group_and_dimension_and_for_the_district(reporting: Reporting) -> None:
    await announce(reporting, *some_counts())
    answer = await view(reporting, "climate")
    assert list((await found(reporting)).items()) == list(IN_ALL.items())
    assert answer["rows"][1] == {
        "administration_id": str(SURVEY),
        "opened_on": "2026-10-05",
        "closed_on": "2026-10-16",
        "school_id": "s-1",
        "respondent_group": "student",
        "dimension": "safety",
        "schools_counted": 1,
        "invited": 100,
        "n": 72,
        "favorable": 147 / 210,
        "mean": 208.5 / 72,
        "suppressed": False,
    }
    assert answer["as_of"] is not None
    assert answer["policy"] == {"minimum_cell": 10, "complementary": True, "method": "survey-count-1"}


async def test_what_was_suppressed_when_it_was_counted_is_told_nobody(reporting: Reporting) -> None:
    await announce(reporting, *some_counts())
    for role in ("analyst", "counselor", "district_admin"):
        rows = (await view(reporting, "climate", role=role, school_id="s-3"))["rows"]
        assert [([row[name] for name in NUMBERS], row["suppressed"]) for row in rows] == [([None] * 5, True)]


QUESTIONS: tuple[tuple[dict[str, Any], set[tuple[int, str | None]]], ...] = (
    ({"school_id": "s-2"}, {(44, "s-2"), (45, "s-2")}),
    ({"group": "staff"}, {(45, "s-2")}),
    ({"dimension": "equity"}, {(44, "s-1")}),
    ({"administration_id": str(LATER)}, {(45, "s-2")}),
    ({"from": "2026-11"}, {(45, "s-2")}),
    ({"to": "2026-10-31", "school_id": "s-1"}, {(44, "s-1")}),
    ({"from": "2026-11", "to": "2026-12"}, set()),
    ({"school_year": 2026}, set()),
    ({"school_year": 2028}, set()),
    ({"schools": ["s-2", "s-9"]}, {(44, "s-2"), (44, None), (45, "s-2")}),
    ({"schools": []}, {(44, None)}),
    ({"district": "elsewhere"}, set()),
)


async def test_what_is_asked_for_and_may_be_seen_is_told_alone(reporting: Reporting) -> None:
    await announce(reporting, *some_counts())
    for query, surveys_and_schools in QUESTIONS:
        assert {key[:2] for key in await found(reporting, **query)} == surveys_and_schools, query


async def test_keys_that_other_views_have_change_nothing(reporting: Reporting) -> None:
    await announce(reporting, *some_counts())
    assert await found(reporting, by="school_id,month,race_ethnicity") == IN_ALL


REFUSED: tuple[dict[str, str], ...] = (
    {"by": "teacher"},
    {"by": "sex,sex"},
    {"from": "2026-06"},
    {"from": "2026-12", "to": "2026-11"},
    {"group": "parents"},
    {"administration_id": "44"},
    {"dimension": ""},
    {"facet": "sex"},
    {"school_year": "1"},
)


async def test_what_the_view_does_not_know_is_refused(reporting: Reporting) -> None:
    async with reporting.client("analyst") as client:
        for query in REFUSED:
            response = await client.get("/v1/views/climate", params={"school_year": "2027", **query})
            assert response.status_code == 422, query
            assert response.json()["errors"], query


async def test_a_school_that_the_caller_may_not_know_is_unknown(reporting: Reporting) -> None:
    await announce(reporting, *some_counts())
    for name in ("climate", "survey-progress"):
        for school_id, schools in (("s-1", ["s-2"]), ("s-9", None), ("", None)):
            async with reporting.client("counselor", schools=schools) as client:
                response = await client.get(f"/v1/views/{name}", params={"school_year": 2027, "school_id": school_id})
            assert response.status_code == (404 if school_id else 422), (name, school_id)


async def test_surveys_that_closed_on_one_day_are_told_in_the_order_in_which_they_were_counted(
    reporting: Reporting,
) -> None:
    noon = datetime(2026, 10, 16, 12, tzinfo=UTC)
    for number in (3, 1, 2):
        survey, at = UUID(int=number), noon + timedelta(seconds=-number)
        opened = an_opening(administration_id=survey, occurred_at=at)
        await announce(reporting, opened, a_count(administration_id=survey, occurred_at=at))
    assert [key[0] for key in await found(reporting)] == [3, 2, 1]
    rows = (await view(reporting, "survey-progress"))["rows"]
    assert [UUID(row["administration_id"]).int for row in rows] == [3, 2, 1]


async def test_items_and_facets_are_no_rows_of_their_own(reporting: Reporting) -> None:
    await announce(
        reporting,
        a_count(a_finding("safety"), a_finding("safety", item_id="safety-1", n=71)),
        a_count(a_finding("equity", value="white"), facet=SurveyFacet.RACE_ETHNICITY),
    )
    assert await found(reporting) == {(44, "s-1", "student", "safety"): 147 / 210}


async def test_a_survey_counted_once_more_is_told_as_it_was_counted_last(reporting: Reporting) -> None:
    at = [datetime(2026, 10, 16, hour, tzinfo=UTC) for hour in (15, 16)]
    first = a_count(a_finding("safety"), a_finding("ethics"), occurred_at=at[0])
    last = a_count(a_finding("safety", favorable=21), a_finding("equity"), occurred_at=at[1])
    for events in ([last], [first], [last.model_copy(update={"event_id": UUID(int=1)})]):
        await announce(reporting, *events)
        assert await found(reporting) == {
            (44, "s-1", "student", "equity"): 147 / 210,
            (44, "s-1", "student", "safety"): 21 / 210,
        }


async def test_nobody_having_answered_is_not_suppressed_and_has_no_share(reporting: Reporting) -> None:
    nothing = a_finding(n=0, answers=0, favorable=0, means=0.0)
    await announce(reporting, a_count(nothing))
    (row,) = (await view(reporting, "climate"))["rows"]
    assert (row["n"], row["favorable"], row["mean"], row["suppressed"]) == (0, None, None, False)
    assert row["opened_on"] is None  # its opening was never heard


async def test_csv_says_the_same_and_nothing_of_what_is_suppressed(reporting: Reporting) -> None:
    await announce(reporting, *some_counts())
    rows = (await view(reporting, "climate", role="analyst"))["rows"]
    async with reporting.client("analyst") as client:
        response = await client.get("/v1/views/climate?school_year=2027", headers={"Accept": "text/csv"})
    header, *lines = csv.reader(StringIO(response.text))
    assert header == list(rows[0])
    assert lines == [[as_text(value) for value in row.values()] for row in rows]
    assert lines[3][6:] == ["", "", "", "", "", "true"]


def as_text(value: object) -> str:
    """A value as a cell has it."""
    return "" if value is None else str(value).lower()


async def test_poisoned_counts_are_set_aside_alone(reporting: Reporting) -> None:
    poisoned = [
        a_count(a_finding(), a_finding()),
        a_count(a_finding("")),
        a_count(a_finding("d" * 256)),
        a_count(a_finding(n=1 << 31)),
        a_count(a_finding(favorable=211)),
        a_count(school_year=1 << 15),
        a_count(school_id=""),
        an_opening({"school_id": ""}),
    ]
    await announce(reporting, *poisoned, *some_counts())
    assert await found(reporting) == IN_ALL
    letters = await reporting.process.bus.bounds(["surveys.reporting.dlq"])
    assert sum(end for _, end in letters.values()) == len(poisoned)
