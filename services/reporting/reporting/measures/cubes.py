"""Why no arithmetic gives a hidden cell away: it is a corner of a cube of hidden cells.

Take a cell of a table, and another value for each of its keys. One up here, one down at every neighbour, one up again
at theirs: every sum over any of the keys stays what it was, in every table there is. So where all corners of the cube
are hidden, and with them all that they are made of, the same answers fit a world with one more here and one with one
fewer.
"""

from collections.abc import Iterator
from heapq import nsmallest
from itertools import combinations, product

from reporting.measures.lattice import Axis, Table

_MOST_CUBES = 256
"""Around one cell so many cubes are compared: of an axis with many values, as schools are, only the likeliest."""

Cornered = set[tuple[int, int]]
"""Cells, by series and place, that are known to have their cube."""


def complete_cubes(table: Table, axes: tuple[Axis, ...], cornered: Cornered) -> bool:
    """Give each hidden cell whose sums are all shown a cube of hidden cells. True where more had to be hidden."""
    grid = _Grid(table, axes)
    if len(grid.active) < 2:
        return False  # a line's parts are each other's corners
    changed = False
    for t, hidden in enumerate(table.hidden):
        roots = [
            i
            for i, (flag, inherited) in enumerate(zip(hidden, table.inherited[t], strict=True))
            if flag and not inherited and (t, i) not in cornered
        ]
        if len(roots) > 1:
            cornered.update((t, i) for i in grid.corners(t))
        for i in roots:
            if (t, i) not in cornered:
                for corner in grid.best_cube(t, i):
                    cornered.add((t, corner))
                    changed |= not hidden[corner]
                    hidden[corner] = 1
    return changed


class _Grid:
    """A table as a grid: which other values a cell may be moved to along each axis."""

    def __init__(self, table: Table, axes: tuple[Axis, ...]) -> None:
        self.table = table
        self.active = [at for at, level in enumerate(table.levels) if level]
        self.steps: dict[int, int] = {}
        step = 1
        for at in reversed(range(len(table.sizes))):
            self.steps[at] = step
            step *= table.sizes[at]
        self.families = {at: axes[at].families(table.levels[at]) for at in self.active}
        self.family_of = {at: [family for family in self.families[at] for _ in range(*family)] for at in self.active}
        self.choices = max(2, int(_MOST_CUBES ** (1 / max(1, len(self.active)))))
        self._ranked: dict[tuple[int, int, int], list[int]] = {}

    def corners(self, t: int) -> Iterator[int]:
        """Hidden cells that are corners of a cube of which no corner is zero."""
        long = max(self.active, key=lambda at: self.table.sizes[at])
        others = [at for at in self.active if at != long]
        rows = self._rows(t, long, others)
        pairs = [[pair for family in self.families[at] for pair in combinations(range(*family), 2)] for at in others]
        for flips in product(*pairs):
            bases = [self._base(others, corner) for corner in product(*flips)]
            common = rows.get(bases[0], 0)
            for base in bases[1:]:
                common &= rows.get(base, 0)
            for first, last in self.families[long] if common else ():
                within = common >> first & ((1 << last - first) - 1)
                if within.bit_count() > 1:
                    for place in _places(within):
                        yield from (base + (first + place) * self.steps[long] for base in bases)

    def _rows(self, t: int, long: int, others: list[int]) -> dict[int, int]:
        """Each row along the longest axis as one integer: a bit for each cell that is hidden and not zero."""
        hidden, values, step = self.table.hidden[t], self.table.values[t], self.steps[long]
        rows: dict[int, int] = {}
        for places in product(*[range(self.table.sizes[at]) for at in others]):
            base = self._base(others, places)
            for place in range(self.table.sizes[long]):
                if hidden[base + place * step] and values[base + place * step]:
                    rows[base] = rows.get(base, 0) | 1 << place
        return rows

    def _base(self, axes: list[int], places: tuple[int, ...]) -> int:
        return sum(place * self.steps[at] for at, place in zip(axes, places, strict=True))

    def best_cube(self, t: int, i: int) -> list[int]:
        """The corners of the cube around a cell that costs least: few zeros, then little to be hidden."""
        best: tuple[tuple[int, int, int], list[int]] | None = None
        values, hidden, known = self.table.values[t], self.table.hidden[t], self.table.known[t]
        for moves in product(*[self._moves(t, i, at) for at in self.active]):
            corners = [i]
            for move in moves:
                corners += [corner + move for corner in corners]
            if any(known[corner] for corner in corners):
                continue
            cost = (
                _weakness([values[corner] for corner in corners]),
                sum(values[corner] for corner in corners if not hidden[corner]),
                sum(not hidden[corner] for corner in corners),
            )
            if best is None or cost < best[0]:
                best = cost, corners
            if cost == (0, 0, 0):
                break
        return best[1] if best else []

    def _moves(self, t: int, i: int, at: int) -> list[int]:
        """How far the other values of an axis are, those that promise most first: not zero, hidden already, small."""
        step = self.steps[at]
        here = i // step % self.table.sizes[at]
        family = self.family_of[at][here]
        first = i + (family[0] - here) * step
        if (t, at, first) not in self._ranked:
            values, hidden, known = self.table.values[t], self.table.hidden[t], self.table.known[t]
            line = range(first, first + (family[1] - family[0]) * step, step)
            ranks = ((not values[j], not hidden[j], values[j], j) for j in line if not known[j])
            self._ranked[t, at, first] = [j for *_, j in nsmallest(self.choices + 1, ranks)]
        return [j - i for j in self._ranked[t, at, first] if j != i][: self.choices]


def _weakness(values: list[int]) -> int:
    """How much a cube leans on zeros: 0 not at all, 1 it can be moved one way, 2 perhaps no way."""
    if all(values[1:]):
        return 0
    is_odd = [corner.bit_count() & 1 for corner in range(len(values))]
    return 1 if any(all(n for n, odd in zip(values, is_odd, strict=True) if odd == side) for side in (0, 1)) else 2


def _places(bits: int) -> Iterator[int]:
    while bits:
        low = bits & -bits
        yield low.bit_length() - 1
        bits ^= low
