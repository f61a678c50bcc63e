"""Why no arithmetic gives a hidden cell away: it is a corner of a cube of hidden cells.

Take a cell of a table, and another value for each of its keys. One up here, one down at every neighbour, one up again
at theirs: every sum over any of the keys stays what it was, in every table there is. So where all corners of the cube
are hidden, and with them all that they are made of, the same answers fit a world with one more here and one with one
fewer.
"""

from functools import reduce
from operator import and_

from reporting.measures.flags import as_bits, as_flags, bits_between, both, but_not, flagged
from reporting.measures.lattice import Table

_MOST_CUBES = 256
"""Around one cell so many cubes are compared: of an axis with many values, as schools are, only the likeliest."""

Cornered = list[bytearray]
"""Per series the cells that are known to have their cube."""


def none_cornered(table: Table) -> Cornered:
    """Before anything is known."""
    return [bytearray(table.size) for _ in table.hidden]


def complete_cubes(table: Table, cornered: Cornered) -> bool:
    """Give each hidden cell whose sums are all shown a cube of hidden cells. True where more had to be hidden."""
    if len(table.shape.active) < 2:
        return False  # a line's parts are each other's corners
    grid: _Grid | None = None
    changed = False
    for t in table.own:
        hidden = table.hidden[t]
        roots = but_not(hidden, table.inherited[t], cornered[t])
        if 1 not in roots:
            continue
        grid = grid or _Grid(table)
        if roots.count(1) > 1:
            grid.mark_corners(t, cornered[t])
        for i in flagged(but_not(roots, cornered[t])):
            if not cornered[t][i]:
                for corner in grid.best_cube(t, i):
                    cornered[t][corner] = 1
                    changed |= not hidden[corner]
                    hidden[corner] = 1
    return changed


_Cost = tuple[int, int, int]
"""What is against a cube: that it leans on zeros, then the counts that it hides, then how many these are."""
_ABOVE_ALL: _Cost = (3, 0, 0)


class _Grid:
    """A table as a grid: which other values a cell may be moved to along each axis."""

    def __init__(self, table: Table) -> None:
        self.table, self.shape = table, table.shape
        self.choices = max(2, int(_MOST_CUBES ** (1 / len(self.shape.active))))
        self._ranked: dict[tuple[int, int, int], list[int]] = {}

    def mark_corners(self, t: int, cornered: bytearray) -> None:
        """Mark the hidden cells that are corners of a cube of which no corner is zero."""
        shape, long = self.shape, self.shape.longest
        length, step = shape.sizes[long], shape.steps[long]
        candidates = both(self.table.hidden[t], bytes(map(bool, self.table.values[t])))
        lines = {first: slice(first, first + (length - 1) * step + 1, step) for first in shape.rows}
        rows = {first: as_bits(candidates[line]) for first, line in lines.items()}
        families = [bits_between(*family) for family in shape.families[long]]
        found = dict.fromkeys(rows, 0)
        for face in shape.faces:
            common = reduce(and_, [rows[first] for first in face])
            for family in families if common else ():
                within = common & family
                if within.bit_count() > 1:
                    for first in face:
                        found[first] |= within
        for first, bits in found.items():
            if bits:
                line = lines[first]
                cornered[line] = as_flags(as_bits(cornered[line]) | bits, length)

    def best_cube(self, t: int, i: int) -> list[int]:
        """The corners of the cube around a cell that costs least: few zeros, then little to be hidden.

        Built axis by axis. As no count is less than nothing, more corners never cost less: what costs as much as the
        best cube so far is not built further.
        """
        values, hidden, known = self.table.values[t], self.table.hidden[t], self.table.known[t]
        some_are_known, some_are_zero = 1 in known, 0 in values
        moves = [self._moves(t, i, at) for at in self.shape.active]
        best: list[int] = []
        least: _Cost = _ABOVE_ALL

        def build(corners: list[int], weakness: int, hides: int, cells: int) -> None:
            nonlocal best, least
            is_last = len(corners) == 1 << len(moves) - 1
            for move in moves[len(corners).bit_length() - 1]:
                first = i + move
                if not hidden[first] and (weakness, hides + values[first]) > least[:2]:
                    continue
                face = [corner + move for corner in corners]
                if some_are_known and any([known[corner] for corner in face]):
                    continue
                cube = corners + face
                shown = [values[corner] for corner in face if not hidden[corner]]
                leans = _weakness([values[corner] for corner in cube]) if some_are_zero else 0
                cost = leans, hides + sum(shown), cells + len(shown)
                if cost < least:
                    if is_last:
                        best, least = cube, cost
                    else:
                        build(cube, *cost)

        if not known[i]:
            build([i], 0, 0, 0)
        return best

    def _moves(self, t: int, i: int, at: int) -> list[int]:
        """How far the other values of an axis are, those that promise most first: not zero, hidden already, small."""
        step = self.shape.steps[at]
        here = i // step % self.shape.sizes[at]
        family = self.shape.family_of[at][here]
        first = i + (family[0] - here) * step
        if (t, at, first) not in self._ranked:
            values, hidden, known = self.table.values[t], self.table.hidden[t], self.table.known[t]
            line = range(first, first + (family[1] - family[0]) * step, step)
            ranks = ((not values[j], not hidden[j], values[j], j) for j in line if not known[j])
            self._ranked[t, at, first] = [j for *_, j in sorted(ranks)[: self.choices + 1]]
        return [j - i for j in self._ranked[t, at, first] if j != i][: self.choices]


def _weakness(values: list[int]) -> int:
    """How much a cube leans on zeros: 0 not at all, 1 it can be moved one way, 2 perhaps no way."""
    if all(values[1:]):
        return 0
    is_odd = [corner.bit_count() & 1 for corner in range(len(values))]
    return 1 if any(all(n for n, odd in zip(values, is_odd, strict=True) if odd == side) for side in (0, 1)) else 2
