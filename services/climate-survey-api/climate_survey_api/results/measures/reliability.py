"""Cronbach's alpha: how far the items of a dimension measure one thing."""

from collections.abc import Sequence

FEWEST_COMPLETE = 30
"""Complete cases under which an alpha says more about who happened to answer than about the items."""
FEWEST_ITEMS = 3


def cronbach_alpha(items: int, item_variances: float, total_variance: float) -> float | None:
    """Alpha: k / (k - 1) x (1 - sum of the k items' sample variances / sample variance of their total).

    None where the total has no variance. Below 0 where items contradict each other. Multiplied by one number, the
    variances say the same; of whole numbers the only rounding is the last. Source: domain.md 4.3.
    """
    if not total_variance:
        return None
    return items * (total_variance - item_variances) / ((items - 1) * total_variance)


def alpha_of_complete_cases(
    n: int, totals: int, totals_squares: int, by_item: Sequence[tuple[int, int]]
) -> float | None:
    """Alpha of those who answered every item, from sums and sums of squares; the others are left out (listwise).

    None under 30 of them, under 3 items, or without variance.
    """
    if n < FEWEST_COMPLETE or len(by_item) < FEWEST_ITEMS:
        return None
    of_items = sum(_spread(n, total, squares) for total, squares in by_item)
    return cronbach_alpha(len(by_item), of_items, _spread(n, totals, totals_squares))


def _spread(n: int, total: int, squares: int) -> int:
    """The sample variance of n numbers with this sum and sum of squares, times n (n - 1), so that it is whole."""
    return n * squares - total * total
