"""What is an answer to what was asked, by table; no fault quotes one."""

from datetime import timedelta

import pytest

from climate_survey_api.administrations.rules import Administration, Status
from climate_survey_api.instruments.rules import Item, Scale
from climate_survey_api.responses.errors import SurveyClosed, SurveyNotOpen
from climate_survey_api.responses.rules import (
    LONGEST_TEXT,
    Asked,
    ensure_takes_answers,
    items_asked,
    read_answers,
)
from shared.errors import ServiceError
from shared.events.surveys import RespondentGroup, SurveyFacet, SurveyMode
from tests.climate_survey_api.responses.surveys import ADMINISTRATION
from tests.climate_survey_api.suite import NOON

EVERYBODY = frozenset(RespondentGroup)
AGREE = Item("q1", "safety", EVERYBODY, Scale.AGREE4)
YES_NO = Item("q2", "safety", EVERYBODY, Scale.YES_NO)
CHOICE = Item("q3", "sro", frozenset({RespondentGroup.STUDENT}), Scale.CHOICE, choices=6)
WORDS = Item("q4", "sro", EVERYBODY, Scale.TEXT)
ASKED = Asked((AGREE, YES_NO, CHOICE, WORDS), {SurveyFacet.SEX: ("female", "male")})


@pytest.mark.parametrize(
    ("item_id", "value"),
    [("q1", 1), ("q1", 4), ("q2", 2), ("q3", 6), ("q1", None), ("q4", "a" * LONGEST_TEXT), ("q4", ""), ("q4", None)],
)
def test_what_answers_an_item(item_id: str, value: object) -> None:
    assert read_answers(ASKED, {item_id: value}).faults == ()


@pytest.mark.parametrize(
    ("item_id", "value", "problem"),
    [
        ("q1", 0, "must be from 1 to 4"),
        ("q1", 5, "must be from 1 to 4"),
        ("q1", 10**40, "must be from 1 to 4"),
        ("q2", 3, "must be from 1 to 2"),
        ("q3", 7, "must be from 1 to 6"),
        ("q1", True, "must be a whole number"),
        ("q1", 1.0, "must be a whole number"),
        ("q1", "3", "must be a whole number"),
        ("q1", [3], "must be a whole number"),
        ("q4", 3, "must be text"),
        ("q4", "a" * (LONGEST_TEXT + 1), "must have at most 1000 characters"),
        ("q4", "a\0b", "holds a character that cannot be stored"),
        ("q4", "half a \ud83d", "holds a character that cannot be stored"),
        ("q9", 1, "is not asked in this survey"),
        ("q9", None, "is not asked in this survey"),
    ],
)
def test_what_does_not(item_id: str, value: object, problem: str) -> None:
    read = read_answers(ASKED, {item_id: value})

    assert [(fault.path, fault.problem) for fault in read.faults] == [(f"answers.{item_id}", problem)]
    assert read.is_empty


@pytest.mark.parametrize(
    ("facets", "faults"),
    [
        (None, []),
        ({}, []),
        ({"sex": "female"}, []),
        ({"sex": None}, []),
        ({"sex": "unknown"}, [("facets.sex", "is none of the values allowed here")]),
        ({"sex": 1}, [("facets.sex", "is none of the values allowed here")]),
        ({"sex": ["female"]}, [("facets.sex", "is none of the values allowed here")]),
        ({"grade_band": "6_8"}, [("facets.grade_band", "is not asked in this survey")]),
        ({"grade_band": None}, [("facets.grade_band", "is not asked in this survey")]),
        ({"shoe_size": "44"}, [("facets.shoe_size", "is not asked in this survey")]),
        ("female", [("facets", "must be an object")]),
    ],
)
def test_what_respondents_may_say_about_themselves(facets: object, faults: list[tuple[str, str]]) -> None:
    read = read_answers(ASKED, {"q1": 3}, facets)

    assert [(fault.path, fault.problem) for fault in read.faults] == faults


def test_one_wrong_answer_takes_nothing_from_the_others() -> None:
    read = read_answers(
        ASKED, {"q1": 3, "q2": 9, "q3": 2, "q4": " quiet\r\nhere "}, {"sex": "male", "grade_band": "6_8"}
    )

    assert read.answers == {"q1": 3, "q3": 2}
    assert read.comments == {"q4": "quiet\nhere"}
    assert read.facets == {SurveyFacet.SEX: "male"}
    assert [fault.path for fault in read.faults] == ["answers.q2", "facets.grade_band"]


@pytest.mark.parametrize(
    ("answers", "is_empty"),
    [({}, True), ({"q1": None}, True), ({"q4": " \n\x07"}, True), ({"q1": 1}, False), ({"q4": "Yes."}, False)],
)
def test_who_answers_no_item_has_answered_nothing(answers: object, is_empty: bool) -> None:
    assert read_answers(ASKED, answers, {"sex": "male"}).is_empty is is_empty


def test_a_name_that_was_never_asked_is_told_back_in_part_and_printable() -> None:
    (fault,) = read_answers(ASKED, {"a\ud800\nb" + "c" * 200: 1}).faults

    assert fault.path == "answers.a??b" + "c" * 76


@pytest.mark.parametrize("answers", [[], "q1", 3, True])
def test_answers_are_an_object(answers: object) -> None:
    assert [(f.path, f.problem) for f in read_answers(ASKED, answers).faults] == [("answers", "must be an object")]


def test_a_group_is_asked_its_own_items_in_their_order_and_for_words_where_they_are_wanted() -> None:
    items = (WORDS, CHOICE, AGREE)

    assert items_asked(items, RespondentGroup.STUDENT, free_text=True) == (WORDS, CHOICE, AGREE)
    assert items_asked(items, RespondentGroup.STUDENT, free_text=False) == (CHOICE, AGREE)
    assert items_asked(items, RespondentGroup.FAMILY, free_text=True) == (WORDS, AGREE)


@pytest.mark.parametrize(
    ("status", "after_closing_time", "refusal"),
    [
        (Status.DRAFT, False, SurveyNotOpen),
        (Status.DRAFT, True, SurveyClosed),
        (Status.OPEN, False, None),
        (Status.OPEN, True, SurveyClosed),
        (Status.CLOSED, False, SurveyClosed),
    ],
)
def test_when_answers_are_taken(status: Status, after_closing_time: bool, refusal: type[ServiceError] | None) -> None:
    administration = an_administration(status)
    now = administration.closes_at if after_closing_time else administration.closes_at - timedelta(microseconds=1)
    if refusal is None:
        ensure_takes_answers(administration, now)
    else:
        with pytest.raises(refusal):
            ensure_takes_answers(administration, now)


def an_administration(status: Status) -> Administration:
    """One that is to close in a week."""
    return Administration(
        district_id="demo",
        administration_id=ADMINISTRATION,
        instrument_id="own",
        version=1,
        name="Fall",
        opens_at=NOON,
        closes_at=NOON + timedelta(days=7),
        mode=SurveyMode.ANONYMOUS,
        languages=("en",),
        facets=(),
        free_text=False,
        ppra=None,
        units=(),
        status=status,
    )
