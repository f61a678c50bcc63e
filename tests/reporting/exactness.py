"""What the cells say, added up in Python, to hold the answers against: every kind of question about a district."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import combinations
from typing import Any

from sqlalchemy import func, select

from reporting.codec import FIELDS, month_of
from reporting.models import FUNNEL, Fact, enrollment, enrollment_changes, enrollment_versions, places
from reporting.rolling import FACTS
from reporting.views.breakdown import Breakdown, Key, Numbers
from reporting.views.cells import margin_for, sums
from reporting.views.enrolled import enrolled
from shared.auth import Caller, Role
from shared.db import EVERY_DISTRICT, Database, ReadSession

READER = Caller(sub="a-1", district_id="demo", role=Role.ANALYST, school_ids=None, provider_id=None)
FIRST_MONTH = month_of(date(2026, 7, 1))
YEAR = Breakdown(2027, (), FIRST_MONTH, FIRST_MONTH + 11, ())


def questions() -> Iterator[Breakdown]:
    """By no field, each and each two of them, one of two filtered by; by month and school; a year and part of it."""
    for size in range(3):
        for fields in combinations(FIELDS, size):
            by = replace(YEAR, keys=tuple(map(Key, fields)))
            yield by
            yield replace(by, keys=(Key.MONTH, *by.keys), first_month=FIRST_MONTH + 2)
            yield replace(by, first_month=FIRST_MONTH + 3, last_month=FIRST_MONTH + 5)
            if fields:
                yield replace(by, keys=by.keys[1:], only=((fields[0], 1),))
    yield replace(YEAR, keys=(Key.SCHOOL_ID,))
    yield replace(YEAR, keys=(Key.SCHOOL_ID, Key.MONTH))
    for field in FIELDS:
        yield replace(YEAR, keys=(Key.SCHOOL_ID, Key(field)))
    yield replace(YEAR, keys=(Key.SCHOOL_ID,), only=(("sex", 2),))


Cell = Mapping[str, Any]
"""A row of a table of cells, and the number of each field by the field's name."""


def numbers_of(cell: Cell, asked: Breakdown, apart: Sequence[str]) -> Numbers | None:
    """Under which numbers a cell counts in an answer, None where it does not."""
    if any(cell[name] != number for name, number in asked.only):
        return None
    return (*(cell[key] for key in asked.keys), *(cell[name] for name in apart))


async def cells_of(session: ReadSession, fact: Fact) -> list[Cell]:
    """Every cell of the reader's district."""
    own = fact.cells.c.place_no.in_(select(places.c.place_no).where(places.c.district_id == READER.district_id))
    return [_told_apart(dict(row)) for row in (await session.execute(select(fact.cells).where(own))).mappings()]


async def students_of(session: ReadSession) -> list[Cell]:
    """Every cell of the latest enrolments of the reader's district."""
    own = enrollment.c.place_no.in_(select(places.c.place_no).where(places.c.district_id == READER.district_id))
    latest = (
        select(enrollment)
        .join_from(
            enrollment,
            enrollment_versions,
            (enrollment.c.place_no == enrollment_versions.c.place_no)
            & (enrollment.c.school_year == enrollment_versions.c.school_year)
            & (enrollment.c.version == enrollment_versions.c.version),
        )
        .where(own, enrollment.c.students > 0)
    )
    return [_told_apart(dict(row)) for row in (await session.execute(latest)).mappings()]


def _told_apart(row: Mapping[str, Any]) -> Cell:
    fields = {name: row["cell"] >> bits.shift & bits.mask for name, bits in FIELDS.items()}
    return {**row, **fields, "school_id": row["place_no"]}


def cells_added_up(cells: Sequence[Cell], fact: Fact, asked: Breakdown) -> dict[Numbers, tuple[int, ...]]:
    """What the cells say, added up here, without what is nothing."""
    totals: dict[str, Counter[Numbers]] = {name: Counter() for name in fact.counts}
    for cell in cells:
        numbers = numbers_of(cell, asked, fact.apart)
        if numbers is not None and asked.first_month <= cell["month"] <= asked.last_month:
            for name in fact.counts:
                totals[name][numbers] += cell[name]
    found = {numbers for counter in totals.values() for numbers, n in counter.items() if n}
    return {numbers: tuple(totals[name][numbers] for name in fact.counts) for numbers in found}


def students_added_up(cells: Sequence[Cell], asked: Breakdown) -> dict[Numbers, int]:
    """The enrolment of the cells, added up here."""
    asked = replace(
        asked, keys=asked.of_students(), only=tuple(o for o in asked.only if o[0] not in ("need", "urgency"))
    )
    total: Counter[Numbers] = Counter()
    for cell in cells:
        numbers = numbers_of(cell, asked, ()) if cell["school_year"] == asked.school_year else None
        if numbers is not None:
            total[numbers] += cell["students"]
    return dict(total)


async def assert_exact(database: Database, asked: Sequence[Breakdown]) -> None:
    """Every answer is what the cells say, within one state of the database."""
    async with database.read(EVERY_DISTRICT) as session:
        cells = {fact.cells.name: await cells_of(session, fact) for fact in FACTS}
        students = await students_of(session)
        for question in asked:
            assert margin_for(READER, question, None, FUNNEL.kept) is not None
            for fact in FACTS:
                told = {k: n for k, n in (await sums(session, READER, fact, question, None)).items() if any(n)}
                assert told == cells_added_up(cells[fact.cells.name], fact, question), (question, fact.cells.name)
            assert await enrolled(session, READER, question, None) == students_added_up(students, question)


async def pending_rows(database: Database, *, of_enrollment: bool = True) -> int:
    """How much is not rolled yet."""
    async with database.read(EVERY_DISTRICT) as session:
        lacking = select(func.count()).where(enrollment_changes.c.changed != enrollment_changes.c.rolled)
        counts = [select(func.count()).select_from(fact.pending) for fact in FACTS] + [lacking] * of_enrollment
        return sum([(await session.execute(one)).scalar_one() for one in counts])
