"""What a browser sends of a form, and what becomes of the draft."""

from climate_survey_api.instruments.rules import Scale
from climate_survey_api.pages.drafts import Draft
from climate_survey_api.pages.posted import FormFault, fields_in, response_of, with_fields
from climate_survey_api.pages.steps import steps_of
from climate_survey_api.responses.rules import LONGEST_TEXT
from shared.events.surveys import SurveyFacet
from tests.climate_survey_api.pages.asking import a_form, an_item

FORM = a_form(an_item("q1"), an_item("q2", scale=Scale.YES_NO), words=1, facets=(SurveyFacet.SEX,))
ITEMS, ABOUT, WORDS, _ = steps_of(FORM)


def test_a_form_is_read_as_browsers_write_it() -> None:
    body = "answer.q1=3&words.w=Dos+%C3%A1rboles%0D%0Ay+m%C3%A1s%00&step=&answer.q1=4"
    assert fields_in(body.encode()) == {"answer.q1": "4", "words.w": "Dos árboles\ny más", "step": ""}
    assert fields_in(b"\xff=1") == fields_in(b"") == fields_in(b"a=1&" * 1001) == {}
    assert fields_in(b"a=%ff")["a"] == "\ufffd"


def test_answers_are_taken_into_the_draft_and_those_before_stay() -> None:
    before = Draft(answers={"q1": 1, "q2": 2, "gone": 1})
    draft, faults = with_fields(before, ITEMS, {"answer.q1": "4", "answer.elsewhere": "1", "colour": "red"})
    assert (draft.answers, faults) == ({"q1": 4, "q2": 2, "gone": 1}, [])
    assert with_fields(draft, ITEMS, {"answer.q1": "4"})[0] == draft
    assert before.answers["q1"] == 1


def test_who_prefers_not_to_answer_takes_an_answer_back() -> None:
    draft, _ = with_fields(Draft(answers={"q1": 4}), ITEMS, {"answer.q1": "-"})
    assert draft.answers == {"q1": None}


def test_what_is_no_answer_is_a_fault_and_changes_nothing() -> None:
    for said in ("0", "5", "three", "", "1.0", "٣", "-1"):
        draft, faults = with_fields(Draft(answers={"q1": 2}), ITEMS, {"answer.q1": said})
        assert (draft.answers, faults) == ({"q1": 2}, [FormFault("q-q1", "fault.answer")]), said
    assert with_fields(Draft(), ITEMS, {"answer.q2": "3"})[1] == [FormFault("q-q2", "fault.answer")]


def test_facets_are_those_offered() -> None:
    assert with_fields(Draft(), ABOUT, {"facet.sex": "nonbinary"})[0].facets == {"sex": "nonbinary"}
    assert with_fields(Draft(), ABOUT, {"facet.sex": "-"})[0].facets == {"sex": None}
    assert with_fields(Draft(), ABOUT, {"facet.sex": "unknown"}) == (Draft(), [FormFault("f-sex", "fault.answer")])


def test_own_words_that_are_too_many_are_kept_to_be_made_shorter() -> None:
    long = "é" * (LONGEST_TEXT + 1)
    draft, faults = with_fields(Draft(), WORDS, {"words.words0": f"  {long}\n"})
    assert (draft.words, faults) == ({"words0": long}, [FormFault("q-words0", "fault.words")])
    assert with_fields(draft, WORDS, {"words.words0": " \n "}) == (Draft(), [])
    assert with_fields(draft, ITEMS, {"words.words0": "elsewhere"})[0].words == {"words0": long}


def test_what_is_sent_in_holds_what_is_asked_and_no_more() -> None:
    draft = Draft(
        answers={"q1": 3, "q2": None, "gone": 1},
        facets={"sex": None, "grade_band": "6_8"},
        words={"words0": "Loud.", "other": "x"},
    )
    assert response_of(draft, FORM) == {"answers": {"q1": 3, "q2": None, "words0": "Loud."}, "facets": {}}
    assert response_of(Draft(facets={"sex": "male"}), FORM) == {"answers": {}, "facets": {"sex": "male"}}
