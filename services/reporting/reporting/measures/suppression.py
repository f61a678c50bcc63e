"""Hides counts that could tell something about a single student. Source: docs/decisions/0004-small-cells.md.

Each step takes the whole table and says which of its rows to hide, so that steps can follow each other: `too_small`
looks at each row alone, `complementary` at what hidden ones could be computed from.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple


class Count(NamedTuple):
    """One row of a table that may have to be hidden."""

    keys: tuple[object, ...]
    """What it is broken down by, in the table's order."""
    n: int
    enrolled: int | None
    """Students of the same keys; None where that is not known."""
    counts_students: bool
    """Whether `n` counts each student once: then those not counted are a group of known size too."""


def hidden(counts: Sequence[Count], minimum: int) -> frozenset[int]:
    """The rows of a table to hide, by index. Shape: none where `minimum` is 0 or 1."""
    return complementary(counts, too_small(counts, minimum))


def too_small(counts: Sequence[Count], minimum: int) -> frozenset[int]:
    """Primary suppression: rows that say something about fewer than `minimum` students.

    A zero says that *none* of a group has the attribute, so it is shown only where the group has at least `minimum`
    members; where enrolment is not known, it is hidden.
    """
    return frozenset(i for i, count in enumerate(counts) if _is_too_small(count, minimum))


def _is_too_small(count: Count, minimum: int) -> bool:
    if minimum <= 1:
        return False
    if 0 < count.n < minimum:
        return True
    if count.enrolled is None:
        return count.n == 0
    if count.enrolled < minimum:
        return True
    return count.counts_students and count.enrolled - count.n < minimum


def complementary(counts: Sequence[Count], primary: Collection[int]) -> frozenset[int]:
    """What is hidden already, and what has to be so that no total gives a hidden row away.

    A total over one key, the others held fast, is a question anybody may ask. Where it has exactly one hidden row among
    its parts, that row is the total less the others: so the smallest other part is hidden too, a row of zero last, and
    again until nothing changes.
    """
    chosen = set(primary)
    lines = list(_lines(counts)) if chosen else []
    changed = True
    while changed:
        changed = False
        for line in lines:
            others = [i for i in line if i not in chosen]
            if len(others) == len(line) - 1 and others:
                chosen.add(min(others, key=lambda i: (counts[i].n == 0, counts[i].n, i)))
                changed = True
    return frozenset(chosen)


def _lines(counts: Sequence[Count]) -> Iterable[list[int]]:
    """The rows that one total is the sum of: all that differ in one key only."""
    width = max((len(count.keys) for count in counts), default=0)
    for position in range(width):
        by_others: defaultdict[tuple[object, ...], list[int]] = defaultdict(list)
        for i, count in enumerate(counts):
            by_others[count.keys[:position] + count.keys[position + 1 :]].append(i)
        yield from by_others.values()
