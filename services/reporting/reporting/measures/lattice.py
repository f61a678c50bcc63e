"""Every table that an answer is a part of: the one asked for, and all that it adds up to."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import add, sub
from typing import NamedTuple

from reporting.measures.axes import Axis, Cell, Direction, Levels, Shape, Shapes, index_of, replaced, shapes_of
from reporting.measures.nesting import Difference, Nesting


class Question(NamedTuple):
    """What a table is made of: each cell's numbers, before anything is hidden."""

    axes: tuple[Axis, ...]
    counted: Mapping[Cell, Sequence[int]]
    """Per cell one number per series; cells that are not named count nothing."""
    enrolled: Mapping[Cell, int]
    """Students by the values of the axes that students have; groups that are not named are not known."""
    coarser: Callable[[Levels], Mapping[Cell, int]] | None = None
    """The last series of a coarser table, by position, where it does not add up: students, each counted once."""


@dataclass(slots=True)
class Table:
    """One table of the lattice, and which of its cells are hidden: flags per series, one for each cell."""

    shape: Shape
    values: list[list[int]]
    enrolled: list[int | None]
    left: list[list[int]]
    """Per difference its value in each cell."""
    tight: Mapping[int, Sequence[int]]
    """Per cell that has any, in their order, the differences that are zero."""
    own: range
    """The series that are decided here; what is hidden of the others was decided elsewhere."""
    lines: "list[Lines]"
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
    def levels(self) -> Levels:
        """How finely it tells each axis apart."""
        return self.shape.levels

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many positions each axis has."""
        return self.shape.sizes

    @property
    def size(self) -> int:
        """How many cells it has."""
        return self.shape.size


class Lines(NamedTuple):
    """The lines of a table along one axis, and the table of their sums."""

    axis: int
    direction: Direction
    parent: Table


def lattice(question: Question, nesting: Nesting, beside: Mapping[Levels, Table]) -> Iterator[Table]:
    """Every table, each after all that it adds up to; the last is the one asked for.

    `beside`: the same tables of the series that come first, where these are known already.
    """
    shapes = shapes_of(question.axes)
    values: dict[Levels, list[list[int]]] = {}
    for levels in reversed([*shapes]):
        values[levels] = _values(question, nesting.own, levels, shapes, values)
    tables: dict[Levels, Table] = {}
    for levels, shape in shapes.items():
        before = beside.get(levels)
        all_values = [*before.values, *values[levels]] if before is not None else values[levels]
        enrolled = before.enrolled if before is not None else _enrolled(question, shape)
        left = [_left(all_values, difference) for difference in nesting.differences]
        lines = [Lines(at, direction, tables[direction.coarser]) for at, direction in shape.directions.items()]
        table = Table(shape, all_values, enrolled, left, _tight(left), nesting.own, lines)
        tables[levels] = table
        yield table


def _left(values: list[list[int]], difference: Difference) -> list[int]:
    first, *others = difference.plus
    left: Iterable[int] = values[first]
    for t in others:
        left = map(add, left, values[t])
    for t in difference.minus:
        left = map(sub, left, values[t])
    return list(left)


def _tight(left: list[list[int]]) -> dict[int, list[int]]:
    tight: defaultdict[int, list[int]] = defaultdict(list)
    for q, of_cells in enumerate(left):
        if 0 in of_cells:
            for i, n in enumerate(of_cells):
                if n == 0:
                    tight[i].append(q)
    return {i: tight[i] for i in sorted(tight)}


def _values(
    question: Question,
    series: range,
    levels: Levels,
    shapes: Shapes,
    finer: Mapping[Levels, list[list[int]]],
) -> list[list[int]]:
    """The numbers of some series; of all but the finest table added up from a finer one."""
    axes = question.axes
    at = next((at for at, level in enumerate(levels) if level < axes[at].depth), None)
    if at is None:
        return _counted(question, series, shapes[levels])
    child = replaced(levels, at, levels[at] + 1)
    slices = [parts for _, parts in shapes[child].directions[at].slices]
    values = [[sum(numbers[parts]) for parts in slices] for numbers in finer[child]]
    if question.coarser is not None:
        shape = shapes[levels]
        values[-1] = [0] * shape.size
        for position, n in question.coarser(levels).items():
            values[-1][index_of(position, shape.sizes)] = n
    return values


def _counted(question: Question, series: range, shape: Shape) -> list[list[int]]:
    places = [{value: place for place, value in enumerate(axis.values)} for axis in question.axes]
    values = [[0] * shape.size for _ in series]
    for cell, numbers in question.counted.items():
        index = index_of(tuple([place[value] for place, value in zip(places, cell, strict=True)]), shape.sizes)
        for of_series, t in zip(values, series, strict=True):
            of_series[index] = numbers[t]
    return values


def _enrolled(question: Question, shape: Shape) -> list[int | None]:
    students = [at for at, axis in enumerate(question.axes) if axis.of_students]
    places = [
        dict(zip(question.axes[at].values, question.axes[at].places(shape.levels[at]), strict=True)) for at in students
    ]
    groups: defaultdict[Cell, int] = defaultdict(int)
    for values, n in question.enrolled.items():
        groups[tuple([place[value] for place, value in zip(places, values, strict=True)])] += n
    return [groups.get(group) for group in shape.groups]
