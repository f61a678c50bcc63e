"""The officers of the synthetic district: the same for a seed, every story among them, and a truth that adds up."""

import re
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest

from demo.district import SIZES, District
from demo.training.duties import DRILL_QUOTAS, ROLES, activities, drills, school_days, shares_of
from demo.training.learning import (
    ADVANCED_COURSE,
    BASIC,
    FIRST_AID,
    OWN_RULES,
    SCHOOL_BASED,
    SCHOOL_COURSE,
    STATUS,
    completions,
)
from demo.training.officers import OPENS_RECORDS, Story, Term, agreements, officers, staffed
from demo.training.truth import TrainingTruth

SMALL = District("demo", SIZES["small"], seed=7)
TODAY = date(2026, 11, 26)
TRUTH = TrainingTruth(SMALL, TODAY)


def test_the_same_seed_gives_the_same_officers_and_entries_and_another_one_others() -> None:
    again, other = TrainingTruth(SMALL, TODAY), TrainingTruth(District("demo", SIZES["small"], seed=8), TODAY)
    assert TRUTH.officers == again.officers != other.officers
    assert TRUTH.written() == again.written() != other.written()
    first = TRUTH.officers[0]
    assert list(activities(SMALL, first, TODAY)) == list(activities(SMALL, first, TODAY))


def test_the_small_district_has_every_story_and_every_kind_of_agreement() -> None:
    assert {officer.story for officer in TRUTH.officers} == set(Story)
    assert {officer.term for officer in TRUTH.officers} == set(Term)
    assert {status for _, _, status in TRUTH.counts["standings"]} == {"current", "due", "overdue", "expired", "exempt"}


@pytest.mark.parametrize(("size", "schools"), [("small", 12), ("large", 500)])
def test_high_schools_have_two_officers_and_each_officer_an_id_and_a_badge_of_his_own(size: str, schools: int) -> None:
    district = District("demo", SIZES[size], seed=7)
    found = officers(district, TODAY)
    at = Counter(officer.school.school_id for officer in found)
    assert len(at) == schools == len(staffed(district))
    assert len({o.officer_id for o in found}) == len({o.badge for o in found}) == len(found)
    assert {at[school.school_id] for school in staffed(district) if "High" in school.name} == {2}
    assert {at[school.school_id] for school in staffed(district) if "High" not in school.name} == {1}


def test_each_school_with_officers_is_under_one_agreement_which_is_with_their_agency() -> None:
    of_school = {school_id: a for a in agreements(SMALL, TODAY) for school_id in a.school_ids}
    assert of_school.keys() == {school.school_id for school in staffed(SMALL)}
    for officer in TRUTH.officers:
        agreement = of_school[officer.school.school_id]
        assert (agreement.agency, agreement.term) == (officer.agency, officer.term)
    ends = {a.term: a.ends_on - TODAY for a in agreements(SMALL, TODAY)}
    assert ends[Term.EXPIRED] < timedelta() < ends[Term.EXPIRING] < timedelta(days=90) < ends[Term.ACTIVE]


@pytest.mark.parametrize("story", Story)
def test_what_an_officer_completed_is_what_his_status_says(story: Story) -> None:
    """By the words of the rules, not by the service: 180 days for 40 hours; 8 hours a year with 60 days' grace."""
    for officer in officers(District("demo", SIZES["large"], seed=7), TODAY):
        if officer.story is not story:
            continue
        done = list(completions(SMALL, officer, TODAY))
        assert all(officer.appointed_on <= one.completed_on < TODAY for one in done)
        counted = [one for one in done if not one.is_outside and not one.is_revoked]
        basic = sum(sum(one.topics.values()) for one in counted if one.course in OWN_RULES[BASIC]["courses"])
        in_office = (TODAY - officer.appointed_on).days
        expected = "current" if basic >= 40 else "due" if in_office <= 180 else "overdue"
        assert STATUS[story][BASIC] == expected
        first_aid = [one for one in counted if one.topics.get("mental_health", 0) >= 8]
        if first_aid:
            age = (TODAY - first_aid[0].completed_on).days
            assert age not in range(364, 368)
            assert age not in range(424, 428)
            expected = "current" if age < 365 else "due" if age < 426 else "expired"
        else:
            expected = "due" if in_office <= 30 else "overdue"
        assert STATUS[story][FIRST_AID] == expected
        courses = {one.course for one in counted}
        expected = "current" if SCHOOL_COURSE in courses else "due" if in_office <= 180 else "overdue"
        assert STATUS[story][SCHOOL_BASED] == ("exempt" if ADVANCED_COURSE in courses else expected)


def test_who_opens_records_is_trained_in_time_and_under_an_agreement_that_opens_them() -> None:
    assert 0 < len(TRUTH.openers) < len(TRUTH.officers)
    for officer in TRUTH.officers:
        blocked = {"overdue", "expired"} & set(STATUS[officer.story].values())
        assert (officer.officer_id in TRUTH.openers) is (not blocked and officer.term in OPENS_RECORDS)


def test_entries_lie_on_school_days_since_the_appointment_and_their_sums_are_the_truth() -> None:
    days, n, minutes = set(school_days(TODAY)), 0, 0
    ids = set()
    for officer in TRUTH.officers:
        for entry in activities(SMALL, officer, TODAY):
            assert entry.started_at.date() in days
            assert entry.started_at.date() >= officer.appointed_on
            assert entry.kind == "lesson" or entry.students_reached <= 3
            ids.add(entry.activity_id)
            n, minutes = n + 1, minutes + entry.minutes
    assert len(ids) == n == TRUTH.counts["entries"].total() > 1000
    assert minutes == TRUTH.counts["minutes"].total()
    assert sum(TRUTH.written()["minutes"].values()) == minutes


def test_each_school_mixes_the_three_roles_as_planted() -> None:
    seen = TrainingTruth(SMALL, date(2027, 6, 1)).counts["entries"]
    for school in staffed(SMALL):
        shares = shares_of(SMALL, school)
        whole = sum(seen[school.school_id, role] for role in ROLES)
        assert sum(shares.values()) == pytest.approx(1)
        for role in ROLES:
            spread = (whole * shares[role] * (1 - shares[role])) ** 0.5
            assert abs(seen[school.school_id, role] - whole * shares[role]) < 4 * spread + 1


def test_some_schools_have_held_the_drills_that_are_asked_for_and_some_have_not() -> None:
    for type_, asked in DRILL_QUOTAS.items():
        held = [TRUTH.counts["drills"][school.school_id, type_] for school in staffed(SMALL)]
        assert TRUTH.counts["quotas met"][type_,] == sum(n >= asked for n in held)
    assert 0 < TRUTH.counts["quotas met"].total() < len(DRILL_QUOTAS) * len(staffed(SMALL))


def test_on_the_first_day_of_a_school_year_nothing_has_been_done_yet() -> None:
    first = TrainingTruth(SMALL, date(2026, 7, 1))
    assert not first.counts["entries"]
    assert not first.counts["drills"]
    assert list(drills(SMALL, SMALL.schools[0], date(2026, 7, 1))) == []


def test_the_officer_whom_the_readme_sends_to_a_record_may_open_it() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    (officer_id, school_id) = re.findall(r"SUB=(\S+-officer) DISTRICT=demo SCHOOLS=(\S+)\)", readme)[0]
    (student_id,) = re.findall(r"8001/v1/students/(st-\d+)", readme)
    district = District("demo", SIZES["small"], seed=3)
    (school,) = (school for school in district.schools if school.school_id == school_id)
    assert officer_id in TrainingTruth(district, TODAY).openers
    assert student_id in {student.student_id for student in district.students(school)}
