"""What follows of the few who left an item out: the limit that decision 0021 tells of, measured."""

import random
from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations_with_replacement, product

import pytest

from climate_survey_api.instruments.rules import Item, Scale
from climate_survey_api.responses.rules import Ballot
from climate_survey_api.results.measures.showing import GroupCount
from climate_survey_api.results.measures.tally import Tally
from shared.events.surveys import AnswerSums
from tests.climate_survey_api.results.districts import GROUPS, MINIMUM, STUDENT, units_of

SCHOOLS = 40
Profile = tuple[int, ...]
"""What somebody answered to all items but the one that was left out, in their order."""


def a_school(seed: int, *, items: int, respondents: int, left_out: int) -> tuple[list[Ballot], list[Profile]]:
    """Somebody's answers resemble each other; the first few leave out the last item. And what these few answered."""
    chance = random.Random(seed)
    ballots = []
    for number in range(respondents):
        leaning = chance.choice([1, 2, 3, 4])
        points = [min(4, max(1, leaning + chance.choice([-1, 0, 0, 1]))) for _ in range(items)]
        answered = points[:-1] if number < left_out else points
        ballots.append(Ballot("s-1", STUDENT, {f"q{place}": point for place, point in enumerate(answered)}))
    return ballots, sorted(tuple(ballot.answers.values()) for ballot in ballots[:left_out])


def shown(ballots: list[Ballot], items: int) -> tuple[AnswerSums, list[AnswerSums]]:
    """What is told of the school's one dimension, and of its items."""
    tally = Tally([Item(f"q{place}", "safety", GROUPS, Scale.AGREE4) for place in range(items)], ())
    for ballot in ballots:
        tally.add(ballot)
    counted = GroupCount(STUDENT, tally.layout(STUDENT), tally.schools(STUDENT), units_of(ballots), MINIMUM)
    (school,) = [sheet for sheet in counted.sheets({}) if sheet.school_id == "s-1"]
    assert school.dimensions[0].sums
    return school.dimensions[0].sums, [row.sums for row in school.items if row.sums]


def fitting(dimension: AnswerSums, items: list[AnswerSums], left_out: int) -> list[list[Profile]]:
    """All that the few may have answered, as far as mean, interval of the mean, alpha and the items' rows tell."""
    return [profiles for profiles in _of_this_sum(dimension, items, left_out) if _fits(dimension, items, profiles)]


def _sum_of_the_few(dimension: AnswerSums, items: list[AnswerSums]) -> int:
    """From the two means alone: who answered m items counts in one with 1/m, who answered one less with 1/(m - 1)."""
    m = len(items)
    return round((dimension.means - sum(item.means for item in items) / m) * m * (m - 1))


def _favorable_of_the_few(dimension: AnswerSums, m: int) -> int:
    """From what the interval of the share is made of: favourable answers times all of a person's, m or m - 1."""
    assert dimension.favorable_answers is not None
    return m * dimension.favorable - dimension.favorable_answers


def _of_this_sum(dimension: AnswerSums, items: list[AnswerSums], left_out: int) -> Iterator[list[Profile]]:
    total = _sum_of_the_few(dimension, items)
    profiles = list(product((1, 2, 3, 4), repeat=len(items) - 1))
    for some in combinations_with_replacement(profiles, left_out):
        if sum(map(sum, some)) == total:
            yield list(some)


def _fits(dimension: AnswerSums, items: list[AnswerSums], profiles: list[Profile]) -> bool:
    """Whether alpha and the spread of the own means would be what they are: both are of squares, of the others too."""
    assert dimension.alpha is not None
    assert dimension.means_squares is not None
    assert dimension.complete
    n, m = dimension.complete, len(items)
    of_items = 0
    for place, item in enumerate(items):
        few = [profile[place] for profile in profiles] if place < m - 1 else []
        total, squares = int(item.means) - sum(few), int(item.means_squares or 0) - sum(p * p for p in few)
        of_items += n * squares - total * total
    total = int(sum(item.means for item in items)) - sum(map(sum, profiles))
    of_totals = of_items / (1 - dimension.alpha * (m - 1) / m)
    squares_of_totals = (of_totals + total * total) / n
    if abs(squares_of_totals - round(squares_of_totals)) > 1e-6:
        return False
    own = Fraction(round(squares_of_totals), m * m) + sum(Fraction(sum(p), m - 1) ** 2 for p in profiles)
    return abs(float(own) - dimension.means_squares) < 1e-7


@pytest.mark.parametrize(
    ("items", "left_out", "known"), [(4, 1, 37), (4, 2, 26), (6, 1, 25)], ids=["one", "two", "one of six"]
)
def test_of_how_many_schools_what_few_answered_beside_the_item_they_left_out_follows(
    items: int, left_out: int, known: int
) -> None:
    found = 0
    for seed in range(SCHOOLS):
        ballots, said = a_school(seed, items=items, respondents=46, left_out=left_out)
        dimension, of_items = shown(ballots, items)
        assert _sum_of_the_few(dimension, of_items) == sum(map(sum, said))
        assert _favorable_of_the_few(dimension, items) == sum(point >= 3 for profile in said for point in profile)
        fits = fitting(dimension, of_items, left_out)
        assert said in fits
        found += fits == [said]
    assert found == known
