"""Adds up the cells of a fact for a question, from margins where these answer it and from the cells where they do not.

Both give the same numbers at every moment: what is not in the margins yet is pending, and is added to them. See
docs/decisions/0010-margins-are-kept-beside-the-cells.md.
"""

from typing import Any

from sqlalchemy import ColumnElement, Select, Table, func, select, union_all

from reporting.margins import MOST_FIELDS, WHOLE, number_of
from reporting.models import Fact
from reporting.views.breakdown import Breakdown, Key, Numbers, columns_of, only_these
from reporting.views.scope import in_scope, is_district
from shared.auth import Caller
from shared.db import ReadSession

_OF_NO_FIELD = frozenset({Key.SCHOOL_ID, Key.MONTH})


async def sums(
    session: ReadSession, caller: Caller, fact: Fact, breakdown: Breakdown, school_id: str | None
) -> dict[Numbers, tuple[int, ...]]:
    """The counts of a fact, added up over the schools that the caller sees or the one asked for.

    Shape: by the keys of the breakdown, and after them by what the fact counts apart; in the order of its `counts`.
    What no cell says is absent.
    """
    margin = margin_for(caller, breakdown, school_id)
    if margin is None:
        rows = _rows(fact, fact.cells, breakdown, in_scope(fact.cells, caller, school_id)).subquery()
    else:
        of_margin = _rows_of_margin(fact, margin, caller, breakdown, school_id)
        pending = _rows(fact, fact.pending, breakdown, in_scope(fact.pending, caller, school_id))
        rows = union_all(of_margin, pending).subquery()
    width = len(breakdown.keys) + len(fact.apart)
    by = list(rows.c)[:width]
    summed = select(*by, *[func.coalesce(func.sum(rows.c[name]), 0) for name in fact.counts]).group_by(*by)
    return {tuple(row[:width]): tuple(map(int, row[width:])) for row in await session.execute(summed)}


def margin_for(caller: Caller, breakdown: Breakdown, school_id: str | None) -> int | None:
    """The margin that answers a question, None where only the cells do.

    A district's margins keep up to two fields; a school's only the sum over all of them, and whatever else a school is
    asked for is few of its cells. Fields that are filtered by have to be kept too.
    """
    fields = {*breakdown.keys, *(field for field, _ in breakdown.only)} - _OF_NO_FIELD
    if not fields:
        return WHOLE
    if len(fields) > MOST_FIELDS or is_of_single_schools(caller, breakdown, school_id):
        return None
    return number_of(fields)


def is_of_single_schools(caller: Caller, breakdown: Breakdown, school_id: str | None) -> bool:
    """Whether an answer cannot be read from what is kept for the district as a whole."""
    return school_id is not None or caller.school_ids is not None or Key.SCHOOL_ID in breakdown.keys


def _rows(fact: Fact, table: Table, breakdown: Breakdown, scope: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """What is to be added up of a table of cells."""
    counted: Select[*tuple[Any, ...]] = select(*columns_of(table, breakdown.keys), *_counted(fact, table))
    return counted.where(
        scope,
        table.c.month.between(breakdown.first_month, breakdown.last_month),
        *only_these(table, breakdown.only),
    )


def _rows_of_margin(
    fact: Fact, margin: int, caller: Caller, breakdown: Breakdown, school_id: str | None
) -> Select[*tuple[Any, ...]]:
    table = fact.margins
    is_of_schools = is_of_single_schools(caller, breakdown, school_id)
    if breakdown.is_whole_year() and Key.MONTH not in breakdown.keys:
        of_period = table.c.period == -breakdown.school_year
    else:
        of_period = table.c.period.between(breakdown.first_month, breakdown.last_month)
    keys = [
        table.c.period.label(f"key_{key}") if key is Key.MONTH else columns_of(table, [key])[0]
        for key in breakdown.keys
    ]
    return select(*keys, *_counted(fact, table)).where(
        in_scope(table, caller, school_id) if is_of_schools else is_district(table, caller),
        table.c.margin == margin,
        of_period,
        *only_these(table, breakdown.only),
    )


def _counted(fact: Fact, table: Table) -> list[ColumnElement[int]]:
    return [table.c[name] for name in (*fact.apart, *fact.counts)]
