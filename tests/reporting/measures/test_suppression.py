"""What is hidden, case by case; that nobody reckons it is tried in `test_attack.py`."""

import pytest

from reporting.codec import STAGES
from reporting.measures.axes import Axis, Cell, Levels
from reporting.measures.lattice import Question
from reporting.measures.nesting import NESTED_STAGES, SINGLE, Nesting
from reporting.measures.rates import per_100, share
from reporting.measures.suppression import Run, decide
from shared.events.referrals import Stage

MINIMUM = 10
HALVES = ((0, 0, 0, 1, 1),)


def a_table(counts: dict[Cell, int], *sizes: int, enrolled: int | None = 1000) -> Question:
    """Single counts by keys that students have, each group of the same size."""
    axes = tuple(Axis(tuple(range(size)), of_students=True) for size in sizes)
    groups = {cell: enrolled for cell in counts} if enrolled is not None else {}
    return Question(axes, {cell: (n,) for cell, n in counts.items()}, groups)


def a_column(*counts: int, **given: int | None) -> Question:
    """Single counts by one key."""
    return a_table({(i,): n for i, n in enumerate(counts)}, len(counts), **given)


def hidden(question: Question, *, minimum: int = MINIMUM, counts_students: bool = False) -> set[tuple[int, ...]]:
    """The cells that are hidden."""
    pattern = decide(question, SINGLE, minimum, counts_students=counts_students)
    return {cell for cell in question.counted if pattern.hidden(cell)}


@pytest.mark.parametrize(
    ("n", "enrolled", "counts_students", "is_hidden"),
    [
        (0, 1000, False, False),
        (1, 1000, False, True),
        (9, 1000, False, True),
        (10, 1000, False, False),
        (0, 9, False, True),
        (0, 10, False, False),
        (10, None, False, False),
        (12, 4, False, True),
        (60, 60, False, False),
        (60, 60, True, True),
        (51, 60, True, True),
        (50, 60, True, False),
    ],
)
def test_a_count_is_hidden_when_it_tells_about_fewer_than_ten(
    n: int, enrolled: int | None, counts_students: bool, is_hidden: bool
) -> None:
    groups: dict[Cell, int] = {(0,): enrolled, (1,): 1000, (2,): 1000} if enrolled is not None else {}
    question = a_column(n, 200, 300)._replace(enrolled=groups)
    assert ((0,) in hidden(question, counts_students=counts_students)) is is_hidden


def test_nothing_is_hidden_from_those_who_may_see_small_counts() -> None:
    assert hidden(a_column(1, 0, 3), minimum=0) == set()


# Source: research on disclosure avoidance, the worked example of outcome counts by group.
OUTCOMES = {"HI": 33, "AM": 3, "AS": 2, "BL": 36, "PI": 1, "WH": 45, "MU": 6}


@pytest.mark.parametrize(
    ("minimum", "expected"), [(10, {"AM", "AS", "PI", "MU"}), (2, {"PI", "AS"}), (3, {"AS", "PI"})]
)
def test_one_hidden_group_is_not_left_alone_with_its_total(minimum: int, expected: set[str]) -> None:
    groups = list(OUTCOMES)
    assert {groups[i] for (i,) in hidden(a_column(*OUTCOMES.values()), minimum=minimum)} == expected


def test_what_is_hidden_together_is_no_small_count_either() -> None:
    assert hidden(a_column(4, 3, 30, 50)) == {(0,), (1,), (2,)}


def test_a_zero_keeps_nobody_company() -> None:
    assert hidden(a_column(4, 0, 30)) == {(0,), (2,)}


def test_a_zero_below_a_zero_that_is_shown_is_no_secret() -> None:
    question = a_table({(0, 0): 0, (0, 1): 0, (1, 0): 20, (1, 1): 30}, 2, 2)
    enrolled: dict[Cell, int] = {(0, 0): 4, (0, 1): 300, (1, 0): 300, (1, 1): 300}
    assert hidden(question._replace(enrolled=enrolled)) == set()


def test_every_line_of_a_table_with_two_keys_is_protected() -> None:
    counts: dict[Cell, int] = {(0, 0): 4, (0, 1): 20, (1, 0): 30, (1, 1): 40, (2, 0): 50, (2, 1): 60}
    assert hidden(a_table(counts, 3, 2)) == {(0, 0), (0, 1), (1, 0), (1, 1)}


def test_a_part_of_what_is_hidden_is_hidden() -> None:
    counts: dict[Cell, int] = {
        (0, 0): 2,
        (0, 1): 3,
        (1, 0): 40,
        (1, 1): 50,
        (2, 0): 11,
        (2, 1): 12,
        (3, 0): 44,
        (3, 1): 55,
    }
    found = hidden(a_table(counts, 4, 2))
    assert {(0, 0), (0, 1), (2, 0), (2, 1)} <= found
    assert (3, 0) not in found


def staged(*cells: dict[Stage, int]) -> Question:
    """Counts of stages by one key that students do not have."""
    counted: dict[Cell, list[int]] = {(i,): [cell.get(stage, 0) for stage in STAGES] for i, cell in enumerate(cells)}
    return Question((Axis(tuple(range(len(cells))), of_students=False),), counted, {(): 5000})


def stages_hidden(question: Question, cell: int, nesting: Nesting = NESTED_STAGES) -> set[Stage]:
    """The stages of a cell that are hidden."""
    return {STAGES[t] for t in decide(question, nesting, MINIMUM).hidden((cell,))}


LARGE = {Stage.SUBMITTED: 400, Stage.ACCEPTED: 300, Stage.CONTACTED: 200}


def test_stages_that_differ_by_few_are_not_both_shown() -> None:
    nearly_all = LARGE | {Stage.SUBMITTED: 305, Stage.CONTACTED: 300}
    question = staged(nearly_all, LARGE, LARGE)
    assert {Stage.ACCEPTED, Stage.CONTACTED} <= stages_hidden(question, 0)
    assert Stage.SUBMITTED not in stages_hidden(question, 0)
    assert stages_hidden(staged(LARGE, LARGE), 0) == set()


def test_a_difference_that_is_hidden_has_company_too() -> None:
    question = staged(LARGE | {Stage.SUBMITTED: 305}, LARGE, LARGE | {Stage.SUBMITTED: 420})
    hides_accepted = [Stage.ACCEPTED in stages_hidden(question, i) for i in range(3)]
    assert hides_accepted == [True, True, False]


def test_few_that_are_still_open_hide_one_of_the_outcomes() -> None:
    ended = {Stage.SUBMITTED: 200, Stage.ACCEPTED: 150, Stage.COMPLETED: 100, Stage.FAILED: 35, Stage.REJECTED: 40}
    found = stages_hidden(staged(ended | {Stage.CANCELLED: 20}, LARGE, LARGE), 0)
    assert found & {Stage.COMPLETED, Stage.FAILED, Stage.REJECTED, Stage.CANCELLED}


def months(*counts: int) -> Question:
    """Single counts by month, in half-years of three and two months."""
    axis = Axis(tuple(range(len(counts))), of_students=False, blocks=HALVES)
    return Question((axis,), {(i,): (n,) for i, n in enumerate(counts)}, {(): 5000})


@pytest.mark.parametrize(
    ("first", "last", "is_hidden"),
    [
        (0, 4, False),  # the year
        (0, 2, False),  # a half of it, though the months that hide each other lie in it
        (3, 4, False),
        (3, 3, False),
        (2, 4, True),  # half a year and a hidden month
        (0, 3, False),  # the year less a month that is shown
        (0, 1, True),
        (7, 9, False),  # nothing is there
    ],
)
def test_a_period_is_shown_where_blocks_that_are_shown_tell_it(first: int, last: int, is_hidden: bool) -> None:
    pattern = decide(months(30, 4, 25, 40, 50), SINGLE, MINIMUM)
    assert bool(pattern.hidden([Run(first, last)])) is is_hidden


def test_students_do_not_add_up_so_periods_are_told_only_as_one_block() -> None:
    parts: dict[Levels, dict[Cell, int]] = {(0,): {(0,): 90}, (1,): {(0,): 60, (1,): 50}}
    pattern = decide(months(30, 20, 25, 40, 50)._replace(coarser=parts.__getitem__), SINGLE, MINIMUM)
    assert not pattern.hidden([Run(0, 2)])
    assert pattern.hidden([Run(0, 3)])


def test_a_rate_of_nobody_is_no_rate() -> None:
    assert per_100(18, 120) == 15.0
    assert per_100(0, 120) == 0.0
    assert per_100(3, 0) is None
    assert per_100(3, None) is None


def test_a_share_is_told_where_both_its_sides_are() -> None:
    assert share(21, 4) == 0.84
    assert share(0, 4) == 0.0
    assert share(None, 40) is None
    assert share(40, None) is None
    assert share(0, 0) is None
