"""Which schools a reader sees: those of his token, in his district."""

from sqlalchemy import ColumnElement, Table, select

from reporting.models import WHOLE_DISTRICT, places
from reporting.views.errors import UnknownSchool
from shared.auth import Caller
from shared.db import ReadSession


async def ensure_school(session: ReadSession, caller: Caller, school_id: str) -> None:
    """The school is one that the caller may know of. Raises: UnknownSchool."""
    known = select(places.c.place_no).where(places.c.district_id == caller.district_id, places.c.school_id == school_id)
    if not caller.sees_school(school_id) or (await session.execute(known)).first() is None:
        raise UnknownSchool


def in_scope(table: Table, caller: Caller, school_id: str | None) -> ColumnElement[bool]:
    """The condition that keeps rows of schools the caller sees, or of the one asked for."""
    seen = select(places.c.place_no).where(
        places.c.district_id == caller.district_id, places.c.school_id != WHOLE_DISTRICT
    )
    if school_id is not None:
        seen = seen.where(places.c.school_id == school_id)
    elif caller.school_ids is not None:
        seen = seen.where(places.c.school_id.in_(sorted(caller.school_ids)))
    return table.c.place_no.in_(seen)


def is_district(table: Table, caller: Caller) -> ColumnElement[bool]:
    """The condition that keeps what is kept for the caller's district as a whole, which is no school's row."""
    own = select(places.c.place_no).where(
        places.c.district_id == caller.district_id, places.c.school_id == WHOLE_DISTRICT
    )
    return table.c.place_no == own.scalar_subquery()


async def schools_by_number(session: ReadSession, caller: Caller) -> dict[int, str]:
    """The id of every school in the caller's district by its number."""
    own = select(places.c.place_no, places.c.school_id).where(
        places.c.district_id == caller.district_id, places.c.school_id != WHOLE_DISTRICT
    )
    return {number: school_id for number, school_id in await session.execute(own)}
