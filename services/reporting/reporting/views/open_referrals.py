"""The referrals that have no outcome yet, by how long ago they were submitted."""

from collections import defaultdict
from datetime import date, timedelta
from enum import StrEnum
from functools import partial

from pydantic import ConfigDict, Field
from sqlalchemy import ColumnElement, func, literal_column, select

from reporting.codec import DAY_BITS, day_of
from reporting.measures.lattice import Axis, Levels, Question
from reporting.measures.nesting import NESTED_STAGES, OPEN, SINGLE
from reporting.measures.suppression import decide
from reporting.models import FUNNEL
from reporting.models import students_referred as referred
from reporting.views import answers, cells
from reporting.views.breakdown import Breakdown, Numbers, columns_of, only_these
from reporting.views.enrolled import enrolled
from reporting.views.guarding import aside, axes_of, pattern_of, unguarded, widened
from reporting.views.rows import Keyed, Row, Sums
from reporting.views.scope import in_scope, schools_by_number
from reporting.views.slicing import Combination, sliced
from shared.auth import Caller
from shared.db import ReadSession


class AgeBand(StrEnum):
    """How many days ago, by the calendar: weekends and holidays count. The day of the submission is 0."""

    DAYS_0_1 = "0_1"
    DAYS_2_7 = "2_7"
    DAYS_8_14 = "8_14"
    DAYS_15_30 = "15_30"
    DAYS_31_60 = "31_60"
    OVER_60 = "over_60"


_LAST_DAYS = {
    AgeBand.DAYS_0_1: 1,
    AgeBand.DAYS_2_7: 7,
    AgeBand.DAYS_8_14: 14,
    AgeBand.DAYS_15_30: 30,
    AgeBand.DAYS_31_60: 60,
}
_BANDS = tuple(AgeBand)


class OpenReferralsRow(Keyed):
    """How many referrals of one combination of keys and one age are open."""

    age_days: AgeBand
    n: int | None = Field(description="Referrals submitted in the period that have no outcome yet.")


class OpenReferrals(answers.View):
    """The open referrals of a school year."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "rows": [{"school_id": "sc-003", "age_days": "8_14", "n": 12, "suppressed": False}],
                    "as_of": "2026-11-22T15:04:05Z",
                    "policy": answers.Policy.of(10).model_dump(),
                    "today": "2026-11-22",
                }
            ]
        }
    )

    rows: list[OpenReferralsRow]
    today: date = Field(description="The district's day that ages are counted to.")


async def open_referrals(
    session: ReadSession, caller: Caller, breakdown: Breakdown, *, school_id: str | None, minimum: int, today: date
) -> list[Row]:
    """The referrals submitted in the period that are neither completed, failed, rejected nor cancelled.

    Shape: per combination of keys one row for each age band, also where it is 0; by the keys, then by age.
    Combinations without an open referral are there with 0 where students are enrolled and enrolment has all the keys,
    else absent. One that counts under a day to come (a phone's clock runs ahead) is in the first band.
    Units: referrals; days by the calendar from `submitted_on` to `today`. Counts under `minimum` are suppressed.
    """
    if minimum > 1:
        sums = await _guarded(session, caller, breakdown, school_id, minimum, today)
    else:
        counting = partial(_open_by_age, session, caller, today)
        sums = await unguarded(session, caller, breakdown, counting, school_id=school_id)
    rows: list[Row] = []
    for numbers in sums.everywhere():
        keys = sums.keys_at(numbers)
        for at, band in enumerate(_BANDS):
            n = sums.shown(numbers, at)
            rows.append({**keys, "age_days": band.value, "n": n, "suppressed": n is None})
    return rows


async def _guarded(
    session: ReadSession, caller: Caller, breakdown: Breakdown, school_id: str | None, minimum: int, today: date
) -> Sums:
    """What was asked for, of a table that the funnel tells the sums of: what did not end is open, at whatever age."""
    schools = await schools_by_number(session, caller)
    whole = widened(breakdown, school_id)
    stages = await cells.sums(session, caller, FUNNEL, whole, None)
    students = await enrolled(session, caller, whole, None)
    by_age = await _open_by_age(session, caller, today, whole, None)
    axes = axes_of(whole, schools, {n: stages[n] for n in stages if any(stages[n])}, students)
    ages = Axis(tuple(range(len(_BANDS))), of_students=False)
    by_cell = {(*numbers, at): (n,) for numbers, bands in by_age.items() for at, n in enumerate(bands) if n}
    question = Question((*axes, ages), by_cell, students)

    def guarded() -> Sums:
        funnel = pattern_of(Question(axes, stages, students), NESTED_STAGES, minimum)

        def told_by_funnel(levels: Levels) -> bytearray | None:
            return None if levels[-1] else funnel.hidden_difference(levels[:-1], OPEN)

        pattern = decide(question, SINGLE, minimum, told_elsewhere=told_by_funnel)

        def hidden_at(combination: Combination) -> frozenset[int]:
            return frozenset(at for at in ages.values if pattern.hidden((*combination, at)))

        return sliced(breakdown, school_id, schools, whole, Question(axes, by_age, students), hidden_at)

    return await aside(question, guarded)


async def _open_by_age(
    session: ReadSession, caller: Caller, today: date, breakdown: Breakdown, school_id: str | None
) -> dict[Numbers, list[int]]:
    """For each combination of keys the open referrals of each band."""
    keys = columns_of(referred, breakdown.keys)
    band = _band_on(today).label("band")
    counted = (
        select(*keys, band, func.sum(referred.c.still_open))
        .where(
            in_scope(referred, caller, school_id),
            referred.c.month.between(breakdown.first_month, breakdown.last_month),
            # Written out: SQLite takes the index of the open ones for no value that it does not know.
            referred.c.still_open > literal_column("0"),
            *only_these(referred, breakdown.only),
        )
        .group_by(*keys, band)
    )
    found: defaultdict[Numbers, list[int]] = defaultdict(lambda: [0] * len(_BANDS))
    for *numbers, number, n in await session.execute(counted):
        found[tuple(numbers)][number] = int(n)
    return found


def _band_on(today: date) -> ColumnElement[int]:
    """The band's place in `AgeBand` of a row's day."""
    # Multiplied, because PostgreSQL shifts two bytes within two bytes.
    submitted_on = f"students_referred.month * {1 << DAY_BITS} + students_referred.day"
    first_days = [(day_of(today - timedelta(days=last)), index) for index, last in enumerate(_LAST_DAYS.values())]
    # Written out, like the keys: an expression with parameters in it cannot be grouped by.
    whens = " ".join(f"WHEN {submitted_on} >= {first_day} THEN {index}" for first_day, index in first_days)
    return literal_column(f"CASE {whens} ELSE {len(first_days)} END")
