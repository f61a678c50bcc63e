"""Every table that an answer is a part of: the one asked for, and all that it adds up to.

A table is flat: its cells in the order of their positions, the last axis fastest, so that a line of it is a slice.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, product
from math import prod
from operator import sub
from typing import NamedTuple

from reporting.measures.nesting import Difference, Nesting

Cell = tuple[int, ...]
"""The values of the axes, in their order."""
Levels = tuple[int, ...]
"""How finely each axis is told apart: 0 not at all, the highest by its values."""


class Axis(NamedTuple):
    """A key that cells are told apart by."""

    values: tuple[int, ...]
    """All that occur, in an order of their own; blocks are runs of it."""
    of_students: bool
    """Whether enrolment is told apart by it too."""
    blocks: tuple[tuple[int, ...], ...] = ()
    """Per level above the values, coarsest first, the block that each value lies in."""

    @property
    def depth(self) -> int:
        """The level of its values."""
        return len(self.blocks) + 1

    def places(self, level: int) -> list[int]:
        """Where each value stands at a level: positions from 0, without gaps."""
        if level == 0:
            return [0] * len(self.values)
        labels = self.labels(level)
        places = [0] * bool(labels)
        for before, label in pairwise(labels):
            places.append(places[-1] + (label != before))
        return places

    def labels(self, level: int) -> tuple[int, ...]:
        """What each value is called at a level above 0: itself, or its block."""
        return self.values if level == self.depth else self.blocks[level - 1]

    def families(self, level: int) -> list[tuple[int, int]]:
        """For each position of the level above, the positions of this one that lie within it: from and to."""
        bounds: dict[int, tuple[int, int]] = {}
        for parent, child in zip(self.places(level - 1), self.places(level), strict=True):
            bounds[parent] = (bounds.get(parent, (child,))[0], child + 1)
        return list(bounds.values())


class Question(NamedTuple):
    """What a table is made of: each cell's numbers, before anything is hidden."""

    axes: tuple[Axis, ...]
    counted: Mapping[Cell, Sequence[int]]
    """Per cell one number per series; cells that are not named count nothing."""
    enrolled: Mapping[Cell, int]
    """Students by the values of the axes that students have; groups that are not named are not known."""
    coarser: Callable[[Levels], Mapping[Cell, int]] | None = None
    """The last series of a coarser table, by position, where it does not add up: students, each counted once."""

    def of_first(self, series: int) -> "Question":
        """The same about the first series alone, which add up."""
        counted = {cell: numbers[:series] for cell, numbers in self.counted.items()}
        return self._replace(counted=counted, coarser=None)


@dataclass(slots=True)
class Table:
    """One table of the lattice, and which of its cells are hidden: flags per series, one for each cell."""

    levels: Levels
    sizes: tuple[int, ...]
    values: list[list[int]]
    enrolled: list[int | None]
    of_students: bool
    """Whether enrolment is told apart by all that it is told apart by."""
    left: list[list[int]]
    """Per difference its value in each cell."""
    tight: Mapping[int, Sequence[int]]
    """Per cell that has any the differences that are zero."""
    own: range
    """The series that are decided here; what is hidden of the others was decided elsewhere."""
    lines: "list[Lines]" = field(default_factory=list)
    hidden: list[bytearray] = field(default_factory=list)
    needy: list[bytearray] = field(default_factory=list)
    """Hidden for its own sake, or as a part of what is hidden; what else is hidden keeps it company."""
    inherited: list[bytearray] = field(default_factory=list)
    hidden_left: list[bytearray] = field(default_factory=list)
    """Per difference where it is hidden."""
    known: list[bytearray] = field(default_factory=list)
    """What follows from what is shown: the only part of a sum, which is the sum, and parts of a zero."""
    equal: list[bytearray] = field(default_factory=list)
    """Per difference whether it is known to be zero."""

    @property
    def size(self) -> int:
        """How many cells it has."""
        return len(self.enrolled)


class Lines(NamedTuple):
    """The lines of a table along one axis: the cells that add up to one of a coarser table."""

    axis: int
    parent: Table
    slices: list[tuple[int, slice]]
    """The position of the sum in `parent`, and where its parts are."""
    above: list[int]
    """Per cell the position of the sum that it is a part of."""


def lattice(question: Question, nesting: Nesting) -> Iterator[Table]:
    """Every table, each after all that it adds up to; the last is the one asked for."""
    axes = question.axes
    every = sorted(product(*[range(axis.depth + 1) for axis in axes]), key=lambda levels: (sum(levels), levels))
    tables: dict[Levels, Table] = {}
    for levels in reversed(every):
        tables[levels] = _table(question, nesting, levels, tables)
    for levels in every:
        table = tables[levels]
        for at, level in enumerate(levels):
            if level:
                parent = tables[(*levels[:at], level - 1, *levels[at + 1 :])]
                slices = _slices(table.sizes, at, axes[at].families(level))
                table.lines.append(Lines(at, parent, slices, _above(table.size, slices)))
        yield table


def _table(question: Question, nesting: Nesting, levels: Levels, finer: Mapping[Levels, Table]) -> Table:
    axes = question.axes
    sizes = tuple(axis.places(level)[-1] + 1 for axis, level in zip(axes, levels, strict=True))
    values = _values(question, nesting.series, levels, sizes, finer)
    left = [_left(values, difference) for difference in nesting.differences]
    return Table(
        levels,
        sizes,
        values,
        _enrolled(question, levels, sizes),
        of_students=all(axis.of_students or not level for axis, level in zip(axes, levels, strict=True)),
        left=left,
        tight=_tight(left),
        own=nesting.own,
    )


def _left(values: list[list[int]], difference: Difference) -> list[int]:
    plus, minus = (_added(values, series) for series in (difference.plus, difference.minus))
    return list(map(sub, plus, minus))


def _added(values: list[list[int]], series: tuple[int, ...]) -> Iterable[int]:
    if len(series) == 1:
        return values[series[0]]
    return map(sum, zip(*[values[t] for t in series], strict=True))


def _tight(left: list[list[int]]) -> dict[int, list[int]]:
    tight: defaultdict[int, list[int]] = defaultdict(list)
    for q, of_cells in enumerate(left):
        if 0 in of_cells:
            for i, n in enumerate(of_cells):
                if n == 0:
                    tight[i].append(q)
    return tight


def _values(
    question: Question, series: int, levels: Levels, sizes: tuple[int, ...], finer: Mapping[Levels, Table]
) -> list[list[int]]:
    axes = question.axes
    coarse = next((at for at, level in enumerate(levels) if level < axes[at].depth), None)
    if coarse is not None:
        child = finer[(*levels[:coarse], levels[coarse] + 1, *levels[coarse + 1 :])]
        slices = _slices(child.sizes, coarse, axes[coarse].families(levels[coarse] + 1))
        values = [[sum(numbers[parts]) for _, parts in slices] for numbers in child.values]
        if question.coarser is not None:
            values[-1] = [0] * prod(sizes)
            for position, n in question.coarser(levels).items():
                values[-1][index_of(position, sizes)] = n
        return values
    places = [{value: place for place, value in enumerate(axis.values)} for axis in axes]
    values = [[0] * prod(sizes) for _ in range(series)]
    for cell, numbers in question.counted.items():
        index = index_of(tuple([place[value] for place, value in zip(places, cell, strict=True)]), sizes)
        for t, n in enumerate(numbers):
            values[t][index] = n
    return values


def _enrolled(question: Question, levels: Levels, sizes: tuple[int, ...]) -> list[int | None]:
    students = [at for at, axis in enumerate(question.axes) if axis.of_students]
    places = [dict(zip(question.axes[at].values, question.axes[at].places(levels[at]), strict=True)) for at in students]
    groups: defaultdict[Cell, int] = defaultdict(int)
    for values, n in question.enrolled.items():
        groups[tuple([place[value] for place, value in zip(places, values, strict=True)])] += n
    return [groups.get(tuple([position[at] for at in students])) for position in product(*map(range, sizes))]


def _slices(sizes: tuple[int, ...], at: int, families: list[tuple[int, int]]) -> list[tuple[int, slice]]:
    """Each line along an axis, in the order of the sums that they add up to."""
    inner = prod(sizes[at + 1 :])
    return [
        (
            (outer * len(families) + family) * inner + i,
            slice((outer * sizes[at] + first) * inner + i, (outer * sizes[at] + last - 1) * inner + i + 1, inner),
        )
        for outer in range(prod(sizes[:at]))
        for family, (first, last) in enumerate(families)
        for i in range(inner)
    ]


def _above(size: int, slices: list[tuple[int, slice]]) -> list[int]:
    above = [0] * size
    for sum_at, parts in slices:
        for i in range(parts.start, parts.stop, parts.step):
            above[i] = sum_at
    return above


def index_of(position: Cell, sizes: tuple[int, ...]) -> int:
    """Where the cell at a position of each axis is in a flat table."""
    index = 0
    for place, size in zip(position, sizes, strict=True):
        index = index * size + place
    return index
