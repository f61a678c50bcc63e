"""Federal roll-up, sex, disability, grades: tables of cases, and laws that hold for all of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referral_api.students.rules import (
    disability,
    english_learner,
    highest_grade,
    race_ethnicity,
    sex,
)
from shared.events.facets import GRADES, Disability, GradeBand, RaceEthnicity, Sex, grade_band

R = RaceEthnicity
ONE_RACE = [R.AMERICAN_INDIAN, R.ASIAN, R.BLACK, R.PACIFIC_ISLANDER, R.WHITE]
races = st.frozensets(st.sampled_from(ONE_RACE))


@pytest.mark.parametrize(
    ("hispanic", "two_or_more", "named", "group"),
    [
        (False, False, [], R.UNKNOWN),
        (False, False, [R.WHITE], R.WHITE),
        (False, False, [R.BLACK], R.BLACK),
        (False, False, [R.WHITE, R.ASIAN], R.TWO_OR_MORE),
        (False, True, [R.WHITE], R.TWO_OR_MORE),
        (False, True, [], R.TWO_OR_MORE),
        (True, False, [], R.HISPANIC),
        (True, True, [R.WHITE, R.BLACK], R.HISPANIC),
    ],
)
def test_race_rolls_up_to_one_federal_group(
    hispanic: bool, two_or_more: bool, named: list[RaceEthnicity], group: RaceEthnicity
) -> None:
    assert race_ethnicity(hispanic=hispanic, two_or_more=two_or_more, races=frozenset(named)) is group


@given(races, st.booleans())
def test_hispanic_of_any_race_comes_first(named: frozenset[RaceEthnicity], two_or_more: bool) -> None:
    assert race_ethnicity(hispanic=True, two_or_more=two_or_more, races=named) is R.HISPANIC


@given(races)
def test_without_hispanic_the_number_of_races_decides(named: frozenset[RaceEthnicity]) -> None:
    group = race_ethnicity(hispanic=False, two_or_more=False, races=named)
    assert group is (R.TWO_OR_MORE if len(named) > 1 else next(iter(named), R.UNKNOWN))


@pytest.mark.parametrize(
    ("code", "meant"),
    [
        ("male", Sex.MALE),
        ("female", Sex.FEMALE),
        ("other", Sex.NONBINARY),
        ("unspecified", Sex.UNKNOWN),
        ("", Sex.UNKNOWN),
    ],
)
def test_sex_is_taken_from_the_roster(code: str, meant: Sex) -> None:
    assert sex(code) is meant


def test_nothing_said_is_not_no() -> None:
    assert (disability(""), disability("none"), disability("section_504")) == (
        Disability.UNKNOWN,
        Disability.NONE,
        Disability.SECTION_504,
    )
    assert (english_learner(""), english_learner("false"), english_learner("TRUE")) == (None, False, True)


@pytest.mark.parametrize(
    ("grades", "highest", "band"),
    [
        ("", None, GradeBand.UNKNOWN),
        ("UG", None, GradeBand.UNKNOWN),
        ("Other", None, GradeBand.UNKNOWN),
        ("9th", None, GradeBand.UNKNOWN),
        ("PK", "PK", GradeBand.PK_2),
        ("K", "KG", GradeBand.PK_2),
        ("KG,01", "01", GradeBand.PK_2),
        ("2", "02", GradeBand.PK_2),
        ("03", "03", GradeBand.G3_5),
        ("05, 06", "06", GradeBand.G6_8),
        ("09", "09", GradeBand.G9_12),
        ("12,UG", "12", GradeBand.G9_12),
        ("13", "13", GradeBand.G9_12),
        ("PS", "PS", GradeBand.UNKNOWN),
    ],
)
def test_the_highest_grade_counts(grades: str, highest: str | None, band: GradeBand) -> None:
    assert highest_grade(grades) == highest
    assert grade_band(highest) is band


@given(st.lists(st.sampled_from([*GRADES, "UG", "?", ""]), max_size=6))
def test_the_order_of_grades_says_nothing(codes: list[str]) -> None:
    assert highest_grade(",".join(codes)) == highest_grade(",".join(reversed(codes)))
