"""How an officer stands to one requirement: deadlines, lapses, grace, what counts; by table."""

from datetime import date, timedelta
from typing import Any

import pytest

from shared.events.training import StandingStatus
from tests.training_registry.standing.facts import APPOINTED, a_completion, a_requirement, an_officer
from training_registry.completions.rules import Completion
from training_registry.requirements.rules import Anchor, EarlierCourses, MonthDay
from training_registry.standing.rules import RequirementOn, reminders_of, standing_on, steps_of

DUE, CURRENT, OVERDUE = StandingStatus.DUE, StandingStatus.CURRENT, StandingStatus.OVERDUE
EXEMPT, EXPIRED = StandingStatus.EXEMPT, StandingStatus.EXPIRED
NO_COURSES: frozenset[str] = frozenset()


def after(days: int) -> date:
    return APPOINTED + timedelta(days=days)


def stands(rule: dict[str, Any], completions: list[Completion], day: date, **officer: Any) -> RequirementOn:
    return standing_on(a_requirement(**rule), an_officer(**officer), completions, day)


@pytest.mark.parametrize(
    ("day", "status"), [(after(-5), DUE), (after(180), DUE), (after(181), OVERDUE), (date.max, OVERDUE)]
)
def test_the_deadline_itself_is_still_in_time(day: date, status: StandingStatus) -> None:
    found = stands({}, [], day)
    assert (found.status, found.deadline_on) == (status, after(180))


@pytest.mark.parametrize(
    ("rule", "assigned", "deadline"),
    [
        ({"due_days": 0}, [], APPOINTED),
        ({"due_days": None}, [], APPOINTED),
        ({"due_months": 6}, [], date(2024, 7, 10)),
        ({"due_next_year": True}, [], date(2024, 6, 30)),
        ({"due_days": 30, "anchor": Anchor.ASSIGNMENT}, [(after(50), None), (after(20), None)], after(50)),
        ({"due_days": 30, "anchor": Anchor.ASSIGNMENT}, [], None),
        ({"due_days": 30, "anchor": Anchor.COMPLETION}, [], None),
        ({"anchor": Anchor.TRAINING_YEAR, "due_days": None}, [], date(2025, 6, 30)),
        ({"anchor": Anchor.TRAINING_YEAR, "due_days": 30}, [], date(2024, 7, 31)),
    ],
)
def test_each_anchor_has_its_deadline(
    rule: dict[str, Any], assigned: list[tuple[date, date | None]], deadline: date | None
) -> None:
    assert stands(rule, [], after(0), assigned=assigned).deadline_on == deadline


def test_a_month_that_is_too_short_ends_on_its_last_day() -> None:
    found = stands({"due_months": 1}, [], APPOINTED, appointed_on=date(2024, 1, 31))
    assert found.deadline_on == date(2024, 2, 29)


@pytest.mark.parametrize(
    ("completion", "counts"),
    [
        (a_completion(on=after(10)), True),
        (a_completion(on=after(11)), False),
        (a_completion(on=after(0), expires_on=after(10)), True),
        (a_completion(on=after(0), expires_on=after(9)), False),
        (a_completion(on=after(0), counts=False), False),
        (a_completion("Another", on=after(0)), False),
        (a_completion("  bAsIc ", on=after(0)), True),
    ],
)
def test_what_counts_on_a_day(completion: Completion, counts: bool) -> None:
    assert (stands({}, [completion], after(10)).status is CURRENT) is counts


def test_a_completion_counts_until_the_day_it_is_to_be_renewed_on_then_in_grace_then_no_more() -> None:
    rule, held = {"renew_months": 12, "grace_days": 30}, [a_completion(on=date(2024, 3, 1))]
    last = date(2025, 3, 1)
    assert [
        (stands(rule, held, last + timedelta(days=days)).status, stands(rule, held, last).deadline_on)
        for days in (0, 1, 30, 31)
    ] == [(CURRENT, last), (DUE, last), (DUE, last), (EXPIRED, last)]
    lapsed = stands(rule, held, last + timedelta(days=1))
    assert lapsed.deadline_on == last + timedelta(days=30)
    assert "lapsed after 2025-03-01" in lapsed.because


def test_who_lapsed_before_the_first_deadline_is_due_until_it_as_if_he_had_never_held_it() -> None:
    old = [a_completion(on=after(-700), expires_on=after(-300))]
    assert stands({}, old, after(180)).status is stands({}, [], after(180)).status is DUE
    assert (stands({}, old, after(181)).status, stands({}, [], after(181)).status) == (EXPIRED, OVERDUE)


def test_hours_are_counted_in_the_topics_named_beyond_what_is_asked_too() -> None:
    rule = {"courses": NO_COURSES, "topics": {"law": 400, "minds": 800}, "min_hours": 1500}
    held = [a_completion("X", after(1), topics={"law": 6, "minds": 5.5, "other": 30})]
    found = stands(rule, held, after(2))
    assert (found.status, found.hours_counted, found.hours_missing) == (DUE, 1150, 350)
    found = stands(rule, [*held, a_completion("Y", after(1), topics={"minds": 2.5, "law": 1})], after(2))
    assert (found.status, found.hours_counted, found.hours_missing) == (CURRENT, 1500, 0)
    alone = stands({"courses": NO_COURSES, "topics": {"minds": 800}}, held, after(2))
    assert (alone.hours_counted, alone.hours_missing) == (550, 250)


def test_a_topic_without_hours_asks_for_some() -> None:
    rule = {"courses": NO_COURSES, "topics": {"law": 0, "ferpa": 0}}
    one = a_completion("X", after(1), topics={"law": 1, "ferpa": 0})
    lacking = stands(rule, [one], after(2))
    assert (lacking.status, lacking.hours_missing) == (DUE, 0)
    assert "ferpa" in lacking.because
    assert "law" not in lacking.because
    assert stands(rule, [one, a_completion("Y", after(1), topics={"ferpa": 0.25})], after(2)).status is CURRENT


def test_equivalents_are_credited_instead_of_their_hours_and_outside_courses_up_to_a_share() -> None:
    rule = {"min_hours": 1000, "equivalents": {"YMHFA": 800}, "outside_share": 0.3}
    held = [a_completion("YMHFA", after(1), topics={"minds": 6.5})]
    assert stands(rule, held, after(2)).hours_counted == 800
    outside = a_completion("Basic", after(1), topics={"law": 20}, is_outside=True)
    found = stands(rule, [outside], after(2))
    assert (found.hours_counted, found.hours_missing, found.status) == (300, 700, DUE)
    assert stands(rule, [outside, *held], after(2)).status is CURRENT


def test_every_course_or_so_many_completions() -> None:
    every = {"courses": frozenset({"Basic", "Advanced"}), "every_course": True}
    basic, advanced = a_completion("Basic", after(1)), a_completion("Advanced", after(1))
    assert stands(every, [basic, basic], after(2)).status is DUE
    assert "advanced" in stands(every, [basic], after(2)).because
    assert stands(every, [basic, advanced], after(2)).status is CURRENT
    assert stands({"min_completions": 2}, [basic], after(2)).status is DUE
    assert stands({"min_completions": 2}, [basic, a_completion("Basic", after(2))], after(2)).status is CURRENT


def test_an_exempting_course_exempts_as_long_as_it_holds() -> None:
    rule = {"exempt_by": frozenset({"Advanced"})}
    held = [a_completion("Advanced", after(-10), expires_on=after(200))]
    exempt = stands(rule, held, after(190))
    assert (exempt.status, exempt.deadline_on, exempt.hours_missing) == (EXEMPT, after(200), 0)
    assert stands(rule, held, after(201)).status is OVERDUE


def test_the_short_course_suffices_for_some_days_after_a_lapse_and_later_no_more() -> None:
    rule = {"renew_months": 12, "recertify_days": 90, "recertify_courses": frozenset({"Short"})}
    full, lapse = a_completion(on=date(2024, 3, 1)), date(2025, 3, 1)
    for taken, status in ((lapse - timedelta(days=5), CURRENT), (lapse + timedelta(days=90), CURRENT)):
        found = stands(rule, [full, a_completion("Short", taken)], lapse + timedelta(days=95))
        assert found.status is status
    late = a_completion("Short", lapse + timedelta(days=91))
    found = stands(rule, [full, late], lapse + timedelta(days=95))
    assert found.status is EXPIRED
    assert str(lapse + timedelta(days=90)) in found.because
    assert stands(rule, [a_completion("Short", after(1))], after(2)).status is DUE


def test_hours_of_a_training_year_count_in_it_and_the_next_year_asks_anew() -> None:
    rule = {"anchor": Anchor.TRAINING_YEAR, "courses": NO_COURSES, "min_hours": 800, "due_days": None, "grace_days": 30}
    held = [a_completion("X", date(2025, 2, 1), topics={"law": 8})]
    table = [
        (date(2024, 3, 1), DUE, date(2025, 6, 30)),
        (date(2025, 1, 31), DUE, date(2025, 6, 30)),
        (date(2025, 2, 1), CURRENT, date(2026, 6, 30)),
        (date(2025, 7, 1), DUE, date(2026, 6, 30)),
        (date(2026, 7, 30), DUE, date(2026, 7, 30)),
        (date(2026, 7, 31), EXPIRED, date(2026, 7, 30)),
    ]
    found = [(day, stands(rule, held, day)) for day, _, _ in table]
    assert [(day, standing.status, standing.deadline_on) for day, standing in found] == table
    assert stands(rule, [], date(2025, 7, 1)).status is OVERDUE


@pytest.mark.parametrize(
    ("appointed", "adopted", "deadline"),
    [
        (date(2024, 7, 1), None, date(2025, 6, 30)),
        (date(2024, 12, 30), None, date(2025, 6, 30)),
        (date(2024, 12, 31), None, date(2026, 6, 30)),
        (date(2020, 1, 5), date(2024, 11, 26), date(2025, 6, 30)),
        (date(2020, 1, 5), date(2025, 5, 1), date(2026, 6, 30)),
        (date(2025, 5, 1), date(2024, 7, 1), date(2026, 6, 30)),
    ],
)
def test_the_first_year_asked_for_is_one_of_which_half_is_left_to_officer_and_rule(
    appointed: date, adopted: date | None, deadline: date
) -> None:
    rule = a_requirement(
        anchor=Anchor.TRAINING_YEAR, courses=NO_COURSES, min_hours=800, due_days=None, adopted_on=adopted
    )
    officer = an_officer(appointed_on=appointed)
    for day, status in ((deadline, DUE), (deadline + timedelta(days=1), OVERDUE)):
        found = standing_on(rule, officer, [], day)
        assert (found.status, found.deadline_on) == (status, deadline)


def test_hours_made_in_the_partial_year_before_the_first_count_as_met_and_give_no_less_time() -> None:
    rule = {"anchor": Anchor.TRAINING_YEAR, "courses": NO_COURSES, "min_hours": 800, "due_days": None}
    early = [a_completion("X", date(2020, 2, 1), topics={"law": 8})]
    assert stands(rule, early, date(2025, 6, 30)).status is DUE
    partial = [a_completion("X", date(2024, 2, 1), topics={"law": 8})]
    found = stands(rule, partial, date(2024, 3, 1))
    assert (found.status, found.deadline_on) == (CURRENT, date(2025, 6, 30))
    on_the_day = stands(rule | {"training_year_starts": MonthDay(1, 10)}, [], APPOINTED)
    assert on_the_day.deadline_on == date(2025, 1, 9)


def test_a_clock_that_begins_with_a_course_waits_for_it() -> None:
    rule = {"anchor": Anchor.COMPLETION, "anchor_courses": frozenset({"First"}), "due_days": 30}
    first = a_completion("First", after(100))
    assert (stands(rule, [first], after(99)).status, stands(rule, [first], after(99)).deadline_on) == (DUE, None)
    assert (stands(rule, [first], after(100)).deadline_on, stands(rule, [first], after(131)).status) == (
        after(130),
        OVERDUE,
    )


def test_without_a_deadline_of_its_own_a_course_that_blocks_nothing_is_never_overdue_but_lapses() -> None:
    rule: dict[str, Any] = {"anchor": Anchor.COMPLETION, "due_days": None, "renew_months": 36, "blocks": frozenset()}
    assert (stands(rule, [], after(5000)).status, stands(rule, [], after(5000)).deadline_on) == (DUE, None)
    held = [a_completion(on=after(0), topics={"law": 2})]
    assert (stands(rule, held, after(0)).status, stands(rule, held, after(1200)).status) == (CURRENT, EXPIRED)
    assert stands(rule | {"min_hours": 4000, "renew_months": None}, held, after(1200)).status is DUE


@pytest.mark.parametrize("deadline", [{"due_days": None}, {"due_days": 30}])
def test_who_has_nothing_of_what_starts_its_own_clock_is_kept_out_as_he_was_when_it_had_run_out(
    deadline: dict[str, Any],
) -> None:
    rule: dict[str, Any] = {"anchor": Anchor.COMPLETION, "renew_months": 12, **deadline}
    held = [a_completion(on=after(0))]
    assert (stands(rule, held, after(300)).status, stands(rule, held, after(800)).status) == (CURRENT, EXPIRED)
    nothing = stands(rule, [], after(800))
    assert (nothing.status, nothing.deadline_on) == (OVERDUE, None)
    assert "None" not in nothing.because
    assert stands(rule, held, after(-1)).status is OVERDUE
    anchored = rule | {"anchor_courses": frozenset({"Basic"}), "due_days": 30}
    assert stands(anchored, [], after(800)).status is DUE, "another course starts the clock"


def test_a_new_course_version_never_expires_an_old_certificate() -> None:
    changed = date(2024, 6, 1)
    earlier = EarlierCourses().after(frozenset({"YMHFA"}), frozenset({"YMHFA v2"}), on=changed)
    rule = {"courses": frozenset({"YMHFA v2"}), "accepts_also": earlier.until, "since_changed": earlier.new}
    assert stands(rule, [a_completion("YMHFA", changed)], after(400)).status is CURRENT
    assert stands(rule, [a_completion("YMHFA", changed + timedelta(days=1))], after(400)).status is OVERDUE
    every = rule | {"courses": frozenset({"YMHFA v2", "Law"}), "every_course": True}
    law, old = a_completion("Law", after(1)), a_completion("YMHFA", after(1))
    assert stands(every, [law, old], after(400)).status is CURRENT
    new = a_completion("YMHFA v2", after(1))
    assert stands(every, [new, old], after(400)).status is OVERDUE, "an old course stands for its successor alone"


def test_a_rule_that_comes_to_name_courses_keeps_what_counted_before_and_one_that_returns_is_no_old_one() -> None:
    named = EarlierCourses().after(NO_COURSES, frozenset({"New"}), on=after(50))
    rule = {"courses": frozenset({"New"}), "accepts_any_until": named.any_until, "since_changed": named.new}
    assert stands(rule, [a_completion("Whatever", after(50))], after(400)).status is CURRENT
    assert stands(rule, [a_completion("Whatever", after(51))], after(400)).status is OVERDUE
    there_and_back = EarlierCourses().after(frozenset({"A"}), frozenset({"B"}), on=after(1))
    there_and_back = there_and_back.after(frozenset({"B"}), frozenset({"A"}), on=after(2))
    assert there_and_back.until == {"B": after(2)}
    assert EarlierCourses.from_json(there_and_back.to_json()) == there_and_back


def test_steps_begin_with_the_officers_first_day_and_tell_what_is_to_come() -> None:
    rule = a_requirement(renew_months=12, grace_days=30)
    officer = an_officer(assigned=[(after(-10), None)])
    steps = steps_of(rule, officer, [a_completion(on=after(200))])
    lapse = date(2025, 7, 28)
    assert steps == (
        (after(-10), DUE),
        (after(181), OVERDUE),
        (after(200), CURRENT),
        (lapse + timedelta(days=1), DUE),
        (lapse + timedelta(days=31), EXPIRED),
    )


@pytest.mark.parametrize(
    ("days_left", "gap", "told"),
    [
        (91, 1, []),
        (90, 1, [90]),
        (89, 1, []),
        (60, 1, [60]),
        (30, 1, [30]),
        (7, 1, [7]),
        (6, 1, []),
        (0, 1, []),
        (5, 100, [7]),
        (25, 100, [30]),
        (-1, 100, []),
        (59, 3, [60]),
        (59, 1, []),
    ],
)
def test_reminders_come_90_60_30_and_7_days_ahead_and_of_several_missed_only_the_nearest(
    days_left: int, gap: int, told: list[int]
) -> None:
    through = after(180 - days_left)
    found = reminders_of(a_requirement(), an_officer(), [], through - timedelta(days=gap), through)
    assert found == [(after(180), ahead) for ahead in told]


def test_a_lapse_is_reminded_of_and_what_is_met_for_good_is_not() -> None:
    held = [a_completion(on=after(0), expires_on=after(300))]
    assert reminders_of(a_requirement(), an_officer(), held, after(269), after(270)) == [(after(300), 30)]
    assert reminders_of(a_requirement(), an_officer(), [a_completion()], after(0), after(173)) == []
