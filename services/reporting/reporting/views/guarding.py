"""An answer as a slice of the table that it is a part of, so that what is hidden does not depend on who asks how.

Whoever filters by a group, names a school or cuts the year short sees a part of a larger table that others see more of.
So the larger one is fetched, decided as a whole (`reporting.measures.suppression`), and the part cut out of it.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import product
from math import prod

from reporting.codec import FIELDS, MONTHS_IN_YEAR
from reporting.measures.lattice import Axis, Levels, Question
from reporting.measures.nesting import Nesting
from reporting.measures.suppression import Pattern, Run, decide
from reporting.views.breakdown import OF_STUDENTS, Breakdown, Key, Numbers
from reporting.views.enrolled import enrolled
from reporting.views.errors import TooFine
from reporting.views.rows import Sums
from reporting.views.scope import schools_by_number
from shared.auth import Caller
from shared.db import ReadSession

MOST_CELLS = 36_000
"""A table of more cells is refused: deciding one of 32,000 (1,000 schools, 8 groups, 4 sexes) takes some seconds."""

_REMEMBERED_CELLS = 200
"""Of smaller tables what was decided last is remembered: a dashboard asks for the same few again and again."""

_QUICK_CELLS = 1_000
"""A larger table is decided in a thread of its own, so that nobody else waits for it."""

MONTHS_IN_BLOCKS = (6, 3)
"""Half-years and quarters: what months are added up to on the way to the year, so that periods need not hide much."""

_NO_SCHOOL = -1
"""Stands in a table of a district that no school is known of: it counts nothing."""

Choice = Sequence[int | Run]
"""The places on an axis that were asked for."""

Place = tuple[int | Run, ...]
"""One of them on every axis."""

Counting = Callable[[Breakdown, str | None], Awaitable[Mapping[Numbers, Sequence[int]]]]
"""Counts what a view counts, by the keys of a breakdown, in all schools that the caller sees or in one."""


async def sums_of(
    session: ReadSession,
    caller: Caller,
    breakdown: Breakdown,
    counting: Counting,
    *,
    school_id: str | None,
    minimum: int,
    nesting: Nesting,
) -> Sums:
    """What was asked for, and which of it is hidden: nothing where `minimum` is 0. Raises: TooFine."""
    tells_schools = school_id is not None or Key.SCHOOL_ID in breakdown.keys
    schools = await schools_by_number(session, caller) if tells_schools else {}
    if minimum <= 1:
        return Sums(
            breakdown,
            schools,
            await counting(breakdown, school_id),
            await enrolled(session, caller, breakdown, school_id),
        )
    whole = widened(breakdown, school_id)
    counted = {numbers: counts for numbers, counts in (await counting(whole, None)).items() if any(counts)}
    students = await enrolled(session, caller, whole, None)
    question = Question(axes_of(whole, schools, counted, students), counted, students)
    pattern = await decided(question, nesting, minimum)
    return sliced(breakdown, school_id, schools, question, pattern.hidden)


def widened(breakdown: Breakdown, school_id: str | None) -> Breakdown:
    """The table that an answer is a slice of: what was filtered by is a key too, and the year is whole."""
    keys = {*breakdown.keys, *(Key(field) for field, _ in breakdown.only)}
    if school_id is not None:
        keys.add(Key.SCHOOL_ID)
    if not breakdown.is_whole_year():
        keys.add(Key.MONTH)
    in_order = tuple(key for key in Key if key in keys)  # whatever the order in `by`, it is the same table
    return replace(breakdown.of_whole_year(), keys=in_order, only=())


def axes_of(
    whole: Breakdown,
    schools: Mapping[int, str],
    counted: Mapping[Numbers, Sequence[int]],
    students: Mapping[Numbers, int],
) -> tuple[Axis, ...]:
    """The keys of a table with all their values that anything is counted or anybody enrolled for.

    A key for which nothing is known yet, as on the first day of a school year, has every value that it may have: all of
    them count nothing. Raises: TooFine.
    """
    values: dict[Key, set[int]] = {key: set() for key in whole.keys}
    for keys, table in ((whole.keys, counted), (whole.of_students(), students)):
        for numbers in table:
            for key, number in zip(keys, numbers, strict=True):
                values[key].add(number)
    for key, of_key in values.items():
        of_key.update(() if of_key else _every_value(key, schools, whole.first_month))
    cells = prod(len(of_key) for of_key in values.values())
    if cells > MOST_CELLS:
        raise TooFine(
            f"Of {cells} combinations of keys and filters too many would be suppressed; up to {MOST_CELLS} are told."
        )
    return tuple(_axis(key, of_key, schools, whole.first_month) for key, of_key in values.items())


def _every_value(key: Key, schools: Mapping[int, str], first: int) -> Iterable[int]:
    if key is Key.SCHOOL_ID:
        return schools or (_NO_SCHOOL,)
    return range(first, first + MONTHS_IN_YEAR) if key is Key.MONTH else FIELDS[key].numbers.values()


def _axis(key: Key, values: set[int], schools: Mapping[int, str], first: int) -> Axis:
    if key is Key.SCHOOL_ID:
        return Axis(tuple(sorted(values, key=lambda number: schools.get(number, ""))), of_students=True)
    in_order = tuple(sorted(values))
    if key is Key.MONTH:
        blocks = tuple(tuple((month - first) // size for month in in_order) for size in MONTHS_IN_BLOCKS)
        return Axis(in_order, of_students=False, blocks=blocks)
    return Axis(in_order, of_students=key in OF_STUDENTS)


async def decided(
    question: Question,
    nesting: Nesting,
    minimum: int,
    *,
    counts_students: bool = False,
    settled: Callable[[Levels], bytearray | None] | None = None,
) -> Pattern:
    """The pattern of a table, as `decide` finds it, without keeping others waiting."""
    cells = prod(len(axis.values) for axis in question.axes)
    if cells <= _REMEMBERED_CELLS and question.coarser is None and settled is None:
        numbers = (tuple(sorted(numbers.items())) for numbers in (question.counted, question.enrolled))
        return _remembered(question.axes, *numbers, nesting, minimum, counts_students)
    if cells <= _QUICK_CELLS:
        return decide(question, nesting, minimum, counts_students=counts_students, settled=settled)
    return await asyncio.to_thread(decide, question, nesting, minimum, counts_students=counts_students, settled=settled)


@lru_cache(maxsize=32)
def _remembered(
    axes: tuple[Axis, ...],
    counted: tuple[tuple[Numbers, tuple[int, ...]], ...],
    enrolled: tuple[tuple[Numbers, int], ...],
    nesting: Nesting,
    minimum: int,
    counts_students: bool,
) -> Pattern:
    # By its numbers, not by its name: the same question over other numbers is decided anew.
    return decide(Question(axes, dict(counted), dict(enrolled)), nesting, minimum, counts_students=counts_students)


def sliced(
    breakdown: Breakdown,
    school_id: str | None,
    schools: Mapping[int, str],
    question: Question,
    hidden_at: Callable[[Place], frozenset[int]],
) -> Sums:
    """What was asked for, cut out of the whole table."""
    whole = widened(breakdown, school_id)
    choices = _choices(breakdown, school_id, schools, whole, question)
    asked = [whole.keys.index(key) for key in breakdown.keys]
    counted: dict[Numbers, list[int]] = {}
    for cell, counts in question.counted.items():
        if all(_is_of(number, choice) for number, choice in zip(cell, choices, strict=True)):
            numbers = tuple([cell[at] for at in asked])
            known = counted.get(numbers)
            counted[numbers] = [a + b for a, b in zip(known, counts, strict=True)] if known else list(counts)
    of_students = [choices[at] for at, key in enumerate(whole.keys) if key in OF_STUDENTS]
    asked_of_students = [whole.of_students().index(key) for key in breakdown.of_students()]
    students: defaultdict[Numbers, int] = defaultdict(int)
    for group, n in question.enrolled.items():
        if all(_is_of(number, choice) for number, choice in zip(group, of_students, strict=True)):
            students[tuple([group[at] for at in asked_of_students])] += n
    hidden = {}
    for place in product(*choices):
        hidden[tuple([number for number in (place[at] for at in asked) if not isinstance(number, Run)])] = hidden_at(
            place
        )
    return Sums(breakdown, schools, counted, students, hidden)


def _choices(
    breakdown: Breakdown, school_id: str | None, schools: Mapping[int, str], whole: Breakdown, question: Question
) -> list[Choice]:
    fixed = {Key(field): number for field, number in breakdown.only}
    if school_id is not None:
        fixed[Key.SCHOOL_ID] = next(number for number, known in schools.items() if known == school_id)
    period = Run(breakdown.first_month, breakdown.last_month)
    choices: list[Choice] = []
    for key, axis in zip(whole.keys, question.axes, strict=True):
        if key in fixed:
            choices.append([fixed[key]])
        elif key is Key.MONTH:
            in_period = [month for month in axis.values if month in period]
            choices.append(in_period if key in breakdown.keys else [period])
        else:
            choices.append(axis.values)
    return choices


def _is_of(number: int, choice: Choice) -> bool:
    return any(number in place if isinstance(place, Run) else number == place for place in choice)
