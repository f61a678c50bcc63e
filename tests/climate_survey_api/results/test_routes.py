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
from tests.climate_survey_api.results.counted import STAFF, Counted, close, students_of, surveyed

pytestmark = pytest.mark.slow
NUMBERS = (
    *("n", "answers", "favorable", "low", "high", "mean", "mean_low", "mean_high", "margin", "histogram"),
    *("complete", "alpha", "response_rate"),
)


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
    assert not any(few[name] is not None for name in NUMBERS)
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
