"""Nobody works out what is suppressed, whatever he adds up and subtracts."""

import random
from collections.abc import Iterable
from itertools import product

import pytest

from climate_survey_api.results.measures.patterns import Cell, Table, complemented
from climate_survey_api.results.measures.showing import Complement
from tests.climate_survey_api.results.attack import Attacker, Figure
from tests.climate_survey_api.results.districts import MINIMUM, ballots_of_a_district, sheets_of

DISTRICTS = [(seed, 0.08) for seed in (0, 1, 2, 3, 4, 5, 11, 17)] + [(seed, 0.35) for seed in (0, 1, 3, 12)]
"""Seeds, and the share of items that are left out."""


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


def test_no_suppressed_row_lies_in_the_span_of_all_that_is_shown(attackers: list[Attacker]) -> None:
    assert [small(attacker.worked_out()) for attacker in attackers] == [[]] * len(DISTRICTS)


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
    assert sum(len(small(attacker.worked_out())) for attacker in naive) > 100
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
