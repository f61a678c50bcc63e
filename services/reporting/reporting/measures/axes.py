"""The keys that cells are told apart by, and where every table that they make has its cells.

Tables are flat: cells in the order of their positions, the last axis fastest, so that a line of one is a slice. Where
a cell lies depends on the keys and their values alone, not on what is counted; so it is worked out once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import combinations, pairwise, product
from math import prod
from typing import NamedTuple

Cell = tuple[int, ...]
"""The values of the axes, in their order."""
Levels = tuple[int, ...]
"""How finely each axis is told apart: 0 not at all, the highest by its values."""

_REMEMBERED_CELLS = 400
"""Of larger tables the shapes are let go: they take more memory than time."""


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


class Direction(NamedTuple):
    """The lines of a table along one axis: the cells that add up to one of a coarser table."""

    coarser: Levels
    """The table of the sums."""
    slices: list[tuple[int, slice]]
    """The position of each sum, in their order, and where its parts are."""
    of_many: list[tuple[int, slice]]
    """Those of more than one part."""
    of_one: list[tuple[int, int]]
    """The others: the position of the sum, and that of its only part."""
    above: list[int]
    """Per cell the position of the sum that it is a part of."""


@dataclass(frozen=True)
class Shape:
    """Where the cells of one table are."""

    axes: tuple[Axis, ...]
    levels: Levels

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """How many positions each axis has."""
        return tuple(axis.places(level)[-1] + 1 for axis, level in zip(self.axes, self.levels, strict=True))

    @cached_property
    def size(self) -> int:
        """How many cells it has."""
        return prod(self.sizes)

    @cached_property
    def of_students(self) -> bool:
        """Whether enrolment is told apart by all that it is told apart by."""
        return all(axis.of_students or not level for axis, level in zip(self.axes, self.levels, strict=True))

    @cached_property
    def active(self) -> list[int]:
        """The axes that it is told apart by."""
        return [at for at, level in enumerate(self.levels) if level]

    @cached_property
    def steps(self) -> list[int]:
        """How far apart two neighbours along each axis are."""
        return [prod(self.sizes[at + 1 :]) for at in range(len(self.sizes))]

    @cached_property
    def directions(self) -> dict[int, Direction]:
        """The lines along each axis that it is told apart by."""
        return {at: self._direction(at) for at in self.active}

    def _direction(self, at: int) -> Direction:
        slices = self._slices(at)
        above = [0] * self.size
        of_many, of_one = [], []
        for sum_at, parts in slices:
            for i in range(parts.start, parts.stop, parts.step):
                above[i] = sum_at
            if parts.start + parts.step < parts.stop:
                of_many.append((sum_at, parts))
            else:
                of_one.append((sum_at, parts.start))
        return Direction(replaced(self.levels, at, self.levels[at] - 1), slices, of_many, of_one, above)

    def _slices(self, at: int) -> list[tuple[int, slice]]:
        families, inner, size = self.families[at], self.steps[at], self.sizes[at]
        return [
            (
                (outer * len(families) + family) * inner + i,
                slice((outer * size + first) * inner + i, (outer * size + last - 1) * inner + i + 1, inner),
            )
            for outer in range(prod(self.sizes[:at]))
            for family, (first, last) in enumerate(families)
            for i in range(inner)
        ]

    @cached_property
    def families(self) -> dict[int, list[tuple[int, int]]]:
        """For each axis that it is told apart by the positions that add up: from and to."""
        return {at: self.axes[at].families(self.levels[at]) for at in self.active}

    @cached_property
    def family_of(self) -> dict[int, list[tuple[int, int]]]:
        """The same per position."""
        return {at: [of for of in families for _ in range(*of)] for at, families in self.families.items()}

    @cached_property
    def groups(self) -> list[Cell]:
        """Per cell the group of students that it is about: the positions of the axes that students have."""
        students = [at for at, axis in enumerate(self.axes) if axis.of_students]
        return [tuple([position[at] for at in students]) for position in product(*map(range, self.sizes))]

    @cached_property
    def longest(self) -> int:
        """Of the axes that it is told apart by the one with most positions."""
        return max(self.active, key=lambda at: self.sizes[at])

    @cached_property
    def rows(self) -> list[int]:
        """Where the lines along the longest axis begin."""
        return [self._base(places) for places in product(*[range(self.sizes[at]) for at in self._others])]

    @cached_property
    def faces(self) -> list[list[int]]:
        """Sets of such lines that have the corners of a cube, for each two positions of theirs that it may have."""
        pairs = [
            [pair for family in self.families[at] for pair in combinations(range(*family), 2)] for at in self._others
        ]
        return [[self._base(corner) for corner in product(*flips)] for flips in product(*pairs)]

    @cached_property
    def _others(self) -> list[int]:
        return [at for at in self.active if at != self.longest]

    def _base(self, places: Sequence[int]) -> int:
        return sum([place * self.steps[at] for at, place in zip(self._others, places, strict=True)])


Shapes = Mapping[Levels, Shape]
"""All tables that some axes make, each after all that it adds up to; the last is the finest."""


def shapes_of(axes: tuple[Axis, ...]) -> Shapes:
    """The shapes of all tables that some axes make."""
    return _remembered(axes) if prod(len(axis.values) for axis in axes) <= _REMEMBERED_CELLS else _shapes(axes)


def _shapes(axes: tuple[Axis, ...]) -> Shapes:
    every = product(*[range(axis.depth + 1) for axis in axes])
    return {levels: Shape(axes, levels) for levels in sorted(every, key=lambda levels: (sum(levels), levels))}


_remembered = lru_cache(64)(_shapes)


def replaced(levels: Levels, at: int, level: int) -> Levels:
    """The same levels but for one axis."""
    return (*levels[:at], level, *levels[at + 1 :])


def index_of(position: Cell, sizes: tuple[int, ...]) -> int:
    """Where the cell at a position of each axis is in a flat table."""
    index = 0
    for place, size in zip(position, sizes, strict=True):
        index = index * size + place
    return index
