"""The referrals that have no outcome yet, by how long ago they were submitted."""

from collections import defaultdict
from datetime import date
from functools import partial

from pydantic import ConfigDict, Field
from sqlalchemy import func, literal_column, select

from reporting.measures.lattice import Question
from reporting.measures.nesting import NOT_LOOPED, OPEN, SINGLE
from reporting.measures.suppression import Run, decide
from reporting.models import students_referred as referred
from reporting.views import answers
from reporting.views.age_bands import BANDS, AgeBand, band_on, days_of, stretches
from reporting.views.breakdown import Breakdown, Key, Numbers, columns_of, only_these
from reporting.views.guarding import aside, unguarded, whole_funnel
from reporting.views.rows import Keyed, Row, Sums
from reporting.views.scope import in_scope
from reporting.views.slicing import Combination
from shared.auth import Caller
from shared.db import ReadSession


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
    today: date = Field(
        description="The day that ages are counted to, in the time zone that reporting is set to (`TIME_ZONE`), one "
        "for all districts; the zone of a district's `PUT /v1/calendar` does not change it."
    )


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
        by_age = await _open_by_age(session, caller, today, breakdown, school_id)
        sums = await unguarded(session, caller, breakdown, school_id, by_age)
    rows: list[Row] = []
    for numbers in sums.everywhere():
        keys = sums.keys_at(numbers)
        for at, band in enumerate(BANDS):
            n = sums.shown(numbers, at)
            rows.append({**keys, "age_days": band.value, "n": n, "suppressed": n is None})
    return rows


async def _guarded(
    session: ReadSession, caller: Caller, breakdown: Breakdown, school_id: str | None, minimum: int, today: date
) -> Sums:
    """What was asked for, of a table that the funnel tells the sums of: what did not end is open, at whatever age.

    A band tells no more than the months and the stretches of months that are told: it is shown where they make it up.
    """
    whole = await whole_funnel(session, caller, breakdown, school_id, Key.MONTH)
    funnel, by_age = await whole.decided_while(minimum, _open_by_age(session, caller, today, whole.breakdown, None))
    axes, students = whole.question.axes, whole.question.enrolled
    at = whole.breakdown.keys.index(Key.MONTH)
    days = stretches(axes[at], today)
    open_on = {
        (*numbers[:at], days_of(band, numbers[at], numbers[at], today).first, *numbers[at + 1 :]): (n,)
        for numbers, bands in by_age.items()
        for band, n in enumerate(bands)
        if n
    }
    question = Question((*axes[:at], days, *axes[at + 1 :]), open_on, students)

    def guarded() -> Sums:
        told_by_funnel = partial(funnel.hidden_difference, difference=OPEN, within=NOT_LOOPED)
        pattern = decide(question, SINGLE, minimum, told_elsewhere=told_by_funnel)

        def hidden_at(combination: Combination) -> frozenset[int]:
            months = combination[at]
            first, last = (months.first, months.last) if isinstance(months, Run) else (months, months)
            runs = [days_of(band, first, last, today) for band in range(len(BANDS))]
            told = [(*combination[:at], run, *combination[at + 1 :]) for run in runs]
            return frozenset(band for band, place in enumerate(told) if pattern.hidden(place))

        return whole.sliced(breakdown, school_id, hidden_at, Question(axes, by_age, students))

    return await aside(question, guarded)


async def _open_by_age(
    session: ReadSession, caller: Caller, today: date, breakdown: Breakdown, school_id: str | None
) -> dict[Numbers, list[int]]:
    """For each combination of keys the open referrals of each band."""
    keys = columns_of(referred, breakdown.keys)
    band = band_on(today).label("band")
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
    found: defaultdict[Numbers, list[int]] = defaultdict(lambda: [0] * len(BANDS))
    for *numbers, number, n in await session.execute(counted):
        found[tuple(numbers)][number] = int(n)
    return found
