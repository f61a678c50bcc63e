"""How many students were referred, each counted once however often he was."""

from pydantic import Field
from sqlalchemy import distinct, func, select

from reporting.models import students_referred as members
from reporting.views.breakdown import Breakdown, Numbers, columns_of, only_these
from reporting.views.enrolled import enrolled
from reporting.views.rows import KeyedRow, Row, Sums, series
from reporting.views.scope import in_scope, schools_by_number
from shared.auth import Caller
from shared.db import ReadSession


class StudentsReferredRow(KeyedRow):
    """How many students of one combination of keys were referred."""

    students: int | None = Field(description="Students referred in the period, each counted once.")


async def students_referred(
    session: ReadSession, caller: Caller, breakdown: Breakdown, *, school_id: str | None, minimum: int
) -> list[Row]:
    """The unduplicated count of students referred in the period, and the risk of being referred.

    Shape: one row per combination of keys, by the keys in their order; combinations without referral are there with 0
    where students are enrolled and enrolment has all the keys, else absent. A student who was referred at two schools,
    or for two needs, counts in each, and once where they are added up: rows need not add up to their total.
    Units: students; `per_100` is the risk per 100 enrolled. Counts under `minimum`, and those that leave fewer than
    `minimum` out, are suppressed.
    """
    sums = Sums(
        breakdown,
        await schools_by_number(session, caller),
        await _students(session, caller, breakdown, school_id),
        await enrolled(session, caller, breakdown, school_id),
    )
    shown = series(sums, 0, minimum=minimum, counts_students=True)
    return [
        {**sums.keys_at(numbers), "students": n, "per_100": rate, "suppressed": n is None}
        for numbers, (n, rate) in zip(sums.everywhere(), shown, strict=True)
    ]


async def _students(
    session: ReadSession, caller: Caller, breakdown: Breakdown, school_id: str | None
) -> dict[Numbers, tuple[int]]:
    keys = columns_of(members, breakdown.keys)
    counted = (
        select(*keys, func.count(distinct(members.c.student)))
        .where(
            in_scope(members, caller, school_id),
            members.c.month.between(breakdown.first_month, breakdown.last_month),
            members.c.n > 0,
            *only_these(members, breakdown.only),
        )
        .group_by(*keys)
    )
    return {tuple(numbers): (int(n),) for *numbers, n in await session.execute(counted)}
