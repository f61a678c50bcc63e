"""What callers are told of a survey, by HTTP: nothing before it is counted, then the same to everybody."""

import csv
import io
import statistics
from typing import Any
from uuid import uuid4

import pytest

from climate_survey_api.responses.rules import Ballot
from climate_survey_api.results.views import answers
from climate_survey_api.settings import Settings
from shared.testing.service import ServiceInTest
from tests.climate_survey_api.results.counted import ITEMS, STAFF, STUDENT, Counted, close, students_of, surveyed

pytestmark = pytest.mark.slow
SPREAD = ("histogram", "complete", "mean_low", "mean_high", "alpha")


async def test_a_counted_survey_tells_what_was_answered_and_hides_what_too_few_did(
    service: ServiceInTest[Settings],
) -> None:
    boys = students_of("s-1", 12, point=2, sex="male")
    survey = await surveyed(service, [*students_of("s-1", 34, point=4), *boys, *students_of("s-2", 5, point=4)])
    early = await survey.get()
    assert (early.status_code, early.json()["type"]) == (409, "urn:rapport:problem:results-not-counted")
    assert "retry-after" not in early.headers
    assert (await close(survey))["counted_at"] is not None

    answer = (await survey.get()).json()
    by_place = {(r["school_id"], r["respondent_group"], r["dimension"]): r for r in answer["rows"]}
    assert [r["school_id"] for r in answer["rows"]] == sorted(
        (r["school_id"] for r in answer["rows"]), key=lambda s: s or ""
    )
    row = by_place["s-1", "student", "safety"]
    means = [(3 * 3 + 4) / 4 if n % 3 == 0 else 4 for n in range(34)] + [
        (1 * 3 + 2) / 4 if n % 3 == 0 else 2 for n in range(12)
    ]
    assert (row["n"], row["answers"], row["response_rate"], row["alpha_items"]) == (46, 184, 46 / 64, 4)
    assert (row["favorable"], row["mean"]) == (34 / 46, pytest.approx(statistics.mean(means)))
    assert row["low"] < row["favorable"] < row["high"]
    assert (row["method"], row["mean_method"], row["complete"]) == ("wilson-cluster-finite", "t-finite", 46)
    assert row["alpha"] > 0.9
    assert by_place["s-1", "student", "equity"]["alpha_withheld"] == "fewer than 3 items"
    few = by_place["s-2", "student", "safety"]
    assert few["suppressed"]
    # Not a number of any name, nor a list of them.
    assert {type(value) for value in few.values()} <= {str, bool, type(None)}
    district = by_place[None, "student", "safety"]
    assert (district["n"], district["favorable"], district["schools_counted"]) == (46, row["favorable"], 1)
    assert by_place["s-1", "staff", "safety"]["suppressed"]
    kinds = {(w["kind"], w["school_id"]) for w in answer["warnings"]}
    assert {("low_response", "s-1"), ("low_response", None), ("schools_left_out", None)} <= kinds
    assert answer["policy"] == {"minimum": 10}

    items = {r["item_id"]: r for r in await survey.rows(by="item", school_id="s-1", group="student")}
    assert list(items) == ["q1", "q2", "q3", "q4", "e1", "way"]
    assert items["q4"]["favorable"] == 34 / 46  # reversed before anything
    assert (items["way"]["histogram"], items["way"]["favorable"], items["way"]["mean"]) == ([16, 15, 15], None, None)


async def test_facets_weights_and_respondents_are_told_beside_the_frame(service: ServiceInTest[Settings]) -> None:
    boys = students_of("s-1", 12, point=2, sex="male")
    survey = await surveyed(service, [*students_of("s-1", 34, point=4), *boys, *students_of("s-2", 5, point=4)])
    await close(survey)
    safety = {
        r["value"]: r
        for r in await survey.rows(facet="sex", school_id="s-1", group="student")
        if r["dimension"] == "safety"
    }
    assert {value: r["n"] for value, r in safety.items()} == {
        "female": 34,
        "male": 12,
        "nonbinary": None,
        "unknown": None,
    }
    assert (safety["female"]["favorable"], safety["male"]["favorable"]) == (1.0, 0.0)
    assert safety["male"]["response_rate"] is None
    (weighted,) = [
        r for r in await survey.rows(weighted="sex", school_id="s-1", group="student") if r["dimension"] == "safety"
    ]
    assert (weighted["favorable"], weighted["favorable_weighted"]) == (34 / 46, 40 / 64)
    told = (await survey.get(weighted="sex", group="staff")).json()
    assert {r["favorable_weighted"] for r in told["rows"]} == {None}
    composed = {r["value"]: r for r in await survey.rows("/representativeness", school_id="s-1", group="student")}
    assert composed["female"]["difference"] == pytest.approx(34 / 46 - 40 / 64)
    assert composed["female"]["low"] < composed["female"]["difference"] < composed["female"]["high"]
    assert composed["nonbinary"]["suppressed"]
    refused = await survey.get(facet="disability")
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:rapport:problem:facet-not-asked")


async def test_a_caller_of_some_schools_sees_these_and_the_district(service: ServiceInTest[Settings]) -> None:
    survey = await surveyed(service, [*students_of("s-1", 20, point=4), Ballot("s-1", STAFF, {"q1": 3})])
    await close(survey)
    theirs = await survey.get(schools=["s-2"])
    assert {r["school_id"] for r in theirs.json()["rows"]} == {None, "s-2"}
    assert (await survey.get(schools=["s-2"], school_id="s-1")).status_code == 404
    assert (await survey.get(school_id="s-9")).status_code == 404
    assert (await survey.get(schools=["s-9"])).status_code == 404
    assert (await survey.change(Counted(service, uuid4()))).status_code == 404
    async with survey.service.client("analyst") as client:
        path = f"/v1/administrations/{survey.administration_id}/results?school_id=s-1"
        table = await client.get(path, headers={"Accept": "text/csv"})
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    assert [(r["respondent_group"], r["dimension"], r["n"], r["suppressed"]) for r in rows[-2:]] == [
        ("student", "safety", "20", "false"),
        ("student", "equity", "20", "false"),
    ]


async def test_what_changed_between_two_waves_has_an_interval_and_is_hidden_where_either_is(
    service: ServiceInTest[Settings],
) -> None:
    before = await surveyed(service, [*students_of("s-1", 40, point=4), *students_of("s-2", 5, point=4)])
    await close(before)
    half, other, few = students_of("s-1", 20, point=4), students_of("s-1", 20, point=2), students_of("s-2", 5, point=4)
    after = await surveyed(service, [*half, *other, *few])
    early = await before.change(after)
    assert (early.status_code, early.json()["type"]) == (409, "urn:rapport:problem:earlier-wave-not-counted")
    await close(after)
    rows = (await after.change(before, group="student")).json()["rows"]
    changed = {(r["school_id"], r["dimension"]): r for r in rows}
    safety = changed["s-1", "safety"]
    assert (safety["favorable_from"], safety["favorable"], safety["favorable_change"]) == (1.0, 0.5, -0.5)
    assert safety["favorable_low"] < -0.5 < safety["favorable_high"] < 0
    assert safety["mean_low"] < safety["mean_change"] < safety["mean_high"] < 0
    hidden = changed["s-2", "safety"]
    assert hidden["suppressed"]
    assert {hidden[name] for name in ("favorable", "favorable_change", "mean_change")} == {None}


async def test_a_dimension_whose_items_are_hidden_says_nothing_that_an_item_could_be_worked_out_from(
    service: ServiceInTest[Settings],
) -> None:
    # Of forty one alone answers the second item as well: what he said would follow from how the answers are spread.
    one = Ballot("s-1", STUDENT, {"q1": 4, "q2": 1})
    survey = await surveyed(service, [*(Ballot("s-1", STUDENT, {"q1": 3}) for _ in range(39)), one])
    await close(survey)

    for row in await survey.rows(group="student"):
        if row["dimension"] != "safety" or row["suppressed"]:
            continue
        assert (row["n"], row["favorable"], row["mean"]) == (40, 40 / 41, (39 * 3 + 2.5) / 40)
        assert row["low"] < row["favorable"] < row["high"]
        assert [row[name] for name in SPREAD] == [None] * len(SPREAD)
        assert row["alpha_withheld"] == "the items are suppressed"
    assert all(r["suppressed"] for r in await survey.rows(by="item", group="student") if r["dimension"] == "safety")
    told = [row.sums for event in await survey.announced() for row in event.rows if row.sums is not None]
    assert told
    for sums in told:
        spread = (sums.answers_squares, sums.favorable_squares, sums.favorable_answers, sums.means_squares)
        assert (*spread, sums.complete, sums.histogram) == (None, None, None, None, None, ())


async def test_more_answers_than_people_do_not_make_a_group_large_enough(service: ServiceInTest[Settings]) -> None:
    schools = [{"school_id": "s-1", "invited": {"student": 9}}, {"school_id": "s-2", "invited": {"student": 64}}]
    stuffed = [*students_of("s-1", 12, point=4), *students_of("s-2", 12, point=2)]
    survey = await surveyed(service, stuffed, schools=schools, invited={("s-1", "student"): 1})
    await close(survey)

    rows = await survey.rows()
    assert {r["school_id"] for r in rows if not r["suppressed"]} == {"s-2", None}
    assert {r["n"] for r in rows if r["school_id"] is None and not r["suppressed"]} == {12}


async def test_waves_that_asked_with_other_items_are_not_compared(service: ServiceInTest[Settings]) -> None:
    before = await surveyed(service, students_of("s-1", 40, point=4))
    items = [
        item | {"text": {"en": "Otherwise", "es": "De otra manera"}} if item["item_id"] == "e1" else item
        for item in ITEMS
    ]
    after = await surveyed(service, students_of("s-1", 40, point=2), items=items, version=2)
    await close(before)
    await close(after)

    answer = (await after.change(before, group="student", school_id="s-1")).json()
    safety, equity = answer["rows"]
    assert (safety["same_items"], safety["favorable_change"]) == (True, -1.0)
    assert (equity["same_items"], equity["favorable_change"], equity["favorable"]) == (False, None, 0.0)
    assert [(w["kind"], w["dimension"], w["detail"].partition(":")[0]) for w in answer["warnings"]] == [
        ("low_response", None, "Of the earlier survey"),
        ("low_response", None, "Of the later survey"),
        ("items_differ", "equity", "The two surveys did not ask about this with the same items"),
    ]


async def test_an_answer_that_is_sent_piece_by_piece_is_the_same_answer(
    service: ServiceInTest[Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    survey = await surveyed(service, [*students_of("s-1", 34, point=4), *students_of("s-2", 5, point=4)])
    await close(survey)

    async def both() -> tuple[Any, str]:
        path, asked = f"/v1/administrations/{survey.administration_id}/results", {"by": "item", "facet": "sex"}
        async with service.client("analyst") as client:
            found = await client.get(path, params=asked | {"weighted": "sex"})
            table = await client.get(path, params=asked, headers={"Accept": "text/csv"})
        return found.json(), table.text

    whole, table = await both()
    assert len(whole["rows"]) == len(table.splitlines()) - 1 > 2
    assert whole["warnings"]
    assert {row["favorable_weighted"] for row in whole["rows"]} == {None}  # nothing is counted by two facets at once
    monkeypatch.setattr(answers, "ROWS_AT_ONCE", 1)
    assert await both() == (whole, table)
    assert await survey.rows(group="family") == []
