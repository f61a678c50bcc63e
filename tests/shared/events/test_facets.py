"""The groups that counts break down by, and the school year a day lies in."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.events.facets import Disability, Facets, GradeBand, RaceEthnicity, Sex, school_year_of

NOBODY_KNOWS = {
    "race_ethnicity": "unknown",
    "sex": "unknown",
    "disability": "unknown",
    "english_learner": None,
    "grade_band": "unknown",
}


@pytest.mark.parametrize(
    ("day", "school_year"),
    [
        (date(2026, 6, 30), 2026),
        (date(2026, 7, 1), 2027),
        (date(2026, 12, 31), 2027),
        (date(2027, 1, 1), 2027),
        (date(2028, 2, 29), 2028),
    ],
)
def test_a_school_year_begins_in_july_and_is_named_by_the_year_it_ends_in(day: date, school_year: int) -> None:
    assert school_year_of(day) == school_year


@given(st.dates(max_value=date(9999, 12, 30)))
def test_the_school_year_changes_on_the_first_of_july_and_on_no_other_day(day: date) -> None:
    tomorrow = day + timedelta(days=1)

    assert school_year_of(tomorrow) - school_year_of(day) == int((tomorrow.month, tomorrow.day) == (7, 1))


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (RaceEthnicity, "hispanic american_indian asian black pacific_islander white two_or_more unknown"),
        (Sex, "female male nonbinary unknown"),
        (Disability, "idea section_504 none unknown"),
        (GradeBand, "pk_2 3_5 6_8 9_12 unknown"),
    ],
)
def test_each_set_is_the_one_that_is_promised(kind: type[RaceEthnicity], values: str) -> None:
    assert [member.value for member in kind] == values.split()


@pytest.mark.parametrize("answer", [True, False, None])
def test_an_english_learner_is_yes_no_or_not_known(answer: bool | None) -> None:
    assert Facets.model_validate({**NOBODY_KNOWS, "english_learner": answer}).english_learner is answer


@pytest.mark.parametrize("facet", NOBODY_KNOWS)
def test_every_facet_is_stated_even_when_it_is_unknown(facet: str) -> None:
    without = {name: value for name, value in NOBODY_KNOWS.items() if name != facet}

    with pytest.raises(ValidationError, match=facet):
        Facets.model_validate(without)


def test_equal_facets_are_one_key() -> None:
    assert len({Facets.model_validate(NOBODY_KNOWS), Facets.model_validate(NOBODY_KNOWS)}) == 1


@pytest.mark.parametrize("facet", ["race_ethnicity", "sex", "disability", "grade_band"])
def test_a_group_that_nobody_knows_of_is_refused(facet: str) -> None:
    with pytest.raises(ValidationError, match=facet):
        Facets.model_validate({**NOBODY_KNOWS, facet: "martian"})
