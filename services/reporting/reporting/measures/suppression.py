"""Hides counts that could tell something about a single student. Source: docs/decisions/0004-small-cells.md.

A count that is shown somewhere may give away one that is hidden elsewhere: by a sum, by a difference between nested
counts, by the same question asked with and without a filter. So what is hidden is decided for the whole lattice of
tables that an answer is a part of, sums first. A table looks at nothing but itself and what it adds up to: so a cell is
hidden or shown whichever question asks for it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import product

from reporting.measures.axes import Axis, Levels, index_of
from reporting.measures.blocks import leave_enough
from reporting.measures.companions import (
    LeftAlone,
    complete_lines,
    conclude,
    hide_beside,
    hide_with_equals,
    inherit,
    show_what_follows,
)
from reporting.measures.cubes import complete_cubes, none_cornered
from reporting.measures.flags import but_not
from reporting.measures.lattice import Question, Table, lattice
from reporting.measures.nesting import Difference, Nesting
from reporting.measures.primary import hide_small

METHOD = "nested-tables-2"
"""The name of the method and its version: another version hides other cells, and nobody should subtract across them."""


@dataclass(frozen=True, slots=True)
class Run:
    """Some neighbouring values of an axis, added up: the months of a period."""

    first: int
    last: int

    def __contains__(self, value: int) -> bool:
        return self.first <= value <= self.last


Block = tuple[int, int]
"""A level of an axis and a position at it."""

Ways = list[list[Block]]
"""Sets of blocks, any of which makes something known."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """What is hidden of a table, and of all that it adds up to."""

    axes: tuple[Axis, ...]
    tables: dict[Levels, Table]
    nesting: Nesting
    adds_up: bool
    """Whether the cells of a table add up to those of a coarser one; students who are counted once do not."""
    _known_ways: dict[tuple[int, int | Run], Ways] = field(default_factory=dict, init=False, repr=False, compare=False)

    def hidden(self, cell: Sequence[int | Run]) -> frozenset[int]:
        """Which series of a cell are hidden.

        Over a run one is shown where it is a sum of blocks that are shown, or the whole less such blocks: then it tells
        nothing that was not told already. A cell of values that occur nowhere is not there, and nothing of it hidden.
        """
        ways = [self._ways_to(at, asked) for at, asked in enumerate(cell)]
        return frozenset(range(self.nesting.series)).intersection(*[self._hidden_by(way) for way in product(*ways)])

    def hidden_difference(self, levels: Levels, difference: Difference, within: Difference) -> bytearray | None:
        """Where of one of the tables a difference is hidden; None: it is no table of this lattice.

        `within`: a difference that it is never more than. Where either is known to be zero, it is not hidden.
        """
        table = self.tables.get(levels)
        if table is None:
            return None
        asked, wider = (self.nesting.differences.index(one) for one in (difference, within))
        return but_not(table.hidden_left[asked], table.equal[asked], table.equal[wider])

    def _hidden_by(self, way: tuple[list[Block], ...]) -> set[int]:
        found: set[int] = set()
        for blocks in product(*way):
            table = self.tables[tuple(level for level, _ in blocks)]
            index = index_of(tuple(place for _, place in blocks), table.sizes)
            found.update(t for t, flags in enumerate(table.hidden) if flags[index])
        return found

    def _ways_to(self, at: int, asked: int | Run) -> Ways:
        """How one value of an axis, or a run of them, can be known. Found once: a table asks for each many times."""
        known = self._known_ways.get((at, asked))
        if known is None:
            known = self._known_ways[at, asked] = _ways_to(self.axes[at], asked, adds_up=self.adds_up)
        return known


def _ways_to(axis: Axis, asked: int | Run, *, adds_up: bool) -> Ways:
    if not isinstance(asked, Run):
        return [[(axis.depth, axis.values.index(asked))]] if asked in axis.values else []
    inside = [value in asked for value in axis.values]
    within = _cover(axis, inside)
    if not adds_up:
        return [within] if len(within) < 2 else []
    return [within, [(0, 0), *_cover(axis, [not flag for flag in inside])]]


def _cover(axis: Axis, inside: Sequence[bool]) -> list[Block]:
    """The largest blocks that together are these values."""
    left = list(inside)
    blocks: list[Block] = []
    for level in range(axis.depth + 1):
        places = axis.places(level)
        for place in range(places[-1] + 1 if places else 0):
            values = range(places.index(place), len(places) - places[::-1].index(place))
            if all(left[value] for value in values):
                blocks.append((level, place))
                for value in values:
                    left[value] = False
    return blocks


def decide(
    question: Question,
    nesting: Nesting,
    minimum: int,
    *,
    beside: Pattern | None = None,
    counts_students: bool = False,
    told_elsewhere: Callable[[Levels], bytearray | None] | None = None,
) -> Pattern:
    """What of a table, and of all that it adds up to, may not be shown.

    What `nesting` stands beside is decided first, without it. So it is the same whichever view asks.
    `beside`: what was decided about that; None, and where it is of other axes: it is decided here.
    `counts_students`: its own series count each student once, so that those not counted are a group of known size.
    `told_elsewhere`: what is hidden, of every series the same, in a table that another view decides; None: in no such.
    """
    if nesting.beside and (beside is None or beside.axes != question.axes):
        # What comes first adds up, whatever comes after it.
        beside = decide(question._replace(coarser=None), nesting.beside, minimum)
    before = beside.tables if beside else {}
    tables: dict[Levels, Table] = {}
    for table in lattice(question, nesting, before):
        inherit(table, nesting)
        if beside:
            hide_beside(table, nesting, before[table.levels].hidden)
        elsewhere = told_elsewhere(table.levels) if told_elsewhere is not None else None
        if elsewhere is not None:
            table.hidden = [bytearray(elsewhere) for _ in range(nesting.series)]
        else:
            hide_small(table, nesting, minimum, counts_students=counts_students)
            _hide_companions(table, nesting, minimum)
            while show_what_follows(table, nesting, minimum, adds_up=question.coarser is None):
                _hide_companions(table, nesting, minimum)
        conclude(table, nesting)
        tables[table.levels] = table
    return Pattern(question.axes, tables, nesting, adds_up=question.coarser is None)


def _hide_companions(table: Table, nesting: Nesting, minimum: int) -> None:
    cornered = none_cornered(table)
    left_alone: LeftAlone = {}
    changed = True
    while changed:
        changed = hide_with_equals(table, nesting, minimum)
        changed |= complete_cubes(table, cornered)
        changed |= complete_lines(table, nesting, minimum, left_alone)
        changed |= leave_enough(table, minimum)
