"""The denominators: how many students are enrolled, by the keys that enrolment has."""

from sqlalchemy import and_, func, select

from reporting.codec import OF_REFERRALS
from reporting.models import enrollment, enrollment_versions
from reporting.views.breakdown import Breakdown, Numbers, columns_of, only_these
from reporting.views.scope import in_scope
from shared.auth import Caller
from shared.db import ReadSession


async def enrolled(
    session: ReadSession, caller: Caller, breakdown: Breakdown, school_id: str | None
) -> dict[Numbers, int]:
    """Students enrolled in the school year.

    Shape: by the keys of the breakdown that students have; month, need and urgency are no such keys, and do not change
    the number. Groups without students are absent. Source: the district's latest roster of that school year.
    """
    keys = columns_of(enrollment, breakdown.of_students())
    of_students = [(field, number) for field, number in breakdown.only if field not in OF_REFERRALS]
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
            *only_these(enrollment, of_students),
        )
        .group_by(*keys)
    )
    return {tuple(numbers): int(students) for *numbers, students in await session.execute(counted) if students}
