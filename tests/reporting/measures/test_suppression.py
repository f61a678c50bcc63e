"""What is hidden, and that what is shown gives none of it away."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporting.measures.rates import per_100
from reporting.measures.suppression import Count, complementary, hidden, too_small


def a_count(n: int, *keys: object, enrolled: int | None = 1000, counts_students: bool = False) -> Count:
    """A row of a large group, but for what is given."""
    return Count(keys, n, enrolled, counts_students)


@pytest.mark.parametrize(
    ("count", "is_hidden"),
    [
        (a_count(0), False),
        (a_count(1), True),
        (a_count(9), True),
        (a_count(10), False),
        (a_count(0, enrolled=9), True),
        (a_count(0, enrolled=10), False),
        (a_count(0, enrolled=None), True),
        (a_count(10, enrolled=None), False),
        (a_count(12, enrolled=4), True),
        (a_count(60, enrolled=60), False),
        (a_count(60, enrolled=60, counts_students=True), True),
        (a_count(51, enrolled=60, counts_students=True), True),
        (a_count(50, enrolled=60, counts_students=True), False),
    ],
)
def test_a_row_is_hidden_when_it_tells_about_fewer_than_ten(count: Count, is_hidden: bool) -> None:
    assert (0 in too_small([count], 10)) is is_hidden


def test_nothing_is_hidden_from_those_who_may_see_small_counts() -> None:
    assert hidden([a_count(1), a_count(0, enrolled=1)], 0) == frozenset()


# Source: research on disclosure avoidance, the worked example of outcome counts by group.
OUTCOMES = {"HI": 33, "AM": 3, "AS": 2, "BL": 36, "PI": 1, "WH": 45, "MU": 6}


@pytest.mark.parametrize(
    ("minimum", "expected"), [(10, {"AM", "AS", "PI", "MU"}), (2, {"PI", "AS"}), (3, {"AS", "PI"})]
)
def test_one_hidden_group_is_not_left_alone_with_its_total(minimum: int, expected: set[str]) -> None:
    counts = [a_count(n, group) for group, n in OUTCOMES.items()]
    assert {counts[i].keys[0] for i in hidden(counts, minimum)} == expected


def test_a_row_of_zero_is_chosen_last() -> None:
    counts = [a_count(4, "a"), a_count(0, "b"), a_count(30, "c")]
    assert hidden(counts, 10) == {0, 2}


def test_every_line_of_a_table_with_two_keys_is_protected() -> None:
    counts = [
        a_count(n, school, sex)
        for school, sex, n in [
            ("s-1", "f", 4),
            ("s-1", "m", 20),
            ("s-2", "f", 30),
            ("s-2", "m", 40),
            ("s-3", "f", 50),
            ("s-3", "m", 60),
        ]
    ]
    assert hidden(counts, 10) == {0, 1, 2, 3}


@given(
    st.dictionaries(
        st.tuples(st.sampled_from("abcd"), st.sampled_from("xyz")), st.integers(0, 40), min_size=1, max_size=12
    ),
    st.integers(2, 12),
)
def test_no_line_ever_has_exactly_one_hidden_part(table: dict[tuple[str, str], int], minimum: int) -> None:
    counts = [a_count(n, *keys) for keys, n in table.items()]
    primary = too_small(counts, minimum)
    shown = complementary(counts, primary)
    assert primary <= shown
    for position in (0, 1):
        lines: dict[str, list[int]] = {}
        for i, count in enumerate(counts):
            lines.setdefault(str(count.keys[1 - position]), []).append(i)
        for line in lines.values():
            assert len(line) == 1 or sum(i in shown for i in line) != 1


def test_a_rate_of_nobody_is_no_rate() -> None:
    assert per_100(18, 120) == 15.0
    assert per_100(0, 120) == 0.0
    assert per_100(3, 0) is None
    assert per_100(3, None) is None
