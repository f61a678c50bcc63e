"""The denominators: how many students are enrolled, by the keys that enrolment has."""

from dataclasses import replace

from sqlalchemy import and_, func, select

from reporting.codec import OF_REFERRALS
from reporting.models import enrollment, enrollment_changes, enrollment_margins, enrollment_versions
from reporting.views.breakdown import Breakdown, Numbers, columns_of, only_these
from reporting.views.cells import is_of_single_schools, margin_for
from reporting.views.scope import in_scope, is_district
from shared.auth import Caller
from shared.db import ReadSession


async def enrolled(
    session: ReadSession, caller: Caller, breakdown: Breakdown, school_id: str | None
) -> dict[Numbers, int]:
    """Students enrolled in the school year.

    Shape: by the keys of the breakdown that students have; month, need and urgency are no such keys, and do not change
    the number. Groups without students are absent. Source: the district's latest roster of that school year.
    """
    of_students = replace(
        breakdown,
        keys=breakdown.of_students(),
        only=tuple((field, number) for field, number in breakdown.only if field not in OF_REFERRALS),
    )
    margin = margin_for(caller, of_students, school_id)
    if margin is not None:
        known = await _by_margin(session, caller, of_students, school_id, margin)
        if known is not None:
            return known
    return await _by_cells(session, caller, of_students, school_id)


async def _by_margin(
    session: ReadSession, caller: Caller, breakdown: Breakdown, school_id: str | None, margin: int
) -> dict[Numbers, int] | None:
    """From the margins; None while they do not know the latest counts."""
    is_of_schools = is_of_single_schools(caller, breakdown, school_id)
    keys = columns_of(enrollment_margins, breakdown.keys)
    asked = and_(
        enrollment_margins.c.school_year == enrollment_changes.c.school_year,
        in_scope(enrollment_margins, caller, school_id) if is_of_schools else is_district(enrollment_margins, caller),
        enrollment_margins.c.margin == margin,
        *only_these(enrollment_margins, breakdown.only),
    )
    is_current = (enrollment_changes.c.changed == enrollment_changes.c.rolled).label("is_current")
    # Joined from what tells whether they are current: a group without students is then no reason to look further.
    counted = (
        select(*keys, is_current, func.sum(enrollment_margins.c.students))
        .join_from(enrollment_changes, enrollment_margins, asked, isouter=True)
        .where(is_district(enrollment_changes, caller), enrollment_changes.c.school_year == breakdown.school_year)
        .group_by(*keys, is_current)
    )
    known = {}
    for *numbers, current, students in await session.execute(counted):
        if not current:
            return None
        if students is not None:
            known[tuple(numbers)] = int(students)
    return known


async def _by_cells(
    session: ReadSession, caller: Caller, breakdown: Breakdown, school_id: str | None
) -> dict[Numbers, int]:
    keys = columns_of(enrollment, breakdown.keys)
    latest = and_(
        enrollment.c.place_no == enrollment_versions.c.place_no,
        enrollment.c.school_year == enrollment_versions.c.school_year,
        enrollment.c.version == enrollment_versions.c.version,
    )
    counted = (
        select(*keys, func.sum(enrollment.c.students))
        .join_from(enrollment, enrollment_versions, latest)
        .where(
            in_scope(enrollment, caller, school_id),
            enrollment.c.school_year == breakdown.school_year,
            enrollment.c.students > 0,
            *only_these(enrollment, breakdown.only),
        )
        .group_by(*keys)
    )
    return {tuple(numbers): int(students) for *numbers, students in await session.execute(counted) if students}
