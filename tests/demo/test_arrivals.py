"""What arrived without a gap is counted, whatever the order in which it arrives."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo.arrivals import Arrivals, Whereabouts
from demo.district import SIZES, District
from demo.lives import Life, days_of_school_year, lives
from tests.demo.test_truth import TODAY

SMALL = District("demo", SIZES["small"], seed=7)
SOME = list(lives(SMALL, SMALL.schools[0], days_of_school_year(TODAY)))


def arrived(*numbers: int) -> Arrivals:
    arrivals = Arrivals(total=len(SOME))
    for number in numbers:
        arrivals.add(number, SOME[number])
    return arrivals


def whereabouts(life: Life) -> Whereabouts:
    return Whereabouts(str(life.referral_id), life.student.school_id)


@pytest.mark.parametrize(
    ("numbers", "count"), [([], 0), ([0], 1), ([1], 0), ([1, 2], 0), ([1, 0], 2), ([0, 2, 3], 1), ([0, 2, 1, 4], 3)]
)
def test_nothing_behind_a_gap_counts(numbers: list[int], count: int) -> None:
    assert arrived(*numbers).count == count


@given(st.permutations(range(12)))
def test_when_all_are_there_their_order_does_not_matter(numbers: list[int]) -> None:
    assert arrived(*numbers).written() == arrived(*range(12)).written()


def test_the_last_one_is_never_a_draft_nor_a_mistake() -> None:
    numbers = range(len(SOME))
    assert not all(life.stages for life in SOME)
    for upto in numbers:
        counted = [life for life in SOME[: upto + 1] if life.stages]
        assert arrived(*numbers[: upto + 1]).last == (whereabouts(counted[-1]) if counted else None)


def test_all_have_arrived_when_the_total_has() -> None:
    assert arrived(*range(len(SOME))).are_all
    assert not arrived(*range(len(SOME) - 1)).are_all
    assert not Arrivals().are_all


def test_what_is_written_is_read_again() -> None:
    arrivals = arrived(0, 1, 2)
    arrivals.officers = arrivals.surveys = True
    again = Arrivals.read(json.loads(json.dumps(arrivals.written())))
    assert (again.total, again.count, again.last) == (arrivals.total, 3, arrivals.last)
    assert again.officers
    assert again.surveys


def test_a_run_of_a_program_that_knew_no_officers_or_surveys_has_yet_to_send_them() -> None:
    written = arrived(0, 1, 2).written()
    del written["officers_arrived"], written["surveys_arrived"]
    assert not Arrivals.read(written).officers
    assert not Arrivals.read(written).surveys


def test_a_run_of_an_older_program_counts_as_one_that_sent_nothing() -> None:
    assert Arrivals.read({"sent_all": True, "seed": 3}) == Arrivals()
