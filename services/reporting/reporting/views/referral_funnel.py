"""The funnel: of the referrals submitted in a period, how many ever reached each stage."""

from pydantic import Field
from sqlalchemy import func, select

from reporting.codec import STAGES
from reporting.models import referral_funnel as cells
from reporting.views.breakdown import Breakdown, Numbers, columns_of, only_these
from reporting.views.enrolled import enrolled
from reporting.views.rows import KeyedRow, Row, Sums, series
from reporting.views.scope import in_scope, schools_by_number
from shared.auth import Caller
from shared.db import ReadSession
from shared.events.referrals import Stage


class FunnelRow(KeyedRow):
    """How many referrals of one combination of keys reached one stage."""

    stage: Stage
    n: int | None = Field(description="Referrals submitted in the period that ever reached the stage.")


async def referral_funnel(
    session: ReadSession, caller: Caller, breakdown: Breakdown, *, school_id: str | None, minimum: int
) -> list[Row]:
    """How far the referrals submitted in the period came, whenever they came that far.

    Shape: per combination of keys one row for each stage, also where it is 0; by the keys, then by stage.
    Combinations without referral are there with 0 where students are enrolled and enrolment has all the keys, else
    absent. Drafts and referrals entered in error count nowhere.
    Units: referrals; `per_100` per 100 students enrolled in the school year. Counts under `minimum` are suppressed.
    """
    sums = Sums(
        breakdown,
        await schools_by_number(session, caller),
        await _stages(session, caller, breakdown, school_id),
        await enrolled(session, caller, breakdown, school_id),
    )
    by_stage = [list(series(sums, i, minimum=minimum, counts_students=False)) for i in range(len(STAGES))]
    rows: list[Row] = []
    for at, numbers in enumerate(sums.everywhere()):
        keys = sums.keys_at(numbers)
        for stage, shown in zip(STAGES, by_stage, strict=True):
            n, rate = shown[at]
            rows.append({**keys, "stage": stage.value, "n": n, "per_100": rate, "suppressed": n is None})
    return rows


async def _stages(
    session: ReadSession, caller: Caller, breakdown: Breakdown, school_id: str | None
) -> dict[Numbers, tuple[int, ...]]:
    keys = columns_of(cells, breakdown.keys)
    summed = (
        select(*keys, *[func.coalesce(func.sum(cells.c[stage.value]), 0) for stage in STAGES])
        .where(
            in_scope(cells, caller, school_id),
            cells.c.month.between(breakdown.first_month, breakdown.last_month),
            *only_these(cells, breakdown.only),
        )
        .group_by(*keys)
    )
    width = len(keys)
    return {tuple(row[:width]): tuple(map(int, row[width:])) for row in await session.execute(summed)}
