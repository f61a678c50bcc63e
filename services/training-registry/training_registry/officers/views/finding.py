"""Officers as they are stored: who may be seen by whom, and what was known of all of them at an instant."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from operator import itemgetter
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, exists, select, true

from shared.auth import Caller, Role
from shared.db import ReadSession
from training_registry.agencies import agency_id
from training_registry.officers.errors import OfficerNotFound
from training_registry.officers.models import assignment_versions, assignments, officer_versions, officers
from training_registry.officers.rules import Assignment, Officer, Position

MOST_NAMED = 500
"""Of more, all of the district are read: a database takes only so many values in one statement."""
_POSITIONS = {position.value: position for position in Position}
_BY_DAY = itemgetter(3, 2)
"""An assignment's first day, then its school."""


async def officers_known(
    session: ReadSession,
    district_id: str,
    *,
    officer_ids: Collection[str] | None = None,
    known_at: datetime | None = None,
) -> dict[str, Officer]:
    """The officers with their assignments, as known at that instant or now; who was not known then is absent.

    By officer id, of those that are named or of the district. Two statements however many there are: the versions
    come in their order, and of each the last one stays.
    """
    if officer_ids is not None and not officer_ids:
        return {}
    o = officer_versions.c
    found = select(o.officer_id, o.agency, o.position, o.appointed_on, o.certified_on, o.left_on)
    found = found.where(o.district_id == district_id, *_known(o, officer_ids, known_at))
    versions = (await session.execute(found.order_by(o.officer_id, o.version))).all()
    told = {row[0]: row for row in versions}
    assigned = await _assignments_known(session, district_id, officer_ids, known_at)
    named = told.keys() if officer_ids is None else set(officer_ids)
    return {
        officer_id: Officer(
            officer_id, agency, _POSITIONS[position], appointed_on, certified_on, tuple(assigned[officer_id]), left_on
        )
        for officer_id, agency, position, appointed_on, certified_on, left_on in told.values()
        if officer_id in named
    }


async def _assignments_known(
    session: ReadSession, district_id: str, officer_ids: Collection[str] | None, known_at: datetime | None
) -> Mapping[str, list[Assignment]]:
    """Each officer's assignments that were not withdrawn by then, in the order of their first days."""
    a = assignment_versions.c
    is_withdrawn = a.withdrawn_because.is_not(None)
    found = select(a.assignment_id, a.officer_id, a.school_id, a.from_on, a.to_on, is_withdrawn)
    found = found.where(a.district_id == district_id, *_known(a, officer_ids, known_at))
    versions = (await session.execute(found.order_by(a.version))).all()
    last = {row[0]: row for row in versions}
    assigned: dict[str, list[Assignment]] = defaultdict(list)
    for assignment_id, officer_id, school_id, from_on, to_on, never_was in sorted(last.values(), key=_BY_DAY):
        if not never_was:
            assigned[officer_id].append(Assignment(assignment_id, school_id, from_on, to_on))
    return assigned


def _known(columns: Any, officer_ids: Collection[str] | None, known_at: datetime | None) -> list[ColumnElement[bool]]:
    wanted = []
    if officer_ids is not None and len(officer_ids) <= MOST_NAMED:
        wanted.append(columns.officer_id.in_(officer_ids))
    if known_at is not None:
        wanted.append(columns.recorded_at <= known_at)
    return wanted


def visible_to(caller: Caller) -> ColumnElement[bool]:
    """Which officers a caller may see: an officer himself, a caller of single schools who was ever assigned to them."""
    if caller.role is Role.OFFICER:
        return officers.c.officer_id == caller.sub
    if caller.school_ids is None:
        return true()
    return ever_assigned_to(caller.school_ids)


def ever_assigned_to(school_ids: Collection[str]) -> ColumnElement[bool]:
    """Who is, was or will be assigned to one of these schools; an assignment that was withdrawn never was."""
    return exists().where(
        assignments.c.district_id == officers.c.district_id,
        assignments.c.officer_id == officers.c.officer_id,
        assignments.c.school_id.in_(sorted(school_ids)),
        assignments.c.withdrawn.is_(False),
    )


async def ensure_officer_visible(session: ReadSession, caller: Caller, officer_id: str) -> None:
    """Raises: OfficerNotFound, where there is none or none that the caller may see."""
    o = officers.c
    wanted = select(o.officer_id).where(
        o.district_id == caller.district_id, o.officer_id == officer_id, visible_to(caller)
    )
    if (await session.execute(wanted)).one_or_none() is None:
        raise OfficerNotFound


async def find_officer(
    session: ReadSession, caller: Caller, officer_id: str, *, known_at: datetime | None = None
) -> Row[Any]:
    """What was last written down of an officer by then. Raises: OfficerNotFound."""
    v = officer_versions.c
    of_officer = and_(v.district_id == officers.c.district_id, v.officer_id == officers.c.officer_id)
    wanted = select(officer_versions).join(officers, of_officer)
    wanted = wanted.where(v.district_id == caller.district_id, v.officer_id == officer_id, visible_to(caller))
    if known_at is not None:
        wanted = wanted.where(v.recorded_at <= known_at)
    row = (await session.execute(wanted.order_by(v.version.desc()).limit(1))).one_or_none()
    if row is None:
        raise OfficerNotFound
    return row


async def list_officers(
    session: ReadSession, caller: Caller, *, school_id: str | None, agency: str | None, after: str, limit: int
) -> list[Row[Any]]:
    """Officers behind `after` that the caller may see, by id: ever assigned to this school, of this agency."""
    v, o = officer_versions.c, officers.c
    newest = and_(v.district_id == o.district_id, v.officer_id == o.officer_id, v.version == o.version)
    wanted = select(officer_versions).join(officers, newest)
    wanted = wanted.where(o.district_id == caller.district_id, o.officer_id > after, visible_to(caller))
    if school_id is not None:
        wanted = wanted.where(ever_assigned_to([school_id]))
    if agency is not None:
        wanted = wanted.where(v.agency_id == agency_id(agency))
    return list(await session.execute(wanted.order_by(o.officer_id).limit(limit)))
