"""How many students were referred, each counted once however often he was."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import product

from pydantic import Field
from sqlalchemy import Integer, Label, distinct, func, literal_column, select

from reporting.measures.lattice import Axis, Cell, Levels, Question
from reporting.measures.nesting import SINGLE
from reporting.measures.suppression import decide
from reporting.models import students_referred as members
from reporting.views.breakdown import Breakdown, Numbers, columns_of, only_these
from reporting.views.enrolled import enrolled
from reporting.views.guarding import aside, axes_of, sums_of, widened
from reporting.views.rows import KeyedRow, Row, Sums
from reporting.views.scope import in_scope, schools_by_number
from reporting.views.slicing import sliced
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
    `minimum` out, are suppressed, with what would give them away; so is any of a part of the year that is neither a
    half of it nor a quarter nor a month.
    """
    if minimum > 1:
        sums = await _guarded(session, caller, breakdown, school_id, minimum)
    else:
        counting = partial(_students, session, caller)
        sums = await sums_of(session, caller, breakdown, counting, school_id=school_id, minimum=0, nesting=SINGLE)
    rows: list[Row] = []
    for numbers in sums.everywhere():
        n = sums.shown(numbers, 0)
        rows.append({**sums.keys_at(numbers), "students": n, "per_100": sums.rate(numbers, n), "suppressed": n is None})
    return rows


async def _guarded(
    session: ReadSession, caller: Caller, breakdown: Breakdown, school_id: str | None, minimum: int
) -> Sums:
    """What was asked for, cut out of a table whose every sum has to be counted too: students do not add up."""
    schools = await schools_by_number(session, caller)
    whole = widened(breakdown, school_id)
    students = await enrolled(session, caller, whole, None)
    counted = await _students(session, caller, whole, None)
    axes = axes_of(whole, schools, counted, students)
    coarser = {
        levels: await _at_levels(session, caller, whole, axes, levels)
        for levels in product(*[range(axis.depth + 1) for axis in axes])
        if any(level < axis.depth for axis, level in zip(axes, levels, strict=True))
    }
    question = Question(axes, counted, students, coarser.__getitem__)

    def guarded() -> Sums:
        pattern = decide(question, SINGLE, minimum, counts_students=True)
        return sliced(breakdown, school_id, schools, whole, question, pattern.hidden)

    sums = await aside(question, guarded)
    return replace(sums, counted=await _students(session, caller, breakdown, school_id))


async def _at_levels(
    session: ReadSession, caller: Caller, whole: Breakdown, axes: Sequence[Axis], levels: Levels
) -> dict[Cell, tuple[int]]:
    """The students of a coarser table, by position."""
    told = [at for at, level in enumerate(levels) if level]
    columns = [
        columns_of(members, [whole.keys[at]])[0] if levels[at] == axes[at].depth else _block(axes[at], levels[at])
        for at in told
    ]
    places = [dict(zip(axes[at].labels(levels[at]), axes[at].places(levels[at]), strict=True)) for at in told]
    by_position: dict[Cell, tuple[int]] = {}
    for numbers, counts in (await _counted(session, caller, whole, None, columns)).items():
        position = [0] * len(axes)
        for at, place, number in zip(told, places, numbers, strict=True):
            position[at] = place[number]
        by_position[tuple(position)] = counts
    return by_position


def _block(months: Axis, level: int) -> Label[int]:
    """The block of months that a row lies in."""
    blocks = zip(months.values, months.labels(level), strict=True)
    # Written out, like the keys: an expression with parameters in it cannot be grouped by.
    whens = " ".join(f"WHEN {month} THEN {block}" for month, block in blocks)
    return literal_column(f"CASE students_referred.month {whens} END", Integer).label("key_block")


async def _students(
    session: ReadSession, caller: Caller, breakdown: Breakdown, school_id: str | None
) -> dict[Numbers, tuple[int]]:
    return await _counted(session, caller, breakdown, school_id, columns_of(members, breakdown.keys))


async def _counted(
    session: ReadSession, caller: Caller, breakdown: Breakdown, school_id: str | None, keys: Sequence[Label[int]]
) -> dict[Numbers, tuple[int]]:
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
    return {tuple(numbers): (int(n),) for *numbers, n in await session.execute(counted) if n}
