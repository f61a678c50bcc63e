"""Cuts an answer out of the whole table that it is a slice of: its counts, its students and what of it is hidden."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from typing import NamedTuple, TypeVar

from reporting.measures.lattice import Question
from reporting.measures.suppression import Run
from reporting.views.breakdown import OF_STUDENTS, Breakdown, Key, Numbers
from reporting.views.rows import Sums

Value = TypeVar("Value")

Combination = tuple[int | Run, ...]
"""A value, or a period, for each key of the whole table."""

HiddenAt = Callable[[Combination], frozenset[int]]
"""Which series of a combination are hidden."""


class _Part(NamedTuple):
    """What an answer takes of one key of the whole table."""

    key: Key
    values: Sequence[int | Run]
    """Those that something is told of; the months of a period that is told as one are a run."""
    numbers: frozenset[int] | None
    """Which cells it takes; None: every one."""


def sliced(
    breakdown: Breakdown,
    school_id: str | None,
    schools: Mapping[int, str],
    whole: Breakdown,
    question: Question,
    hidden_at: HiddenAt,
) -> Sums:
    """What was asked for, cut out of the whole table."""
    parts = _parts(breakdown, school_id, schools, whole, question)
    counted: dict[Numbers, Sequence[int]] = {}
    for numbers, counts in _inside(question.counted, parts, breakdown.keys):
        known = counted.get(numbers)
        counted[numbers] = [a + b for a, b in zip(known, counts, strict=True)] if known else counts
    students: defaultdict[Numbers, int] = defaultdict(int)
    of_students = [part for part in parts if part.key in OF_STUDENTS]
    for group, n in _inside(question.enrolled, of_students, breakdown.of_students()):
        students[group] += n
    return Sums(breakdown, schools, counted, students, _hidden(parts, breakdown.keys, hidden_at))


def _parts(
    breakdown: Breakdown, school_id: str | None, schools: Mapping[int, str], whole: Breakdown, question: Question
) -> list[_Part]:
    fixed = {Key(field): number for field, number in breakdown.only}
    if school_id is not None:
        fixed[Key.SCHOOL_ID] = next(number for number, known in schools.items() if known == school_id)
    parts: list[_Part] = []
    for key, axis in zip(whole.keys, question.axes, strict=True):
        if key in fixed:
            parts.append(_Part(key, [fixed[key]], frozenset({fixed[key]})))
        elif key is Key.MONTH:
            period = Run(breakdown.first_month, breakdown.last_month)
            months = [month for month in axis.values if month in period]
            parts.append(_Part(key, months if key in breakdown.keys else [period], frozenset(months)))
        else:
            parts.append(_Part(key, axis.values, None))
    return parts


def _inside(
    table: Mapping[Numbers, Value], parts: Sequence[_Part], keys: Sequence[Key]
) -> Iterator[tuple[Numbers, Value]]:
    """What the cells of a table that lie in the slice say, by the keys of the answer."""
    told = _places_of(keys, parts)
    limits = [(at, part.numbers) for at, part in enumerate(parts) if part.numbers is not None]
    for cell, said in table.items():
        if all(cell[at] in numbers for at, numbers in limits):
            yield tuple([cell[at] for at in told]), said


def _hidden(parts: Sequence[_Part], keys: Sequence[Key], hidden_at: HiddenAt) -> dict[Numbers, frozenset[int]]:
    told = _places_of(keys, parts)
    hidden: dict[Numbers, frozenset[int]] = {}
    for combination in product(*[part.values for part in parts]):
        if series := hidden_at(combination):
            # A run is never told: months are either a key of the answer or one period.
            numbers = [number for number in (combination[at] for at in told) if not isinstance(number, Run)]
            hidden[tuple(numbers)] = series
    return hidden


def _places_of(keys: Sequence[Key], parts: Sequence[_Part]) -> list[int]:
    places = {part.key: at for at, part in enumerate(parts)}
    return [places[key] for key in keys]
