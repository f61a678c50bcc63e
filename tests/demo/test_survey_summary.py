"""What is told of the surveys: what was not found, or should not have been told, never passes for what was planted."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from demo.client import Services
from demo.district import SIZES, District
from demo.surveys.reading import Interval, SeenInSurveys
from demo.surveys.sending import AccessCode
from demo.surveys.summary import differences, judgements, print_judgements, print_pages, print_verdict
from demo.surveys.truth import Cell, Sums, SurveyTruth, total
from demo.surveys.waves import Item

TRUTH = SurveyTruth(District("demo", SIZES["small"], seed=3))
ITEMS = [
    Item(f"{of}-{n}", of, frozenset({"student", "staff"}), is_reversed=n == 2)
    for of in ("safety", "equity")
    for n in (1, 2)
]
SENT = TRUTH.sums(ITEMS)
FALLING, TINY = TRUTH.falling_school.school_id, TRUTH.tiny_school.school_id
STEADY = {unit.school.school_id for unit in TRUTH.units} - {FALLING, TINY}


def a_row(cell: Cell, sums: Sums | None) -> dict[str, Any]:
    """A row of reporting's view."""
    return {
        "administration_id": str(TRUTH.waves[cell.wave].administration_id),
        "school_id": cell.school_id or None,
        "respondent_group": cell.group,
        "dimension": cell.dimension,
        "n": sums and sums.n,
        "favorable": sums and sums.share,
        "mean": sums and sums.mean,
        "suppressed": sums is None,
    }


def as_sent() -> list[dict[str, Any]]:
    """The view as it must be: each school but the tiny one, and the district without it."""
    rows = [a_row(cell, None if cell.school_id == TINY else sums) for cell, sums in SENT.items()]
    for wave, group, dimension in sorted({(cell.wave, cell.group, cell.dimension) for cell in SENT}):
        whole = Cell(wave, "", group, dimension)
        parts = [sums for cell, sums in SENT.items() if cell._replace(school_id="") == whole and cell.school_id != TINY]
        rows.append(a_row(whole, total(parts)))
    return rows


FOUND = SeenInSurveys(
    view=as_sent(),
    changes={FALLING: Interval(-0.22, -0.3, -0.12), TINY: None} | dict.fromkeys(STEADY, Interval(0.01, -0.1, 0.1)),
    fairness={"white": Interval(0.7, 0.65, 0.75), "black": Interval(0.46, 0.4, 0.52)},
    fairness_of_officer={"white": Interval(0.72, 0.65, 0.8), "black": Interval(0.47, 0.4, 0.55)},
    tiny=[a_row(Cell(2, TINY, "student", "safety"), None)],
)


def off(seen: SeenInSurveys) -> list[int]:
    """Which of the judgements are off."""
    return [place for place, judgement in enumerate(judgements(TRUTH, seen)) if not judgement.is_match]


def test_what_is_as_planted_is_found_and_differs_in_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert off(FOUND) == []
    assert differences(TRUTH, SENT, FOUND.view) == []
    print_judgements(TRUTH, judgements(TRUTH, FOUND))
    assert print_verdict(judgements(TRUTH, FOUND), [], len(SENT), lag=0)
    said = capsys.readouterr().out
    assert said.count("MATCH") == 6
    assert "-0.30 to -0.12" in said


@pytest.mark.parametrize(
    ("place", "seen"),
    [
        (0, replace(FOUND, changes={**FOUND.changes, FALLING: Interval(-0.1, -0.25, 0.05)})),
        (0, replace(FOUND, changes={**FOUND.changes, FALLING: Interval(-0.1, -0.15, -0.05)})),
        (0, replace(FOUND, changes={**FOUND.changes, FALLING: None})),
        (1, replace(FOUND, changes={**FOUND.changes, min(STEADY): Interval(-0.2, -0.3, -0.1)})),
        (1, replace(FOUND, changes={**FOUND.changes, min(STEADY): None})),
        (2, replace(FOUND, fairness=dict.fromkeys(("white", "black"), Interval(0.7, 0.65, 0.75)))),
        (2, replace(FOUND, fairness={"white": Interval(0.7, 0.65, 0.75)})),
        (3, replace(FOUND, fairness_of_officer={**FOUND.fairness_of_officer, "black": None})),
        (4, replace(FOUND, tiny=[a_row(Cell(2, TINY, "student", "safety"), Sums(7, 20, 15, 21.0))])),
        (4, replace(FOUND, tiny=[{**FOUND.tiny[0], "mean": 3.0}])),
        (4, replace(FOUND, tiny=[])),
        (4, replace(FOUND, view=[row for row in FOUND.view if row["school_id"] != TINY])),
    ],
    ids=lambda given: str(given) if isinstance(given, int) else "",
)
def test_what_is_not_found_or_should_not_have_been_told_is_off(place: int, seen: SeenInSurveys) -> None:
    assert off(seen) == [place]


Change = Callable[[dict[str, Any]], dict[str, Any] | None]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda row: row | {"n": row["n"] + 1}, "sent"),
        (lambda row: row | {"favorable": row["favorable"] + 1e-6}, "sent"),
        (lambda row: row | {"mean": None}, "sent"),
        (lambda row: row | {"suppressed": True}, "hidden shown"),
        (lambda _: None, "nothing shown"),
    ],
)
@pytest.mark.parametrize("school_id", [FALLING, None])
def test_a_figure_that_is_not_what_was_sent_is_told(school_id: str | None, change: Change, said: str) -> None:
    place = next(i for i, row in enumerate(FOUND.view) if row["school_id"] == school_id)
    changed = change(dict(FOUND.view[place]))
    rows = [*FOUND.view[:place], *([] if changed is None else [changed]), *FOUND.view[place + 1 :]]
    (first, *more) = differences(TRUTH, SENT, rows)
    assert (said if changed is not None or school_id else "figures of the district are not there") in first
    assert len(more) == (1 if school_id is None and said == "hidden shown" else 0)


def test_the_verdict_names_what_is_wrong_and_fails(capsys: pytest.CaptureFixture[str]) -> None:
    found = judgements(TRUTH, replace(FOUND, tiny=[]))
    assert not print_verdict(found, [f"figure {n}" for n in range(9)], 10, lag=7)
    assert not print_verdict(judgements(TRUTH, FOUND), ["figure 1"], 10, lag=0)
    said = capsys.readouterr().out
    assert "7 records behind" in said
    assert "OFF: 1 of 5" in said
    assert "figure 4" in said
    assert "figure 5" not in said


def test_a_code_is_told_where_there_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    services = Services("http://r", "http://c", "http://t", "http://v")
    print_pages(TRUTH, services, AccessCode("AAAA-BBBB-CCCC", "http://c/s/AAAA-BBBB-CCCC"))
    assert "http://c/s/AAAA-BBBB-CCCC" in capsys.readouterr().out
    print_pages(TRUTH, services, None)
    said = capsys.readouterr().out
    assert "/s/" not in said
    assert f"http://c/preview/{TRUTH.waves[-1].administration_id}" in said
    assert f"http://c/status/{TRUTH.open_survey_id}" in said
