"""The questions about respondents themselves: whole in both languages, and put to whom they concern."""

import pytest

from climate_survey_api.administrations.plan import VALUES
from climate_survey_api.responses.asking import FACET_VALUES, facets_asked, question
from shared.events.surveys import RespondentGroup, SurveyFacet


@pytest.mark.parametrize("group", RespondentGroup)
def test_every_question_of_a_group_has_words_in_english_and_spanish(group: RespondentGroup) -> None:
    for facet in facets_asked(tuple(SurveyFacet), group):
        asked = question(facet, group)

        assert all(set(words) == {"en", "es"} and all(words.values()) for words in [asked.text, *asked.values.values()])
        labels = [words["en"] for words in asked.values.values()]
        assert len(set(labels)) == len(labels)


@pytest.mark.parametrize("facet", SurveyFacet)
def test_everything_can_be_said_that_a_frame_counts_but_that_one_is_unknown(facet: SurveyFacet) -> None:
    assert {*FACET_VALUES[facet], "unknown"} == VALUES[facet]


def test_of_support_plans_only_students_and_families_are_asked() -> None:
    plans = {SurveyFacet.DISABILITY, SurveyFacet.ENGLISH_LEARNER}

    for group in RespondentGroup:
        asked = set(facets_asked(tuple(SurveyFacet), group))
        assert asked & plans == (plans if group in (RespondentGroup.STUDENT, RespondentGroup.FAMILY) else set())
        assert asked >= set(SurveyFacet) - plans


def test_they_are_asked_in_the_order_of_the_survey() -> None:
    wanted = (SurveyFacet.SEX, SurveyFacet.DISABILITY, SurveyFacet.GRADE_BAND)

    assert facets_asked(wanted, RespondentGroup.STUDENT) == wanted
    assert facets_asked(wanted, RespondentGroup.STAFF) == (SurveyFacet.SEX, SurveyFacet.GRADE_BAND)
