"""Which cells tell something about fewer than a minimum of students, each looked at alone."""

from math import inf

from reporting.measures.lattice import Table
from reporting.measures.nesting import Difference, Nesting


def hide_small(table: Table, nesting: Nesting, minimum: int, *, counts_students: bool) -> None:
    """Hide what is small in a table that has inherited from its sums. Source: docs/decisions/0004-small-cells.md."""
    # Without a small group whatever is large enough is shown; of most tables that is all.
    least_enrolled = min((n for n in table.enrolled if n is not None), default=minimum)
    are_large = minimum if least_enrolled >= minimum and not counts_students else inf
    for t in table.own:
        if min(table.values[t]) >= are_large:
            continue
        hidden, needy, known = table.hidden[t], table.needy[t], table.known[t]
        for i, n in enumerate(table.values[t]):
            if known[i] or (hidden[i] and n):
                continue
            if n == 0 and _is_known_zero(table, nesting, t, i):
                known[i], hidden[i], needy[i] = 1, 0, 0
            elif _is_small(n, table.enrolled[i], minimum, counts_students=counts_students):
                hidden[i] = needy[i] = 1
    _hide_small_differences(table, nesting, minimum)


def _hide_small_differences(table: Table, nesting: Nesting, minimum: int) -> None:
    for difference, left in zip(nesting.differences, table.left, strict=True):
        for i in [i for i, n in enumerate(left) if 0 < n < minimum]:
            if not any([table.hidden[t][i] for t in difference.parts]):
                part = least_part(table, difference, i)
                if part is not None:
                    table.hidden[part][i] = table.needy[part][i] = 1


def _is_small(n: int, enrolled: int | None, minimum: int, *, counts_students: bool) -> bool:
    if minimum <= 1:
        return False
    if 0 < n < minimum:
        return True
    if enrolled is None:
        return n == 0
    return enrolled < minimum or (counts_students and enrolled - n < minimum)


def _is_known_zero(table: Table, nesting: Nesting, t: int, i: int) -> bool:
    """Whether a zero follows from what is shown: from a sum, from what it lies within, from a missing row."""
    for lines in table.lines:
        sum_at = lines.direction.above[i]
        if lines.parent.values[t][sum_at] == 0 and not lines.parent.hidden[t][sum_at]:
            return True
    if nesting.is_outermost(t) and not table.hidden[t][i]:
        return not table.shape.of_students or table.enrolled[i] is None
    return any(t in difference.minus and leaves_nothing(table, difference, i) for difference in nesting.differences)


def leaves_nothing(table: Table, difference: Difference, i: int) -> bool:
    """Whether the parts that are shown make up the whole, so that nothing is left for the others."""
    if any(table.hidden[t][i] for t in difference.plus):
        return False
    whole = sum(table.values[t][i] for t in difference.plus)
    return whole == sum(table.values[t][i] for t in difference.minus if not table.hidden[t][i])


def least_part(table: Table, difference: Difference, i: int) -> int | None:
    """Which series to hide so that a difference cannot be computed: the smallest that is not zero; None if none may."""
    free = [t for t in difference.hides if not table.known[t][i]]
    return min(free, key=lambda t: (table.values[t][i] == 0, table.values[t][i], t), default=None)
