"""Adds up the cells of a fact for a question, from margins where these answer it and from the cells where they do not.

Both give the same numbers at every moment: what is not in the margins yet is pending, and is added to them. See
docs/decisions/0010-margins-are-kept-beside-the-cells.md.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import orjson
from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Integer,
    Select,
    SmallInteger,
    Table,
    bindparam,
    cast,
    func,
    select,
    union_all,
)
from sqlalchemy import literal_column as written
from sqlalchemy.engine import Dialect

from reporting.margins import MOST_FIELDS, WHOLE, Kept, number_of
from reporting.models import Fact
from reporting.views.breakdown import Breakdown, Key, Numbers, columns_of, only_these
from reporting.views.prepared import Prepared, prepare
from reporting.views.scope import Scope, of_whole_district, scope_of, values_of, within
from shared.auth import Caller
from shared.db import ReadSession

_OF_NO_FIELD = frozenset({Key.SCHOOL_ID, Key.MONTH})
_FIRST, _LAST = bindparam("first_month", type_=SmallInteger), bindparam("last_month", type_=SmallInteger)
_MOST_QUESTIONS = 1_000
"""So many are kept as they were put together: a few kilobytes each."""


async def sums(
    session: ReadSession, caller: Caller, fact: Fact, breakdown: Breakdown, school_id: str | None
) -> dict[Numbers, tuple[int, ...]]:
    """The counts of a fact, added up over the schools that the caller sees or the one asked for.

    Shape: by the keys of the breakdown, and after them by what the fact counts apart; in the order of its `counts`.
    What no cell says is absent.
    """
    width = len(breakdown.keys) + len(fact.apart)
    rows = await _rows_of(session, caller, fact, breakdown, school_id, is_listed=False)
    return {row[:width]: row[width:] for row in rows}


async def listed(
    session: ReadSession, caller: Caller, fact: Fact, breakdown: Breakdown, school_id: str | None
) -> Iterator[tuple[Numbers, Sequence[int], Sequence[int]]]:
    """The same of a fact that has one count and counts it apart by one thing, in few rows.

    Shape: the keys, and two lists of the same length: what is counted apart, and the counts of it. Both keys and what
    is counted apart may come more than once, and are to be added up.
    """
    width = len(breakdown.keys)
    rows = await _rows_of(session, caller, fact, breakdown, school_id, is_listed=True)
    as_list = _LISTS[session.dialect.name].read
    return ((row[:width], as_list(row[width]), as_list(row[width + 1])) for row in rows)


class _Lists(NamedTuple):
    """How a database puts the values of many rows into one."""

    aggregate: str
    read: Callable[[Any], list[int]]


_LISTS = {"postgresql": _Lists("array_agg", list), "sqlite": _Lists("json_group_array", orjson.loads)}


async def _rows_of(
    session: ReadSession, caller: Caller, fact: Fact, breakdown: Breakdown, school_id: str | None, *, is_listed: bool
) -> Sequence[Any]:
    asked = _Asked(
        breakdown.keys,
        breakdown.only,
        scope_of(caller, school_id),
        margin_for(caller, breakdown, school_id, fact.kept),
        breakdown.is_whole_year() and Key.MONTH not in breakdown.keys,
    )
    values = values_of(caller, school_id) | {
        "first_month": breakdown.first_month,
        "last_month": breakdown.last_month,
        "year": -breakdown.school_year,
    }
    question = _listing if is_listed else _question
    return await question(fact, asked, session.dialect).rows(session, values)


def margin_for(caller: Caller, breakdown: Breakdown, school_id: str | None, kept: Kept) -> int | None:
    """The margin that answers a question, None where only the cells do.

    Fields that are filtered by have to be in it too.
    """
    fields = {*breakdown.keys, *(field for field, _ in breakdown.only)} - _OF_NO_FIELD
    if not fields:
        return WHOLE
    in_one_year = breakdown.is_whole_year() and Key.MONTH not in breakdown.keys
    if is_of_single_schools(caller, breakdown, school_id):
        most = kept.of_schools if in_one_year else 0
    else:
        most = MOST_FIELDS if in_one_year else kept.by_month
    return number_of(fields) if len(fields) <= most else None


def is_of_single_schools(caller: Caller, breakdown: Breakdown, school_id: str | None) -> bool:
    """Whether an answer cannot be read from what is kept for the district as a whole."""
    return school_id is not None or caller.school_ids is not None or Key.SCHOOL_ID in breakdown.keys


class _Asked(NamedTuple):
    """What the words of a question depend on; all else are its values."""

    keys: tuple[Key, ...]
    only: tuple[tuple[str, int], ...]
    scope: Scope
    margin: int | None
    in_one_year: bool
    """Whether a whole school year is asked for at once."""


@lru_cache(_MOST_QUESTIONS)
def _question(fact: Fact, asked: _Asked, dialect: Dialect) -> Prepared:
    return prepare(_added_up(fact, asked), dialect)


@lru_cache(_MOST_QUESTIONS)
def _listing(fact: Fact, asked: _Asked, dialect: Dialect) -> Prepared:
    # Rows of a margin are listed as they are: of 2,700 hardly two are alike, and adding them up first takes PostgreSQL
    # half as long again. Cells are as many as referrals.
    rows = (_added_up(fact, asked) if asked.margin is None else _with_margin(fact, asked)).subquery()
    by = list(rows.c)[: len(asked.keys)]
    in_lists = getattr(func, _LISTS[dialect.name].aggregate)
    lists = [in_lists(column) for column in list(rows.c)[len(asked.keys) :]]
    return prepare(select(*by, *lists).group_by(*by).having(func.count() > written("0")), dialect)


def _added_up(fact: Fact, asked: _Asked) -> Select[*tuple[Any, ...]]:
    rows = (_rows(fact, fact.cells, asked) if asked.margin is None else _with_margin(fact, asked)).subquery()
    by = list(rows.c)[: len(asked.keys) + len(fact.apart)]
    # Added up as integers: PostgreSQL's sum of them is wider, and takes longer to send.
    counts = [cast(func.coalesce(func.sum(rows.c[name]), written("0")), Integer).label(name) for name in fact.counts]
    return select(*by, *counts).group_by(*by)


def _with_margin(fact: Fact, asked: _Asked) -> CompoundSelect[*tuple[Any, ...]]:
    return union_all(_rows_of_margin(fact, asked), _rows(fact, fact.pending, asked))


def _rows(fact: Fact, table: Table, asked: _Asked) -> Select[*tuple[Any, ...]]:
    """What is to be added up of a table of cells."""
    return select(*columns_of(table, asked.keys), *_counted(fact, table)).where(
        within(table, asked.scope),
        table.c.month.between(_FIRST, _LAST),
        *only_these(table, asked.only),
    )


def _rows_of_margin(fact: Fact, asked: _Asked) -> Select[*tuple[Any, ...]]:
    table = fact.margins
    is_of_schools = asked.scope != Scope(one_school=False, named_schools=None) or Key.SCHOOL_ID in asked.keys
    keys = [
        table.c.period.label(f"key_{key}") if key is Key.MONTH else columns_of(table, [key])[0] for key in asked.keys
    ]
    year = bindparam("year", type_=SmallInteger)
    return select(*keys, *_counted(fact, table)).where(
        within(table, asked.scope) if is_of_schools else of_whole_district(table),
        table.c.margin == written(str(asked.margin)),
        table.c.period == year if asked.in_one_year else table.c.period.between(_FIRST, _LAST),
        *only_these(table, asked.only),
    )


def _counted(fact: Fact, table: Table) -> list[ColumnElement[int]]:
    return [table.c[name] for name in (*fact.apart, *fact.counts)]
