"""Nobody reckons a hidden count from all that may be asked, tried by linear programming on districts made by chance."""

from itertools import product
from random import Random
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reporting.measures.lattice import Axis, Levels, Question
from reporting.measures.nesting import NESTED_STAGES, SINGLE
from reporting.measures.suppression import Pattern, decide
from tests.reporting.measures.attacker import attack
from tests.reporting.measures.districts import a_district

MINIMUM = 10
HALVES_AND_MONTHS = ((0, 0, 0, 1, 1),)


class Sample(NamedTuple):
    """What a district made by chance is made from."""

    seed: int
    sizes: tuple[int, ...]
    are_students: tuple[bool, ...]
    referrals: int
    students: int
    has_months: bool

    def question(self) -> Question:
        """The district's table."""
        chance = Random(self.seed)
        axes = [
            Axis(tuple(range(size)), of_students)
            for size, of_students in zip(self.sizes, self.are_students, strict=False)
        ]
        if self.has_months:
            axes[-1] = Axis(tuple(range(5)), of_students=False, blocks=HALVES_AND_MONTHS)
        weights = [[chance.choice((0.1, 0.3, 1, 1, 3)) for _ in axis.values] for axis in axes]
        return a_district(chance, axes, referrals=self.referrals, students=self.students, weights=weights)


samples = st.builds(
    Sample,
    seed=st.integers(0, 10**6),
    sizes=st.one_of(
        st.tuples(st.integers(2, 6)),
        st.tuples(st.integers(2, 4), st.integers(2, 4)),
        st.tuples(st.integers(2, 3), st.integers(2, 3), st.integers(2, 3)),
    ),
    are_students=st.tuples(st.booleans(), st.booleans(), st.booleans()),
    referrals=st.sampled_from((15, 40, 90, 200, 400)),
    students=st.sampled_from((0, 60, 1000)),
    has_months=st.booleans(),
)
thorough = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.timeout(300)
@thorough
@given(samples)
def test_no_hidden_count_of_a_funnel_can_be_reckoned_from_all_that_is_shown(sample: Sample) -> None:
    pattern = decide(sample.question(), NESTED_STAGES, MINIMUM)
    assert [known for known in attack(pattern, NESTED_STAGES, MINIMUM) if known.is_recovered] == []


@pytest.mark.timeout(300)
@thorough
@given(samples)
def test_no_hidden_count_that_stands_alone_can_be_reckoned(sample: Sample) -> None:
    question = sample.question()
    alone = question._replace(counted={cell: numbers[:1] for cell, numbers in question.counted.items()})
    pattern = decide(alone, SINGLE, MINIMUM)
    assert [known for known in attack(pattern, SINGLE, MINIMUM) if known.is_recovered] == []


@given(samples, st.randoms(use_true_random=False))
def test_what_is_hidden_does_not_depend_on_the_order_of_rows(sample: Sample, chance: Random) -> None:
    question = sample.question()
    shuffled = list(question.counted.items())
    chance.shuffle(shuffled)
    assert hidden_of(decide(question, NESTED_STAGES, MINIMUM)) == hidden_of(
        decide(question._replace(counted=dict(shuffled)), NESTED_STAGES, MINIMUM)
    )


@given(samples)
def test_a_table_hides_the_same_whatever_larger_table_it_was_asked_with(sample: Sample) -> None:
    question = sample.question()
    if len(question.axes) < 2:
        return
    counted: dict[tuple[int, ...], list[int]] = {}
    for cell, numbers in question.counted.items():
        sums = counted.setdefault(cell[1:], [0] * len(numbers))
        for t, n in enumerate(numbers):
            sums[t] += n
    enrolled: dict[tuple[int, ...], int] = {}
    for group, n in question.enrolled.items():
        rest = group[1:] if question.axes[0].of_students else group
        enrolled[rest] = enrolled.get(rest, 0) + n
    wide = hidden_of(decide(question, NESTED_STAGES, MINIMUM))
    narrow = hidden_of(decide(Question(question.axes[1:], counted, enrolled), NESTED_STAGES, MINIMUM))
    assert {levels[1:]: flags for levels, flags in wide.items() if levels[0] == 0} == narrow


@given(samples, st.integers(1, 5))
def test_where_nothing_is_small_nothing_is_hidden(sample: Sample, times: int) -> None:
    question = sample.question()
    many = {cell: [n * MINIMUM * times for n in numbers] for cell, numbers in question.counted.items()}
    groups = product(*[axis.values for axis in question.axes if axis.of_students])
    pattern = decide(question._replace(counted=many, enrolled=dict.fromkeys(groups, MINIMUM)), NESTED_STAGES, MINIMUM)
    assert not any(any(flags) for table in hidden_of(pattern).values() for flags in table)


def test_callers_for_whom_nothing_is_small_are_hidden_nothing() -> None:
    question = Sample(1, (4, 4), (True, True, True), referrals=60, students=60, has_months=False).question()
    assert not any(any(flags) for table in hidden_of(decide(question, NESTED_STAGES, 1)).values() for flags in table)


def hidden_of(pattern: Pattern) -> dict[Levels, list[bytes]]:
    """The flags of every table."""
    return {levels: [bytes(flags) for flags in table.hidden] for levels, table in pattern.tables.items()}
