"""Which cells of a table of schools by values are hidden, so that sums and differences give none of them away.

The table's margins are known: what a school's values add up to is its own row, and the district's row is what all
schools add up to. So hidden cells are unknowns, each in two equations: its row's and its column's. Such equations say
exactly what an unknown is if and only if its edge, in the graph of rows and columns that hidden cells join, lies on no
cycle: is a bridge (decision 0021). Cells in which nobody is are no edges here: an attacker may know that from a roster.
"""

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

Cell = tuple[int, int]
"""A row and a column, by their places."""
Counts = tuple[int, ...]
"""How many answered in a cell: something at all, then each of the items. Hidden is all of it or nothing."""


@dataclass(frozen=True, slots=True)
class Table:
    """How many answered, by row and value; the last row is the district's, the sum of all others."""

    counts: Sequence[Sequence[Counts]]

    @property
    def district(self) -> int:
        """The place of the district's row."""
        return len(self.counts) - 1

    @property
    def columns(self) -> int:
        """How many values there are."""
        return len(self.counts[0])

    def people(self, cell: Cell) -> int:
        """How many are in a cell."""
        return self.counts[cell[0]][cell[1]][0]

    def cells(self) -> Iterator[Cell]:
        """Every cell in which somebody is, by row and column."""
        for row, of_row in enumerate(self.counts):
            for column, counts in enumerate(of_row):
                if counts[0]:
                    yield row, column


def table_of(rows: Sequence[Sequence[Counts]]) -> Table:
    """A table of these rows, with the district's below them."""
    columns = zip(*rows, strict=True)
    return Table([*rows, [tuple(sum(part) for part in zip(*column, strict=True)) for column in columns]])


def too_small(table: Table, minimum: int) -> set[Cell]:
    """The cells in which somebody is and fewer than the minimum answered, in all or in one of the items."""
    return {(row, column) for row, column in table.cells() if min(table.counts[row][column]) < minimum}


def complemented(table: Table, hidden: Iterable[Cell], minimum: int) -> set[Cell]:
    """These cells, and as many more as it takes until none of them can be worked out from what is shown.

    Then of every line whose sum is shown either nothing is hidden, or two cells at least in which the minimum answered
    together; and no hidden cell is a bridge. Where there is a choice the cell with the fewest people goes. What the
    margins alone give away, as where a whole school is of one value, cannot be hidden and is large enough to show: in a
    column that has such a cell it may be the sum that has to go.
    """
    given_away = bridges(table.cells())
    cells = [cell for cell in table.cells() if cell not in given_away]
    found = set(hidden).intersection(cells)
    beside, lines = _graph(cells), _lines(table, cells)
    before = -1
    while before != len(found):
        before = len(found)
        on_cycles: set[Cell] = set()
        for bridge in sorted(bridges(found)):
            if bridge not in on_cycles:
                cycle = _cycle(table, beside, found, bridge)
                on_cycles |= cycle
                found |= cycle
        for line in lines:
            _settle(table, line, found, minimum)
    return found


@dataclass(frozen=True, slots=True)
class _Line:
    """The cells of a row, or of a column without the district's, and the cell that says their sum, if it is one."""

    cells: Sequence[Cell]
    margin: Cell | None


def _lines(table: Table, cells: Sequence[Cell]) -> list[_Line]:
    """Every row, the sum of which is always shown, and every column, the sum of which is the district's cell."""
    rows: list[list[Cell]] = [[] for _ in table.counts]
    columns: list[list[Cell]] = [[] for _ in range(table.columns)]
    for row, column in cells:
        rows[row].append((row, column))
        if row != table.district:
            columns[column].append((row, column))
    of_columns = [_Line(line, (table.district, place)) for place, line in enumerate(columns)]
    return [*(_Line(line, None) for line in rows), *of_columns]


def _settle(table: Table, line: _Line, hidden: set[Cell], minimum: int) -> None:
    """Hide more of a line until what is hidden in it are enough people, or its sum is hidden too."""
    inside = [cell for cell in line.cells if cell in hidden]
    if not inside or line.margin in hidden:
        return
    left = sorted((table.people(cell), cell) for cell in line.cells if cell not in hidden)
    while (is_few := _together(table, inside, hidden) < minimum) and left:
        _, cell = left.pop(0)
        inside.append(cell)
    hidden.update(inside)
    if is_few and line.margin is not None:
        hidden.add(line.margin)


def _together(table: Table, cells: Sequence[Cell], hidden: set[Cell]) -> int:
    """How many answered in these cells together, in the item that the fewest answered.

    The district's cell stands for those of its column that are hidden, if any is: what it holds besides is shown.
    """
    counts: list[Counts] = []
    for row, column in cells:
        schools = range(table.district) if row == table.district else ()
        rows = [school for school in schools if (school, column) in hidden] or [row]
        counts += [table.counts[one][column] for one in rows]
    sums: list[int] = [sum(part) for part in zip(*counts, strict=True)]
    return min(sums)


def bridges(cells: Iterable[Cell]) -> set[Cell]:
    """Those cells that lie on no cycle of the graph in which each joins its row and its column.

    Found in one walk (Tarjan 1974): from below a bridge no other edge leads back to where it began.
    """
    beside = _graph(cells)
    seen_at: dict[int, int] = {}
    lowest: dict[int, int] = {}
    found: set[Cell] = set()
    for start in beside:
        if start in seen_at:
            continue
        seen_at[start] = lowest[start] = len(seen_at)
        walk = [(start, start, iter(beside[start]))]
        while walk:
            node, came_from, onward = walk[-1]
            for near in onward:
                if near not in seen_at:
                    seen_at[near] = lowest[near] = len(seen_at)
                    walk.append((near, node, iter(beside[near])))
                    break
                if near != came_from:
                    lowest[node] = min(lowest[node], seen_at[near])
            else:
                walk.pop()
                if walk:
                    lowest[came_from] = min(lowest[came_from], lowest[node])
                    if lowest[node] > seen_at[came_from]:
                        found.add(_cell(node, came_from))
    return found


def _graph(cells: Iterable[Cell]) -> dict[int, list[int]]:
    """Which nodes lie beside which: rows are 0 and up, columns -1 and down."""
    beside: dict[int, list[int]] = {}
    for row, column in sorted(cells):
        beside.setdefault(row, []).append(~column)
        beside.setdefault(~column, []).append(row)
    return beside


def _cell(one: int, other: int) -> Cell:
    return (one, ~other) if one >= 0 else (other, ~one)


def _cycle(table: Table, beside: Mapping[int, Sequence[int]], hidden: set[Cell], bridge: Cell) -> set[Cell]:
    """The cycle through a bridge that takes the fewest people more (Dijkstra).

    There is one: what lies on none in the whole table was left out beforehand.
    """
    start, goal = bridge[0], ~bridge[1]
    done: set[int] = set()
    reached: list[tuple[int, int, tuple[Cell, ...]]] = [(0, start, (bridge,))]
    while reached:
        people, node, way = heapq.heappop(reached)
        if node == goal:
            return set(way)
        if node in done:
            continue
        done.add(node)
        for near in beside[node]:
            cell = _cell(node, near)
            if near not in done and cell != bridge:
                more = 0 if cell in hidden else table.people(cell)
                heapq.heappush(reached, (people + more, near, (*way, cell)))
    raise AssertionError("a cell without a cycle")
