"""What the stages of one cell tell about each other, because none is less than what it is made of.

Where nothing lies between a whole and its parts, what bounds one of them bounds the others: if all who were accepted
have an outcome, accepted is completed and failed together, whether it is shown or not. Only such tight places can
settle a number, so it is enough to know which bounds are met, not what they are.
"""

from collections.abc import Iterator
from typing import NamedTuple

from reporting.measures.lattice import Table
from reporting.measures.nesting import Nesting


class Settled(NamedTuple):
    """What can be told of one cell from its own shown numbers."""

    cell: int
    series: list[int]
    """Hidden series that are settled all the same."""
    equal: list[int]
    """Differences that are known to be zero."""
    around: list[int]
    """Shown series that take part in settling."""


def settled(table: Table, nesting: Nesting) -> Iterator[Settled]:
    """Each cell with a hidden series and a difference of zero beside it, and what that settles."""
    masks = [(_mask(difference.plus), _mask(difference.minus)) for difference in nesting.differences]
    parts = [plus | minus for plus, minus in masks]
    for i in range(table.size):
        hidden = _mask([t for t in range(nesting.series) if table.hidden[t][i]])
        tight = [q for q, left in enumerate(table.left) if left[i] == 0 and parts[q] & hidden] if hidden else []
        if not tight:
            continue
        zero = _mask([t for t in range(nesting.series) if table.values[t][i] == 0])
        everything = (1 << nesting.series) - 1
        most = everything & ~hidden
        least = most | zero
        known = [(masks[q], bool(table.equal[q][i])) for q in tight]
        before = -1
        while before != most | least << nesting.series:
            before = most | least << nesting.series
            for (plus, minus), is_equal in known:
                most, least = _bounded(plus, minus, most, least)
                if is_equal:
                    most, least = _bounded(minus, plus, most, least)
        found = most & least & hidden
        equal = [q for q in tight if not masks[q][0] & ~most and not masks[q][1] & ~least]
        if found or equal:
            around = _mask([]) if not found else _union(parts[q] for q in tight) & ~hidden
            yield Settled(i, _bits(found), equal, _bits(around))


def _bounded(plus: int, minus: int, most: int, least: int) -> tuple[int, int]:
    """Whose upper (`most`) and lower bounds are what they really are, as a whole is no less than its parts."""
    unbounded_plus, unbounded_minus = plus & ~most, minus & ~least
    if not unbounded_plus and unbounded_minus.bit_count() < 2:
        most |= unbounded_minus or minus
    if not unbounded_minus and unbounded_plus.bit_count() < 2:
        least |= unbounded_plus or plus
    return most, least


def _mask(series: "tuple[int, ...] | list[int]") -> int:
    return sum(1 << t for t in series)


def _union(masks: Iterator[int]) -> int:
    union = 0
    for mask in masks:
        union |= mask
    return union


def _bits(mask: int) -> list[int]:
    return [t for t in range(mask.bit_length()) if mask >> t & 1]
