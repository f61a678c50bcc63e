"""Nobody works out what is suppressed, whatever he adds up and subtracts."""

import random
from collections import Counter
from collections.abc import Iterable
from itertools import product

import pytest

from climate_survey_api.results.measures.patterns import Cell, Table, complemented
from climate_survey_api.results.measures.showing import Complement
from shared.events.surveys import AnswerSums
from tests.climate_survey_api.results.attack import NO_SUM, Attacker, Figure, Of
from tests.climate_survey_api.results.districts import MINIMUM, ballots_of_a_district, sheets_of

pytestmark = pytest.mark.slow

SKIPS = {0.0: (2, 3, 134), 0.02: (120, 145), 0.08: (0, 1, 2, 3, 4, 5, 11, 17), 0.35: (0, 1, 3, 12)}
"""The share of items that are left out, and seeds."""
DISTRICTS = [(seed, skips) for skips, seeds in SKIPS.items() for seed in seeds]
HOW_MANY = (Of.PEOPLE, Of.ANSWERS)


def only_the_small_ones(_: Table, hidden: Iterable[Cell], __: int) -> set[Cell]:
    """How a naive count decides: what is too small is hidden, and nothing else."""
    return set(hidden)


def attackers_of(complement: Complement) -> Iterable[Attacker]:
    """One for each district."""
    for seed, skips in DISTRICTS:
        ballots = ballots_of_a_district(seed, skips=skips)
        yield Attacker(ballots, sheets_of(ballots, complement=complement))


@pytest.fixture(scope="module")
def attackers() -> list[Attacker]:
    """Those of whom something is hidden as it is in earnest."""
    return list(attackers_of(complemented))


def small(figures: Iterable[Figure]) -> list[Figure]:
    """Those of fewer people than may be shown."""
    return [figure for figure in figures if figure.people.bit_count() < MINIMUM]


def given_away(attacker: Attacker) -> list[tuple[Figure, Of]]:
    """What he works out of few people, but for how many they are: that is told of schools, and of values of many.

    Source: decision 0021, what this does not promise.
    """
    found = [(figure, of) for figure, of in attacker.worked_out() if small([figure])]
    return [(figure, of) for figure, of in found if of not in HOW_MANY or is_kept_from_all(figure)]


def is_kept_from_all(figure: Figure) -> bool:
    """Whether it is not even told how many of them there are."""
    return figure.row.value is not None and figure.there.bit_count() < MINIMUM


def test_nothing_of_a_suppressed_row_lies_in_the_span_of_all_that_is_shown(attackers: list[Attacker]) -> None:
    assert [given_away(attacker) for attacker in attackers] == [[]] * len(DISTRICTS)


def test_the_attacker_uses_every_number_of_a_row_that_is_a_sum() -> None:
    assert {name for of in Of for name in of.split()} | {NO_SUM} == set(AnswerSums.model_fields)


def test_ten_thousand_random_pairs_of_figures_differ_by_no_suppressed_row(attackers: list[Attacker]) -> None:
    chance, tried = random.Random(7), 0
    for attacker in attackers:
        by_key = [
            [f for f in attacker.shown if f.key == key] for key in sorted({f.key for f in attacker.shown}, key=str)
        ]
        pairs = [(chance.choice(some), chance.choice(some)) for some in by_key * (20_000 // len(DISTRICTS) // 9)]
        tried += len(pairs)
        assert attacker.subtracted(pairs, MINIMUM) == []
        assert attacker.subtracted(product(attacker.shown, attacker.shown), MINIMUM) == []
    assert tried >= 10_000


def test_the_attacker_finds_much_where_only_small_cells_are_hidden() -> None:
    naive = list(attackers_of(only_the_small_ones))
    found = Counter(of for attacker in naive for _, of in given_away(attacker))
    assert all(found[of] > 40 for of in Of), found
    assert sum(len(attacker.subtracted(product(attacker.shown, attacker.shown), MINIMUM)) for attacker in naive) > 30


def test_the_attacker_knows_whom_each_figure_is_of(attackers: list[Attacker]) -> None:
    for attacker in attackers:
        for figure in attacker.shown:
            assert figure.n == figure.people.bit_count()


@pytest.mark.parametrize("minimum", [5, 10, 15])
def test_no_figure_of_fewer_than_the_minimum_is_shown_anywhere(minimum: int) -> None:
    for seed, skips in DISTRICTS:
        for sheet in sheets_of(ballots_of_a_district(seed, skips=skips), minimum):
            shown = [row.sums.n for row in (*sheet.dimensions, *sheet.items) if row.sums]
            shown += [row.n for row in sheet.respondents if row.n is not None]
            assert min(shown, default=minimum) >= minimum


def test_where_respondents_are_not_counted_nothing_they_answered_is(attackers: list[Attacker]) -> None:
    for attacker in attackers:
        for sheet in attacker.sheets:
            hidden = {row.value for row in sheet.respondents if row.n is None}
            assert not [r for r in (*sheet.dimensions, *sheet.items) if r.value in hidden and r.sums]
