"""The synthetic district is the same for a seed, as large as it says, and mixed as planted."""

from collections import Counter
from math import sqrt

import pytest

from demo import rates
from demo.district import SIZES, District, Size

SMALL = District("demo", SIZES["small"], seed=7)


def test_the_same_seed_gives_the_same_students_and_another_one_others() -> None:
    tiny = Size(schools=3, students=90, reference_rate=0.2)
    one, again, other = (list(District("demo", tiny, seed).everybody()) for seed in (1, 1, 2))
    assert one == again
    assert one != other


def test_a_school_can_be_drawn_without_the_others() -> None:
    whole = [s for s in SMALL.everybody() if s.school_id == "s-5"]
    assert list(SMALL.students(SMALL.schools[4])) == whole


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_a_size_has_as_many_schools_and_students_as_it_says(size: Size) -> None:
    schools = District("demo", size, seed=1).schools
    assert len(schools) == len({s.school_id for s in schools}) == len({s.name for s in schools}) == size.schools
    assert sum(s.students for s in schools) == size.students
    assert all(s.students > 0 for s in schools)


def test_student_ids_are_unique_and_grades_fit_the_school() -> None:
    students = list(SMALL.everybody())
    assert len({s.student_id for s in students}) == SIZES["small"].students
    grades = {school.school_id: set(school.level.grades) for school in SMALL.schools}
    assert all(student.grade in grades[student.school_id] for student in students)


def test_the_small_district_has_every_group() -> None:
    students = list(SMALL.everybody())
    for facet in ("race_ethnicity", "sex", "disability", "grade_band", "english_learner"):
        expected: set[object] = set(rates.RATIOS[facet]) if facet in rates.RATIOS else {True, False, None}
        assert {getattr(s, facet) for s in students} == expected


def test_sexes_and_disabilities_come_as_often_as_planted() -> None:
    students = list(SMALL.everybody())
    for facet, mix in (("sex", rates.SEX), ("disability", rates.DISABILITY)):
        found = Counter(getattr(s, facet) for s in students)
        for value, share in mix.items():
            spread = sqrt(len(students) * share * (1 - share))
            assert abs(found[value] - len(students) * share) < 4 * spread, value


def test_every_mix_adds_up_to_one() -> None:
    mixes = [rates.RACE_ETHNICITY, rates.SEX, rates.DISABILITY, rates.NEED, rates.REFERRER, rates.ANSWER]
    mixes += [
        rates.BEGINNING,
        rates.END,
        *rates.REASONS.values(),
        *rates.REASONS_ONCE_REACHED.values(),
        *(rates.urgency(need) for need in rates.NEED),
    ]
    assert [sum(mix.values()) for mix in mixes] == pytest.approx([1.0] * len(mixes))
    assert sum(rates.ENGLISH_LEARNER.values()) == pytest.approx(1.0)


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_no_rate_reaches_one(size: Size) -> None:
    highest = {facet: max(ratios, key=lambda group: ratios[group]) for facet, ratios in rates.RATIOS.items()}
    most = rates.referral_rate(size.reference_rate, **highest)
    assert most + rates.DRAFT_PER_STUDENT + rates.MISTAKE_PER_STUDENT < 1
