"""What hidden groups have in one column is what they have in all, less what the other columns tell of them together.

Say two groups are hidden and their sum, 11, can be computed. Where a column hides just these two, their sum in it can
be computed too; if that is 11 as well, they have nothing in any other column, and if it is 9, they have 2. So the
columns that hide just these two must leave enough for the others.
"""

from collections import defaultdict
from itertools import compress

from reporting.measures.lattice import Lines, Table


def leave_enough(table: Table, minimum: int) -> bool:
    """Hide more in a column where otherwise less than `minimum` would be left for those that hide more. True if any."""
    changed = False
    for along in table.lines:
        for across in table.lines:
            coarser = next((lines for lines in across.parent.lines if lines.axis == along.axis), None)
            if across is not along and coarser is not None:
                for t in table.own:
                    if 1 in across.parent.hidden[t]:
                        changed |= _leave_enough(table, t, along, across, coarser, minimum)
    return changed


def _leave_enough(table: Table, t: int, along: Lines, across: Lines, coarser: Lines, minimum: int) -> bool:
    columns: defaultdict[int, list[tuple[int, slice]]] = defaultdict(list)
    for sum_at, parts in along.direction.slices:
        columns[across.direction.above[parts.start]].append((sum_at, parts))
    changed = False
    for whole_at, groups in coarser.direction.slices:
        flags = across.parent.hidden[t][groups]
        if 1 in flags and not coarser.parent.hidden[t][whole_at]:
            left = sum(compress(across.parent.values[t][groups], flags))
            telling, others = _told_apart(table, t, along, columns[groups.start], flags)
            left -= sum(sum(compress(table.values[t][parts], flags)) for parts in telling)
            while telling and left < minimum and any(1 in _inside(table, t, parts, flags) for parts in others):
                silenced = _hide_least(table, t, telling)
                if silenced is None:
                    break
                changed = True
                telling.remove(silenced)
                others.append(silenced)
                left += sum(compress(table.values[t][silenced], flags))
    return changed


def _told_apart(
    table: Table, t: int, along: Lines, columns: list[tuple[int, slice]], flags: bytearray
) -> tuple[list[slice], list[slice]]:
    """The columns in which the sum of the hidden groups can be computed, and those in which it cannot."""
    telling: list[slice] = []
    others: list[slice] = []
    for sum_at, parts in columns:
        outside = any(hidden and not flag for hidden, flag in zip(table.hidden[t][parts], flags, strict=True))
        (others if outside or along.parent.hidden[t][sum_at] else telling).append(parts)
    return telling, others


def _inside(table: Table, t: int, parts: slice, flags: bytearray) -> list[int]:
    return list(compress(table.hidden[t][parts], flags))


def _hide_least(table: Table, t: int, columns: list[slice]) -> slice | None:
    """Hide the smallest count that any of the columns shows, so that this one tells no more. None: there is none."""
    hidden, known, values = table.hidden[t], table.known[t], table.values[t]
    free = [
        (values[i], i, at)
        for at, parts in enumerate(columns)
        for i in range(parts.start, parts.stop, parts.step)
        if values[i] and not hidden[i] and not known[i]
    ]
    if not free:
        return None
    _, i, at = min(free)
    hidden[i] = 1
    return columns[at]
