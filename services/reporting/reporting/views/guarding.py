"""An answer as a slice of the table that it is a part of, so that what is hidden does not depend on who asks how.

Whoever filters by a group, names a school or cuts the year short sees a part of a larger table that others see more of.
So the larger one is fetched, decided as a whole (`reporting.measures.suppression`), and the slice cut out of it
(`reporting.views.slicing`).
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from math import prod
from typing import Any, NamedTuple, TypeVar

from reporting.codec import FIELDS, MONTHS_IN_YEAR, STAGES
from reporting.measures.axes import Axis
from reporting.measures.lattice import Question
from reporting.measures.nesting import NESTED_STAGES, Nesting
from reporting.measures.suppression import Pattern, decide
from reporting.models import FUNNEL
from reporting.views import cells
from reporting.views.breakdown import OF_STUDENTS, Breakdown, Key, Numbers
from reporting.views.enrolled import enrolled
from reporting.views.errors import TooFine
from reporting.views.rows import Sums
from reporting.views.scope import schools_by_number
from reporting.views.slicing import HiddenAt, sliced
from shared.auth import Caller
from shared.db import ReadSession

MOST_STEPS = 80_000
"""What takes more is refused: so many, cells of all tables of a lattice times their keys, take about four seconds."""

_REMEMBERED_CELLS = 200
"""Of smaller tables what was decided last is remembered: a dashboard asks for the same few again and again."""

_QUICK_CELLS = 1_000
"""A larger table is decided in a thread of its own, so that nobody else waits for it."""

MONTHS_IN_BLOCKS = (6, 3)
"""Half-years and quarters: what months are added up to on the way to the year, so that periods need not hide much."""

_NO_SCHOOL = -1
"""Stands in a table of a district that no school is known of: it counts nothing."""

Result = TypeVar("Result")


class Whole(NamedTuple):
    """The table that an answer is a slice of: its funnel, which every view is told beside."""

    breakdown: Breakdown
    schools: Mapping[int, str]
    question: Question

    async def decided(self, minimum: int) -> Pattern:
        """What of the funnel is hidden."""
        return await aside(self.question, partial(_decided, self.question, minimum))

    async def decided_while(self, minimum: int, asked: Coroutine[Any, Any, Result]) -> tuple[Pattern, Result]:
        """What of the funnel is hidden, and what the database answers meanwhile: it reads while we reckon.

        Its question has the request's connection to itself, and has ended when this ends, however it does.
        """
        answer = asyncio.create_task(asked)
        try:
            await asyncio.sleep(0)  # so that the question is sent
            return await self.decided(minimum), await answer
        except BaseException:
            answer.cancel()
            # Not `wait`: called off once more, it would go, and leave the question on the connection.
            await asyncio.gather(answer, return_exceptions=True)
            raise

    def extended(self, own: Mapping[Numbers, tuple[int, ...]], nesting: Nesting) -> Question:
        """The funnel's stages, and after them the series that a view has of its own."""
        stages, students = self.question.counted, self.question.enrolled
        no_stages, nothing = (0,) * len(STAGES), (0,) * len(nesting.own)
        counted = {n: (*stages.get(n, no_stages), *own.get(n, nothing)) for n in {*stages, *own}}
        return Question(axes_of(self.breakdown, self.schools, counted, students), counted, students)

    def sliced(
        self, breakdown: Breakdown, school_id: str | None, hidden_at: HiddenAt, question: Question | None = None
    ) -> Sums:
        """What was asked for, cut out of this table, or out of another of the same keys."""
        return sliced(breakdown, school_id, self.schools, self.breakdown, question or self.question, hidden_at)


async def whole_funnel(
    session: ReadSession, caller: Caller, breakdown: Breakdown, school_id: str | None, *also: Key
) -> Whole:
    """The table that an answer is a slice of; `also`: keys that the view is decided by. Raises: TooFine."""
    whole = widened(breakdown, school_id, *also)
    schools = await schools_by_number(session, caller) if Key.SCHOOL_ID in whole.keys else {}
    ensure_not_too_fine(whole, caller, schools)
    stages = await cells.sums(session, caller, FUNNEL, whole, None)
    counted = {numbers: counts for numbers, counts in stages.items() if any(counts)}
    students = await enrolled(session, caller, whole, None)
    return Whole(whole, schools, Question(axes_of(whole, schools, counted, students), counted, students))


async def unguarded(
    session: ReadSession,
    caller: Caller,
    breakdown: Breakdown,
    school_id: str | None,
    counted: Mapping[Numbers, Sequence[int]],
) -> Sums:
    """What was counted as it is, for those who may see small counts."""
    return Sums(
        breakdown,
        await schools_by_number(session, caller) if Key.SCHOOL_ID in breakdown.keys else {},
        counted,
        await enrolled(session, caller, breakdown, school_id),
    )


def widened(breakdown: Breakdown, school_id: str | None, *also: Key) -> Breakdown:
    """The table that an answer is a slice of: what was filtered by is a key too, and the year is whole.

    `also`: keys that the view is decided by, whoever asks.
    """
    keys = {*breakdown.keys, *(Key(field) for field, _ in breakdown.only), *also}
    if school_id is not None:
        keys.add(Key.SCHOOL_ID)
    if not breakdown.is_whole_year():
        keys.add(Key.MONTH)
    in_order = tuple(key for key in Key if key in keys)  # whatever the order in `by`, it is the same table
    return replace(breakdown.of_whole_year(), keys=in_order, only=())


def ensure_not_too_fine(whole: Breakdown, caller: Caller, schools: Mapping[int, str]) -> None:
    """A table can be decided within seconds, whatever is counted in it: its keys say how large it may be.

    Raises: TooFine.
    """
    sizes = {Key.MONTH: MONTHS_IN_YEAR, Key.SCHOOL_ID: sum(map(caller.sees_school, schools.values()))}
    sizes |= {Key(field): len(bits.numbers) for field, bits in FIELDS.items()}
    blocks = {Key.MONTH: sum(MONTHS_IN_YEAR // months for months in MONTHS_IN_BLOCKS)}
    steps = len(whole.keys) * prod(1 + blocks.get(key, 0) + sizes[key] for key in whole.keys)
    if steps > MOST_STEPS:
        raise TooFine(
            "Keys and filters together make too many combinations to find what must be suppressed;"
            " ask for fewer of them, or for one school less finely."
        )


def axes_of(
    whole: Breakdown,
    schools: Mapping[int, str],
    counted: Iterable[Numbers],
    students: Iterable[Numbers],
) -> tuple[Axis, ...]:
    """The keys of a table with all their values that anything is counted or anybody enrolled for.

    A key for which nothing is known yet, as on the first day of a school year, has every value that it may have: all of
    them count nothing.
    """
    values: dict[Key, set[int]] = {key: set() for key in whole.keys}
    for keys, table in ((whole.keys, counted), (whole.of_students(), students)):
        for numbers in table:
            for key, number in zip(keys, numbers, strict=True):
                values[key].add(number)
    for key, of_key in values.items():
        of_key.update(() if of_key else _every_value(key, schools, whole.first_month))
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


async def aside(question: Question, guarded: Callable[[], Result]) -> Result:
    """What is found about a question, without keeping others waiting where its table is large."""
    if _cells(question) <= _QUICK_CELLS:
        return guarded()
    return await asyncio.to_thread(guarded)


def _decided(question: Question, minimum: int) -> Pattern:
    """What of a funnel is hidden; of a small one it is remembered."""
    if _cells(question) > _REMEMBERED_CELLS:
        return decide(question, NESTED_STAGES, minimum)
    counted, students = (tuple(sorted(numbers.items())) for numbers in (question.counted, question.enrolled))
    return _remembered(question.axes, counted, students, minimum)


def _cells(question: Question) -> int:
    return prod(len(axis.values) for axis in question.axes)


@lru_cache(maxsize=32)
def _remembered(
    axes: tuple[Axis, ...],
    counted: tuple[tuple[Numbers, tuple[int, ...]], ...],
    enrolled: tuple[tuple[Numbers, int], ...],
    minimum: int,
) -> Pattern:
    # By its numbers, not by its name: the same question over other numbers is decided anew.
    return decide(Question(axes, dict(counted), dict(enrolled)), NESTED_STAGES, minimum)
