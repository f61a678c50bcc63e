"""Which schools a reader sees: those of his token, in his district."""

from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, Table, Text, bindparam, false, literal_column, select
from sqlalchemy.engine import Dialect

from reporting.codec import WHOLE_DISTRICT
from reporting.models import places
from reporting.views.errors import UnknownSchool
from reporting.views.prepared import Prepared, prepare
from shared.auth import Caller
from shared.db import ReadSession

_district_id, _school_id = bindparam("district_id", type_=Text), bindparam("school_id", type_=Text)
_of_district = places.c.district_id == _district_id
# Written out: a statement that is kept for the next reader has no values but those that are named.
_whole_district = literal_column(f"'{WHOLE_DISTRICT}'", Text)


class Scope(NamedTuple):
    """Whose rows a statement asks for, as far as its words depend on it."""

    one_school: bool
    named_schools: int | None
    """How many schools the reader's token names; None: it names none, and he sees all of his district."""


def scope_of(caller: Caller, school_id: str | None) -> Scope:
    """The scope of a question, about one school where it is given."""
    return Scope(school_id is not None, None if caller.school_ids is None else len(caller.school_ids))


def values_of(caller: Caller, school_id: str | None) -> dict[str, str | None]:
    """What a scope's words stand for."""
    named = enumerate(sorted(caller.school_ids or ()))
    return {
        "district_id": caller.district_id,
        "school_id": school_id,
        **{f"school_id_{i}": school for i, school in named},
    }


def within(table: Table, scope: Scope) -> ColumnElement[bool]:
    """The condition that keeps rows of schools in a scope."""
    return table.c.place_no.in_(_schools(scope))


def _schools(scope: Scope) -> Select[int]:
    seen = select(places.c.place_no).where(_of_district, places.c.school_id != _whole_district)
    if scope.one_school:
        seen = seen.where(places.c.school_id == _school_id)
    elif scope.named_schools is not None:
        named = [bindparam(f"school_id_{i}", type_=Text) for i in range(scope.named_schools)]
        seen = seen.where(places.c.school_id.in_(named) if named else false())
    return seen


def of_whole_district(table: Table) -> ColumnElement[bool]:
    """The condition that keeps what is kept for a district as a whole, which is no school's row."""
    own = select(places.c.place_no).where(_of_district, places.c.school_id == _whole_district)
    return table.c.place_no == own.scalar_subquery()


def in_scope(table: Table, caller: Caller, school_id: str | None) -> ColumnElement[bool]:
    """The condition that keeps rows of schools the caller sees, or of the one asked for."""
    return table.c.place_no.in_(_schools(scope_of(caller, school_id)).params(values_of(caller, school_id)))


async def ensure_school(session: ReadSession, caller: Caller, school_id: str) -> None:
    """The school is one that the caller may know of. Raises: UnknownSchool."""
    known = select(places.c.place_no).where(places.c.district_id == caller.district_id, places.c.school_id == school_id)
    if not caller.sees_school(school_id) or (await session.execute(known)).first() is None:
        raise UnknownSchool


async def schools_by_number(session: ReadSession, caller: Caller) -> dict[int, str]:
    """The id of every school in the caller's district by its number."""
    rows = await _numbered(session.dialect).rows(session, {"district_id": caller.district_id})
    return {number: school_id for number, school_id in rows}


@lru_cache
def _numbered(dialect: Dialect) -> Prepared:
    own = select(places.c.place_no, places.c.school_id).where(_of_district, places.c.school_id != _whole_district)
    return prepare(own, dialect)
