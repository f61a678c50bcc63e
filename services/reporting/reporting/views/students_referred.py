"""How many students were referred, each counted once however often he was."""

import asyncio
from dataclasses import replace

from pydantic import ConfigDict, Field
from sqlalchemy import distinct, func, select

from reporting.measures.nesting import NESTED_STUDENTS, STUDENTS
from reporting.measures.suppression import decide
from reporting.models import students_referred as members
from reporting.views import answers
from reporting.views.breakdown import Breakdown, Key, Numbers, columns_of
from reporting.views.guarding import aside, unguarded, whole_funnel
from reporting.views.rows import KeyedRow, Row, Sums
from reporting.views.traces import asked_for, coarser_tables, students_by_cell, traces
from shared.auth import Caller
from shared.db import ReadSession


class StudentsReferredRow(KeyedRow):
    """How many students of one combination of keys were referred."""

    students: int | None = Field(description="Students referred in the period, each counted once.")


class StudentsReferred(answers.View):
    """The students referred in a school year, each counted once."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "rows": [{"sex": "female", "students": 35, "per_100": 2.7, "suppressed": False}],
                    "as_of": "2026-11-22T15:04:05Z",
                    "policy": answers.Policy.of(10).model_dump(),
                }
            ]
        }
    )

    rows: list[StudentsReferredRow]


async def students_referred(
    session: ReadSession, caller: Caller, breakdown: Breakdown, *, school_id: str | None, minimum: int
) -> list[Row]:
    """The unduplicated count of students referred in the period, and the risk of being referred.

    Shape: one row per combination of keys, by the keys in their order; combinations without referral are there with 0
    where students are enrolled and enrolment has all the keys, else absent. A student who was referred at two schools,
    or for two needs, counts in each, and once where they are added up: rows need not add up to their total.
    Units: students; `per_100` is the risk per 100 enrolled, who count at each of their schools. Counts under `minimum`,
    and those that leave fewer than `minimum` out, are suppressed, with what would give them away; so is any of a part
    of the year that is neither a half of it nor a quarter nor a month.
    """
    if minimum > 1:
        sums = await _guarded(session, caller, breakdown, school_id, minimum)
    else:
        counted = await _students(session, caller, breakdown, school_id)
        sums = await unguarded(session, caller, breakdown, school_id, counted)
    rows: list[Row] = []
    for numbers in sums.everywhere():
        n = sums.shown(numbers, 0)
        rows.append({**sums.keys_at(numbers), "students": n, "per_100": sums.rate(numbers, n), "suppressed": n is None})
    return rows


async def _guarded(
    session: ReadSession, caller: Caller, breakdown: Breakdown, school_id: str | None, minimum: int
) -> Sums:
    """What was asked for, cut out of a table whose every sum has to be counted too: students do not add up.

    It is decided beside the funnel, which tells the referrals that these students are in.
    """
    whole = await whole_funnel(session, caller, breakdown, school_id)
    funnel, found = await whole.decided_while(minimum, traces(session, caller, whole.breakdown))
    referred = whole.extended({numbers: (n,) for numbers, n in students_by_cell(found).items()}, NESTED_STUDENTS)
    coarser = await asyncio.to_thread(coarser_tables, referred.axes, found)
    question = referred._replace(coarser=coarser.__getitem__)

    def guarded() -> Sums:
        pattern = decide(question, NESTED_STUDENTS, minimum, beside=funnel, counts_students=True)
        return whole.sliced(breakdown, school_id, pattern.hidden, question)

    sums = (await aside(question, guarded)).only(STUDENTS)
    if Key.MONTH in whole.breakdown.keys and Key.MONTH not in breakdown.keys:
        # Cut out, a period is its months added up, and a student of two of them would count twice.
        return replace(sums, counted=await _students(session, caller, breakdown, school_id))
    return sums


async def _students(
    session: ReadSession, caller: Caller, breakdown: Breakdown, school_id: str | None
) -> dict[Numbers, tuple[int]]:
    keys = columns_of(members, breakdown.keys)
    counted = (
        select(*keys, func.count(distinct(members.c.student)))
        .where(*asked_for(caller, breakdown, school_id))
        .group_by(*keys)
    )
    return {tuple(numbers): (int(n),) for *numbers, n in await session.execute(counted) if n}
