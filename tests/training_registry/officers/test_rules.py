"""What follows from an officer's assignments and his schools' evaluations."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training_registry.agencies import agency_id
from training_registry.officers.errors import (
    AssignmentOverlaps,
    EndsBeforeItBegins,
    EvaluatedInFuture,
    NotAssignedThere,
)
from training_registry.officers.rules import (
    Assignment,
    Criterion,
    Mean,
    Rated,
    ensure_in_order,
    ensure_may_be_evaluated,
    ensure_no_overlap,
    means,
    schools_served,
)

TODAY = date(2026, 11, 25)
A_DAY = timedelta(days=1)


def some_assignment(
    n: int = 1, *, school_id: str = "s-1", begins: str = "2026-09-01", ends: str | None = None
) -> Assignment:
    return Assignment(UUID(int=n), school_id, date.fromisoformat(begins), date.fromisoformat(ends) if ends else None)


THERE = some_assignment(1, begins="2026-09-01", ends="2026-12-31")


@pytest.mark.parametrize(
    ("new", "overlaps"),
    [
        (some_assignment(2, begins="2026-12-31"), True),
        (some_assignment(2, begins="2027-01-01"), False),
        (some_assignment(2, begins="2026-01-01", ends="2026-09-01"), True),
        (some_assignment(2, begins="2026-01-01", ends="2026-08-31"), False),
        (some_assignment(2, begins="2026-10-01", ends="2026-10-02"), True),
        (some_assignment(2, begins="2026-01-01"), True),
        (some_assignment(2, begins="2026-10-01", school_id="s-2"), False),
        (some_assignment(1, begins="2026-10-01"), False),
    ],
)
def test_an_officer_is_at_one_school_once_on_any_day(new: Assignment, overlaps: bool) -> None:
    if overlaps:
        with pytest.raises(AssignmentOverlaps) as refused:
            ensure_no_overlap(new, [THERE])
        assert refused.value.extensions == {"assignment_id": str(THERE.assignment_id)}
    else:
        ensure_no_overlap(new, [THERE])


DAYS = st.dates(date(2026, 1, 1), date(2026, 3, 1))
ASSIGNMENTS = st.builds(
    lambda n, a, b, is_open: Assignment(UUID(int=n), "s-1", min(a, b), None if is_open else max(a, b)),
    st.integers(1, 10**6),
    DAYS,
    DAYS,
    st.booleans(),
)


@given(ASSIGNMENTS, ASSIGNMENTS)
def test_two_assignments_overlap_where_they_share_a_day(one: Assignment, other: Assignment) -> None:
    def days(a: Assignment) -> set[date]:
        last = a.to_on or date(2026, 3, 2)
        return {a.from_on + timedelta(days=n) for n in range((last - a.from_on).days + 1)}

    shared = one.assignment_id != other.assignment_id and days(one) & days(other)
    try:
        ensure_no_overlap(one, [other])
    except AssignmentOverlaps:
        assert shared
    else:
        assert not shared


def test_a_last_day_is_not_before_the_first() -> None:
    ensure_in_order(TODAY, None, field="to_on", after="from_on")
    ensure_in_order(TODAY, TODAY, field="to_on", after="from_on")
    with pytest.raises(EndsBeforeItBegins) as refused:
        ensure_in_order(TODAY, TODAY - A_DAY, field="to_on", after="from_on")
    assert [fault.path for fault in refused.value.errors] == ["to_on"]


@pytest.mark.parametrize(
    ("begins", "ends", "years"),
    [
        ("2025-09-01", None, {2026, 2027}),
        ("2026-06-30", "2026-06-30", {2026}),
        ("2026-07-01", "2026-07-01", {2027}),
        ("2026-06-30", "2026-07-01", {2026, 2027}),
        ("2027-07-01", None, set()),
    ],
)
def test_a_school_year_runs_from_july_to_june(begins: str, ends: str | None, years: set[int]) -> None:
    served = some_assignment(begins=begins, ends=ends)
    assert {year for year in (2025, 2026, 2027) if schools_served([served], year)} == years


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({}, None),
        ({"evaluated_on": TODAY + A_DAY}, EvaluatedInFuture),
        ({"school_year": 2028}, EvaluatedInFuture),
        ({"school_id": "s-2"}, NotAssignedThere),
        ({"school_year": 2026}, NotAssignedThere),
    ],
)
def test_an_evaluation_is_of_a_year_in_which_he_served_there(
    given: dict[str, object], refusal: type[Exception] | None
) -> None:
    ordinary = {"school_id": "s-1", "school_year": 2027, "evaluated_on": TODAY, "today": TODAY}
    if refusal is None:
        ensure_may_be_evaluated([THERE], **(ordinary | given))  # type: ignore[arg-type]
    else:
        with pytest.raises(refusal):
            ensure_may_be_evaluated([THERE], **(ordinary | given))  # type: ignore[arg-type]


def test_every_input_counts_the_same_and_what_nobody_rated_is_absent() -> None:
    rated = [
        Rated("s-1", {Criterion.TEACHING: 5, Criterion.MENTORING: 4}),
        Rated("s-1", {Criterion.TEACHING: 4}),
        Rated("s-2", {Criterion.TEACHING: 1}),
    ]
    assert means(rated) == {Criterion.TEACHING: Mean(3.33, 3), Criterion.MENTORING: Mean(4.0, 1)}
    assert means([]) == {}


def test_case_and_spaces_make_no_other_agency() -> None:
    assert agency_id("  City   POLICE ") == agency_id("city police")
    assert agency_id("City Police") != agency_id("CityPolice")
