"""In which steps a form is answered, and where its buttons lead."""

import pytest

from climate_survey_api.pages.steps import MOST_ON_ONE_PAGE, led_to, steps_of
from shared.events.surveys import SurveyFacet
from tests.climate_survey_api.pages.asking import a_form, an_item, many


def test_a_short_form_has_its_items_on_one_page() -> None:
    items = [*many(MOST_ON_ONE_PAGE - 1), an_item("fair", "equity")]
    first, review = steps_of(a_form(*items))
    assert (list(first.items), first.dimension) == (items, None)
    assert review.name == "review"


def test_a_long_form_has_a_step_for_each_dimension_in_the_order_they_appear() -> None:
    mixed = [an_item("fair1", "equity"), *many(MOST_ON_ONE_PAGE), an_item("fair2", "equity")]
    steps = steps_of(a_form(*mixed))
    assert [(step.name, step.dimension) for step in steps] == [("1", "equity"), ("2", "safety"), ("review", None)]
    assert [item.item_id for item in steps[0].items] == ["fair1", "fair2"]
    assert [item for step in steps for item in step.items] == [mixed[0], mixed[-1], *mixed[1:-1]]


def test_facets_and_own_words_follow_where_they_are_asked_and_the_review_ends_it() -> None:
    form = a_form(an_item("q1"), words=2, facets=(SurveyFacet.SEX,))
    assert [step.name for step in steps_of(form)] == ["1", "about", "words", "review"]
    assert [step.name for step in steps_of(a_form(words=1))] == ["words", "review"]


@pytest.mark.parametrize(
    ("at", "go", "to"),
    [
        (0, "next", 1),
        (0, "back", 0),
        (2, "back", 1),
        (3, "next", 3),
        (1, "stay", 1),
        (3, "to:about", 1),
        (1, "to:review", 3),
        (2, "to:nowhere", 0),
        (0, "whatever", 1),
    ],
)
def test_a_button_leads_where_it_says_and_never_out_of_the_form(at: int, go: str, to: int) -> None:
    steps = steps_of(a_form(an_item("q1"), words=1, facets=(SurveyFacet.SEX,)))
    assert led_to(steps, at, go) == to
