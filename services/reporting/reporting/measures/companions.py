"""What is hidden beside a hidden cell, so that no sum and no difference of what is shown gives it away."""

from collections.abc import Iterator, Sequence
from itertools import compress

from reporting.measures.flags import as_bits, as_flags, both, either, flagged
from reporting.measures.lattice import Lines, Table
from reporting.measures.nesting import Difference, Nesting
from reporting.measures.primary import least_part
from reporting.measures.tightness import settled


def inherit(table: Table, nesting: Nesting) -> None:
    """A part of what is hidden is hidden, and the only part of a sum is the sum."""
    table.known = [bytearray(table.size) for _ in range(nesting.series)]
    table.hidden = [bytearray(table.size) for _ in range(nesting.series)]
    table.equal = [bytearray(table.size) for _ in nesting.differences]
    for _, direction, parent in table.lines:
        for mine, sums in ((table.hidden, parent.hidden), (table.equal, parent.equal)):
            for t, of_sums in enumerate(sums):
                if 1 in of_sums:
                    mine[t] = either(mine[t], bytes([of_sums[sum_at] for sum_at in direction.above]))
    for _, direction, parent in table.lines:
        for sum_at, i in direction.of_one:
            for hidden, known, of_sum in zip(table.hidden, table.known, parent.hidden, strict=True):
                known[i] = 1
                # Where the sum is shown this can be computed, though it is a part of another that is hidden.
                hidden[i] &= of_sum[sum_at]
    table.inherited = [bytearray(flags) for flags in table.hidden]
    table.needy = [bytearray(flags) for flags in table.hidden]


def hide_beside(table: Table, nesting: Nesting, told: Sequence[bytearray]) -> None:
    """What another view tells is hidden as it hides it, and beside it whatever would bound it."""
    for t, flags in enumerate(told):
        table.hidden[t] = bytearray(flags)
    for difference in nesting.differences:
        for t in table.own:
            if t in difference.parts:
                beside = [table.hidden[part] for part in difference.parts if part not in table.own]
                table.hidden[t] = either(table.hidden[t], *beside)
                table.needy[t] = bytearray(table.hidden[t])


def conclude(table: Table, nesting: Nesting) -> None:
    """What is told of the differences: which are hidden, and which are known to be zero, as will be their parts."""
    bits = list(map(as_bits, table.hidden))
    table.hidden_left = [as_flags(_either_part(bits, difference), table.size) for difference in nesting.differences]
    for i, tight in table.tight.items():
        for q in tight:
            if not table.hidden_left[q][i]:
                table.equal[q][i] = 1
    for cell in settled(table, nesting):
        for q in cell.equal:
            table.equal[q][cell.cell] = 1


def hide_with_equals(table: Table, nesting: Nesting, minimum: int) -> bool:
    """Where nothing lies between a whole and its parts, hiding one hides those that tell it. True if any was."""
    changed = False
    may_hide = {t for difference in nesting.differences for t in difference.twins}
    for cell in list(settled(table, nesting)):
        i = cell.cell
        if any(_is_secret(table, nesting, t, i, minimum) for t in cell.series):
            free = [t for t in cell.around if t in may_hide and table.values[t][i] and not table.known[t][i]]
            if free:
                table.hidden[min(free, key=lambda t: (table.values[t][i], t))][i] = 1
                changed = True
    for q, difference in enumerate(nesting.differences):
        equal = table.equal[q]
        if 1 not in equal:
            continue
        hidden = either(*[table.hidden[t] for t in difference.parts])
        for i in flagged(both(equal, hidden)):
            for side in (difference.minus, difference.plus):
                largest = max(side, key=lambda t: (table.values[t][i], t))
                if largest in difference.twins and not table.hidden[largest][i] and not table.known[largest][i]:
                    table.hidden[largest][i] = 1
                    changed = True
    return changed


def _is_secret(table: Table, nesting: Nesting, t: int, i: int, minimum: int) -> bool:
    """Whether a hidden number, or a difference that it alone hides, is small."""
    if 0 < table.values[t][i] < minimum:
        return True
    for difference, left in zip(nesting.differences, table.left, strict=True):
        hides = [part for part in difference.parts if table.hidden[part][i]] if 0 < left[i] < minimum else []
        if hides == [t]:
            return True
    return False


LeftAlone = dict[tuple[int, int], int]
"""Per axis and series, or difference, what was hidden when its lines were looked at and nothing more was needed."""


def complete_lines(table: Table, nesting: Nesting, minimum: int, left_alone: LeftAlone) -> bool:
    """No sum that is shown has a lone hidden part, nor hidden parts of less than `minimum`. True if more was hidden."""
    changed = False
    for lines in table.lines:
        changed |= _complete_counts(table, lines, minimum, left_alone)
        changed |= _complete_differences(table, nesting, lines, minimum, left_alone)
    return changed


def _complete_counts(table: Table, lines: Lines, minimum: int, left_alone: LeftAlone) -> bool:
    any_changed = False
    for t in table.own:
        hidden = table.hidden[t]
        bits = as_bits(hidden)
        if not bits or left_alone.get((lines.axis, t)) == bits:
            continue
        changed = False
        for parts in _too_few(lines, table.values[t], hidden, lines.parent.hidden[t], minimum):
            changed |= _complete(table, t, parts, minimum)
        if not changed:
            left_alone[lines.axis, t] = bits
        any_changed |= changed
    return any_changed


def _complete_differences(table: Table, nesting: Nesting, lines: Lines, minimum: int, left_alone: LeftAlone) -> bool:
    any_changed = False
    of_series = list(map(as_bits, table.hidden))
    for q, difference in enumerate(nesting.differences):
        bits = _either_part(of_series, difference)
        if not bits or left_alone.get((lines.axis, nesting.series + q)) == bits:
            continue
        changed = False
        hidden = as_flags(bits, table.size)
        for parts in _too_few(lines, table.left[q], hidden, lines.parent.hidden_left[q], minimum):
            changed |= _complete_difference(table, q, difference, parts, minimum)
        if changed:
            of_series = list(map(as_bits, table.hidden))
        else:
            left_alone[lines.axis, nesting.series + q] = bits
        any_changed |= changed
    return any_changed


def _too_few(lines: Lines, values: list[int], hidden: bytearray, hidden_sums: bytearray, minimum: int) -> list[slice]:
    """The lines whose sum is shown, and whose hidden parts are but one that is not zero, or together a small count."""
    found = []
    for sum_at, parts in lines.direction.of_many:
        if not hidden_sums[sum_at] and 1 in (flags := hidden[parts]):
            inside = list(compress(values[parts], flags))
            if len(inside) - inside.count(0) < 2 or sum(inside) < minimum:
                found.append(parts)
    return found


def _complete(table: Table, t: int, parts: slice, minimum: int) -> bool:
    hidden, needy, known, values = table.hidden[t], table.needy[t], table.known[t], table.values[t]
    line = range(parts.start, parts.stop, parts.step)
    inside = [i for i in line if hidden[i]]
    positive = [i for i in inside if values[i]]
    total = sum(values[i] for i in positive)

    def are_enough() -> bool:
        return len(inside) > 1 and total >= minimum and (len(positive) > 1 or not needy[positive[0]])

    if are_enough():
        return False
    before = len(inside)
    for _, i in sorted((values[i], i) for i in line if values[i] and not hidden[i] and not known[i]):
        hidden[i] = 1
        inside.append(i)
        positive.append(i)
        total += values[i]
        if are_enough():
            return True
    if len(positive) == 1:
        # The only part that is not zero is the sum, unless it is not told which of the others are zero.
        zeros = [i for i in line if not hidden[i] and not known[i]]
        for i in zeros:
            hidden[i] = 1
        before -= len(zeros)
    return len(inside) > before


def _complete_difference(table: Table, q: int, difference: Difference, parts: slice, minimum: int) -> bool:
    left = table.left[q]
    line = range(parts.start, parts.stop, parts.step)
    inside = {i for i in line if any(table.hidden[t][i] for t in difference.parts)}
    total = sum(left[i] for i in inside)
    count = sum(left[i] > 0 for i in inside)
    others = [
        (table.values[part][i] == 0, table.values[part][i], i, part)
        for i in line
        if left[i] and i not in inside and (part := least_part(table, difference, i)) is not None
    ]
    for *_, i, part in sorted(others):
        table.hidden[part][i] = 1
        total += left[i]
        count += 1
        if total >= minimum and count > 1:
            break
    return bool(others)


def show_what_follows(table: Table, nesting: Nesting, minimum: int, *, adds_up: bool) -> bool:
    """What can be computed after all is no secret, and hiding it would only look like one. True if any was."""
    found = set(_lone_parts(table, adds_up=adds_up))
    for cell in settled(table, nesting):
        own = [t for t in cell.series if t in table.own]
        found.update((t, cell.cell) for t in own if not _is_secret(table, nesting, t, cell.cell, minimum))
    for t, i in found:
        table.hidden[t][i], table.known[t][i] = 0, 1
    return bool(found)


def _lone_parts(table: Table, *, adds_up: bool) -> Iterator[tuple[int, int]]:
    """Hidden parts of a sum whose siblings are all known; where these do not add up, known to be zero."""
    for lines in table.lines:
        for t in table.own:
            hidden, hidden_sums = table.hidden[t], lines.parent.hidden[t]
            for sum_at, parts in lines.direction.of_many if 1 in hidden else ():
                if not hidden_sums[sum_at] and hidden[parts].count(1) == 1:
                    i = parts.start + parts.step * hidden[parts].index(1)
                    if adds_up or sum(table.values[t][parts]) == table.values[t][i]:
                        yield t, i


def _either_part(of_series: Sequence[int], difference: Difference) -> int:
    """Where a difference cannot be computed, because a part of it is hidden."""
    bits = 0
    for t in difference.parts:
        bits |= of_series[t]
    return bits
