"""Adding up: exact, in any order; reversed before anything; what is not scored is counted alone."""

import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from climate_survey_api.instruments.rules import Item, Scale
from climate_survey_api.responses.rules import Ballot
from climate_survey_api.results.measures.layout import layout_of
from climate_survey_api.results.measures.sums import item_sums, scale_sums
from climate_survey_api.results.measures.tally import Counters, Tally, unpacked
from shared.events.surveys import RespondentGroup
from tests.climate_survey_api.results.districts import GROUPS, ITEMS, STUDENT, ballots_of_a_district, tally_of

seeds = st.integers(0, 10_000)


@given(seeds, st.randoms(use_true_random=False))
def test_the_order_of_ballots_does_not_matter(seed: int, chance: random.Random) -> None:
    ballots = ballots_of_a_district(seed, schools=3, most=21)
    shuffled = chance.sample(ballots, len(ballots))
    assert tally_of(ballots).units == tally_of(shuffled).units


def a_ballot(group: RespondentGroup = STUDENT, **answers: int) -> Ballot:
    """Somebody's answers at the one school."""
    return Ballot("s-1", group, answers)


def tallied(items: Sequence[Item], *ballots: Ballot) -> Tally:
    """These ballots, added up."""
    tally = Tally(items, ())
    for ballot in ballots:
        tally.add(ballot)
    return tally


def row_of(tally: Tally) -> Counters:
    """What students of the one school answered."""
    return unpacked(tally.units[STUDENT, "s-1"].whole, tally.layout(STUDENT).size)


def test_sums_are_those_of_the_definitions_after_reversal() -> None:
    tally = tallied(ITEMS, a_ballot(s1=4, s2=1, s3=2), a_ballot(s1=1, s2=4), a_ballot(s3=3, e1=2), a_ballot(e1=4))
    row, block = row_of(tally), tally.layout(STUDENT).blocks[0]
    sums = scale_sums(row, block, in_full=True)  # of the points [4, 4, 2], [1, 1] and [3]: the second item is reversed
    assert (sums.n, sums.answers, sums.favorable, sums.complete) == (3, 6, 3, 1)
    assert (sums.answers_squares, sums.favorable_squares, sums.favorable_answers) == (9 + 4 + 1, 4 + 1, 6 + 1)
    assert sums.means == pytest.approx(10 / 3 + 1 + 3)
    assert sums.means_squares == pytest.approx((10 / 3) ** 2 + 1 + 9)
    assert sums.histogram == (2, 1, 1, 2)
    assert item_sums(row, block.items[1]).histogram == (1, 0, 0, 1)


def test_problems_and_yes_or_no_have_their_favourable_half() -> None:
    items = (Item("p", "d", GROUPS, Scale.PROBLEM4, reverse=True), Item("y", "d", GROUPS, Scale.YES_NO))
    tally = tallied(items, a_ballot(p=1, y=2), a_ballot(p=3, y=1), a_ballot(p=4))
    row, block = row_of(tally), tally.layout(STUDENT).blocks[0]
    assert [item_sums(row, item).favorable for item in block.items] == [1, 1]
    assert scale_sums(row, block, in_full=True).histogram == ()  # four points and two are no one scale


def test_what_is_not_scaled_has_a_row_of_its_own_and_no_part_in_its_dimension() -> None:
    items = (
        Item("a", "d", GROUPS, Scale.AGREE4),
        Item("official", "d", GROUPS, Scale.AGREE4, scaled=False),
        Item("kind", "d", GROUPS, Scale.CHOICE, choices=3),
        Item("words", "d", GROUPS, Scale.TEXT),
        Item("theirs", "d", frozenset({RespondentGroup.STAFF}), Scale.AGREE4),
    )
    blocks = layout_of(items, STUDENT).blocks
    assert [([item.item_id for item in b.items], b.is_scale) for b in blocks] == [
        (["a"], True),
        (["official"], False),
        (["kind"], False),
    ]
    row = row_of(tallied(items, a_ballot(a=4, official=4, kind=3)))
    assert scale_sums(row, blocks[0], in_full=True).answers == 1
    choice = item_sums(row, blocks[2].items[0])
    assert (choice.histogram, choice.favorable, choice.means) == ((0, 0, 1), 0, 0.0)
