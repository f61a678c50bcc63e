"""What holds of standing whatever the requirement and whatever was completed: laws, on made-up officers."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.events.training import StandingStatus
from tests.training_registry.standing.facts import APPOINTED, completions, officers, requirements, starts_a_clock
from training_registry.completions.rules import Completion
from training_registry.officers.rules import Officer
from training_registry.requirements.rules import Requirement
from training_registry.standing.rules import (
    REMIND_AHEAD,
    Rule,
    every_standing_on,
    reminders_of,
    standing_on,
    steps_of,
)

pytestmark = pytest.mark.slow

_RANK = {
    StandingStatus.OVERDUE: 0,
    StandingStatus.EXPIRED: 0,
    StandingStatus.DUE: 1,
    StandingStatus.CURRENT: 2,
    StandingStatus.EXEMPT: 2,
}
"""How good a status is for the officer: overdue and expired keep him from the same."""

SOME = st.lists(completions(), max_size=6)
DAYS = st.integers(-1000, 3500).map(lambda days: APPOINTED + timedelta(days=days))
DAILY = [APPOINTED + timedelta(days=days) for days in range(-1000, 2400)]


def _as_told(steps: Sequence[tuple[date, StandingStatus]], day: date) -> StandingStatus:
    return [status for from_on, status in steps if from_on <= day or from_on == steps[0][0]][-1]


@given(requirements(), officers(), SOME)
@settings(max_examples=20)
def test_the_steps_say_of_every_day_what_standing_says_on_it(
    requirement: Requirement, officer: Officer, some: list[Completion]
) -> None:
    steps = steps_of(requirement, officer, some)
    rules = [Rule(requirement)]
    for day in DAILY:
        if day >= steps[0][0]:
            (found,) = every_standing_on(rules, officer, some, day)
            assert found.status is _as_told(steps, day), day
    for far in (date(2099, 6, 30), date(2100, 7, 1), date.max):
        assert standing_on(requirement, officer, some, far).status is steps[-1][1], "the last one holds for ever"
    assert [from_on for from_on, _ in steps] == sorted({from_on for from_on, _ in steps})
    assert all(before[1] is not after[1] for before, after in pairwise(steps))


@given(requirements(), officers(), SOME, completions(), DAYS)
@settings(max_examples=400)
def test_standing_never_improves_by_removing_a_completion_nor_worsens_by_adding_one(
    requirement: Requirement, officer: Officer, some: list[Completion], another: Completion, day: date
) -> None:
    if starts_a_clock(requirement, another):
        return
    without = standing_on(requirement, officer, some, day)
    with_it = standing_on(requirement, officer, [*some, another], day)
    assert _RANK[with_it.status] >= _RANK[without.status]
    if with_it.status is not StandingStatus.CURRENT:
        assert with_it.hours_counted >= without.hours_counted
    assert with_it.hours_missing <= without.hours_missing


@given(requirements(), officers(), SOME, DAYS)
@settings(max_examples=150)
def test_what_is_completed_later_and_what_does_not_count_makes_no_difference(
    requirement: Requirement, officer: Officer, some: list[Completion], day: date
) -> None:
    by_then = [completion for completion in some if completion.completed_on <= day and completion.counts]
    with_all, with_those = (standing_on(requirement, officer, told, day) for told in (some, reversed(by_then)))
    assert (with_all.status, with_all.hours_counted, with_all.hours_missing, with_all.deadline_on) == (
        with_those.status,
        with_those.hours_counted,
        with_those.hours_missing,
        with_those.deadline_on,
    )
    assert with_all.because


@given(requirements(), officers(), SOME, DAYS)
@settings(max_examples=400)
def test_the_deadline_is_the_last_day_before_the_status_turns_if_nothing_more_is_completed(
    requirement: Requirement, officer: Officer, some: list[Completion], day: date
) -> None:
    by_then = [completion for completion in some if completion.completed_on <= day]
    found = standing_on(requirement, officer, by_then, day)
    if found.deadline_on is None or found.status in (StandingStatus.OVERDUE, StandingStatus.EXPIRED):
        return
    assert found.deadline_on >= day
    the_day_after = standing_on(requirement, officer, by_then, found.deadline_on + timedelta(days=1))
    if found.status is StandingStatus.DUE:
        assert standing_on(requirement, officer, by_then, found.deadline_on).status in (
            StandingStatus.DUE,
            StandingStatus.CURRENT,
            StandingStatus.EXEMPT,
        )
        assert the_day_after.status not in (StandingStatus.DUE,) or the_day_after.deadline_on != found.deadline_on
    else:
        assert the_day_after.status is not found.status or requirement.anchor == "training_year"


@given(requirements(), officers(), SOME, DAYS, st.integers(1, 200))
@settings(max_examples=60)
def test_reminders_day_by_day_tell_no_deadline_twice_and_after_a_gap_only_the_nearest(
    requirement: Requirement, officer: Officer, some: list[Completion], through: date, gap: int
) -> None:
    known = [completion for completion in some if completion.completed_on <= through]
    after = through - timedelta(days=gap)
    days = [after + timedelta(days=n) for n in range(gap + 1)]
    told = [
        reminder
        for before, day in pairwise(days)
        for reminder in reminders_of(requirement, officer, known, before, day)
    ]
    assert len(told) == len(set(told))
    assert all(ahead in REMIND_AHEAD for _, ahead in told)
    at_once = reminders_of(requirement, officer, known, after, through)
    standing = standing_on(requirement, officer, known, through)
    of_this_one = [reminder for reminder in told if reminder[0] == standing.deadline_on]
    assert len(at_once) <= 1
    if at_once:
        assert at_once == of_this_one[-1:] or not of_this_one
        assert at_once[0][0] >= through
