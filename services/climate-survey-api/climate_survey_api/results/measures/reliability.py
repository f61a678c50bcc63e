"""Cronbach's alpha: how far the items of a dimension measure one thing."""

from collections.abc import Sequence
from fractions import Fraction

FEWEST_COMPLETE = 30
"""Complete cases under which an alpha says more about who happened to answer than about the items."""
FEWEST_ITEMS = 3


def variance(n: int, total: int, squares: int) -> Fraction:
    """The sample variance of n numbers of which the sum and the sum of squares are known; n is 2 or more."""
    return Fraction(n * squares - total * total, n * (n - 1))


def cronbach_alpha(items: int, item_variances: Fraction | float, total_variance: Fraction | float) -> float | None:
    """Alpha: k / (k - 1) x (1 - sum of the k items' sample variances / sample variance of their total).

    None where the total has no variance. Below 0 where items contradict each other. Source: domain.md 4.3.
    """
    if not total_variance:
        return None
    return float(items / Fraction(items - 1) * (1 - Fraction(item_variances) / Fraction(total_variance)))


def alpha_of_complete_cases(
    n: int, totals: int, totals_squares: int, by_item: Sequence[tuple[int, int]]
) -> float | None:
    """Alpha of those who answered every item, from sums and sums of squares; the others are left out (listwise).

    None under 30 of them, under 3 items, or without variance.
    """
    if n < FEWEST_COMPLETE or len(by_item) < FEWEST_ITEMS:
        return None
    of_items = sum((variance(n, total, squares) for total, squares in by_item), start=Fraction())
    return cronbach_alpha(len(by_item), of_items, variance(n, totals, totals_squares))
