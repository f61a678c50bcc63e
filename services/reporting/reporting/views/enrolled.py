"""The denominators: how many students are enrolled, by the keys that enrolment has."""

from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import Integer, SmallInteger, and_, bindparam, cast, func, select
from sqlalchemy import literal_column as written
from sqlalchemy.engine import Dialect

from reporting.codec import OF_REFERRALS
from reporting.models import ENROLLMENT_KEPT, enrollment, enrollment_changes, enrollment_margins
from reporting.models import enrollment_versions as versions
from reporting.views.breakdown import Breakdown, Key, Numbers, columns_of, only_these
from reporting.views.cells import is_of_single_schools, margin_for
from reporting.views.prepared import Prepared, prepare
from reporting.views.scope import Scope, of_whole_district, scope_of, values_of, within
from shared.auth import Caller
from shared.db import ReadSession

_MOST_QUESTIONS = 500


async def enrolled(
    session: ReadSession, caller: Caller, breakdown: Breakdown, school_id: str | None
) -> dict[Numbers, int]:
    """Students enrolled in the school year, each at every school that he attends.

    Shape: by the keys of the breakdown that students have; month, need and urgency are no such keys, and do not change
    the number. Groups without students are absent. Source: the district's latest roster of that school year, counted by
    school: no count says who attends two, so over several schools he is in the sum twice.
    """
    of_students = replace(
        breakdown.of_whole_year(),
        keys=breakdown.of_students(),
        only=tuple((field, number) for field, number in breakdown.only if field not in OF_REFERRALS),
    )
    is_of_schools = is_of_single_schools(caller, of_students, school_id)
    asked = _Asked(of_students.keys, of_students.only, scope_of(caller, school_id), is_of_schools)
    values = values_of(caller, school_id) | {"school_year": breakdown.school_year}
    margin = margin_for(caller, of_students, school_id, ENROLLMENT_KEPT)
    if margin is not None:
        rows = await _of_margin(asked, margin, session.dialect).rows(session, values)
        # Where a count has come that the margins lack, only the cells are right.
        if all(is_current for *_, is_current, _ in rows):
            return {tuple(numbers): students for *numbers, _, students in rows if students}
    rows = await _of_cells(asked, session.dialect).rows(session, values)
    return {tuple(numbers): students for *numbers, students in rows if students}


class _Asked(NamedTuple):
    """What the words of a question depend on."""

    keys: tuple[Key, ...]
    only: tuple[tuple[str, int], ...]
    scope: Scope
    is_of_schools: bool


_year = bindparam("school_year", type_=SmallInteger)


@lru_cache(_MOST_QUESTIONS)
def _of_margin(asked: _Asked, margin: int, dialect: Dialect) -> Prepared:
    """By the keys, whether the margins know every count, and the students.

    Joined from what tells whether they do: so a group without students is no reason to look further.
    """
    table = enrollment_margins
    keys = columns_of(table, asked.keys)
    of_margin = and_(
        table.c.school_year == enrollment_changes.c.school_year,
        within(table, asked.scope) if asked.is_of_schools else of_whole_district(table),
        table.c.margin == written(str(margin)),
        *only_these(table, asked.only),
    )
    is_current = (enrollment_changes.c.changed == enrollment_changes.c.rolled).label("is_current")
    counted = (
        select(*keys, is_current, cast(func.sum(table.c.students), Integer))
        .join_from(enrollment_changes, table, of_margin, isouter=True)
        .where(of_whole_district(enrollment_changes), enrollment_changes.c.school_year == _year)
        .group_by(*keys, is_current)
    )
    return prepare(counted, dialect)


@lru_cache(_MOST_QUESTIONS)
def _of_cells(asked: _Asked, dialect: Dialect) -> Prepared:
    keys = columns_of(enrollment, asked.keys)
    latest = and_(
        enrollment.c.place_no == versions.c.place_no,
        enrollment.c.school_year == versions.c.school_year,
        enrollment.c.version == versions.c.version,
    )
    counted = (
        select(*keys, cast(func.sum(enrollment.c.students), Integer))
        .join_from(enrollment, versions, latest)
        .where(
            within(enrollment, asked.scope),
            enrollment.c.school_year == _year,
            enrollment.c.students > written("0"),
            *only_these(enrollment, asked.only),
        )
        .group_by(*keys)
    )
    return prepare(counted, dialect)
