"""What the stages of one cell tell about each other, because none is less than what it is made of.

Where nothing lies between a whole and its parts, what bounds one of them bounds the others: if all who were accepted
have an outcome, accepted is completed and failed together, whether it is shown or not. Only such tight places can
settle a number, so it is enough to know which bounds are met, not what they are.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
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
    masks = _masks(nesting)
    everything = (1 << nesting.series) - 1
    for i, nothing_left in table.tight.items():
        hidden = _mask([t for t, flags in enumerate(table.hidden) if flags[i]])
        tight = [q for q in nothing_left if masks[q].parts & hidden]
        if not tight:
            continue
        zero = _mask([t for t, values in enumerate(table.values) if values[i] == 0])
        most = everything & ~hidden
        least = most | zero
        known = [(masks[q], table.equal[q][i]) for q in tight]
        before = -1
        while before != most | least << nesting.series:
            before = most | least << nesting.series
            for (plus, minus, _), is_equal in known:
                most, least = _bounded(plus, minus, most, least)
                if is_equal:
                    most, least = _bounded(minus, plus, most, least)
        found = most & least & hidden
        equal = [q for q in tight if not masks[q].plus & ~most and not masks[q].minus & ~least]
        if found or equal:
            around = _union(masks[q].parts for q in tight) & ~hidden if found else 0
            yield Settled(i, _bits(found), equal, _bits(around))


class _Masks(NamedTuple):
    """The series of a difference as bits."""

    plus: int
    minus: int
    parts: int


@lru_cache
def _masks(nesting: Nesting) -> list[_Masks]:
    return [_Masks(_mask(d.plus), _mask(d.minus), _mask(d.parts)) for d in nesting.differences]


def _bounded(plus: int, minus: int, most: int, least: int) -> tuple[int, int]:
    """Whose upper (`most`) and lower bounds are what they really are, as a whole is no less than its parts."""
    unbounded_plus, unbounded_minus = plus & ~most, minus & ~least
    if not unbounded_plus and unbounded_minus.bit_count() < 2:
        most |= unbounded_minus or minus
    if not unbounded_minus and unbounded_plus.bit_count() < 2:
        least |= unbounded_plus or plus
    return most, least


def _mask(series: Sequence[int]) -> int:
    mask = 0
    for t in series:
        mask |= 1 << t
    return mask


def _union(masks: Iterator[int]) -> int:
    union = 0
    for mask in masks:
        union |= mask
    return union


def _bits(mask: int) -> list[int]:
    return [t for t in range(mask.bit_length()) if mask >> t & 1]
