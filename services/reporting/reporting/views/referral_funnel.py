"""The funnel: of the referrals submitted in a period, how many ever reached each stage."""

from pydantic import ConfigDict, Field

from reporting.codec import STAGES
from reporting.models import FUNNEL
from reporting.views import answers, cells
from reporting.views.breakdown import Breakdown
from reporting.views.guarding import unguarded, whole_funnel
from reporting.views.rows import KeyedRow, Row
from shared.auth import Caller
from shared.db import ReadSession
from shared.events.referrals import Stage


class FunnelRow(KeyedRow):
    """How many referrals of one combination of keys reached one stage."""

    stage: Stage
    n: int | None = Field(description="Referrals submitted in the period that ever reached the stage.")


class ReferralFunnel(answers.View):
    """The funnel of a school year."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "rows": [{"sex": "female", "stage": "submitted", "n": 41, "per_100": 3.2, "suppressed": False}],
                    "as_of": "2026-11-22T15:04:05Z",
                    "policy": answers.Policy.of(10).model_dump(),
                }
            ]
        }
    )

    rows: list[FunnelRow]


async def referral_funnel(
    session: ReadSession, caller: Caller, breakdown: Breakdown, *, school_id: str | None, minimum: int
) -> list[Row]:
    """How far the referrals submitted in the period came, whenever they came that far.

    Shape: per combination of keys one row for each stage, also where it is 0; by the keys, then by stage.
    Combinations without referral are there with 0 where students are enrolled and enrolment has all the keys, else
    absent. Drafts and referrals entered in error count nowhere.
    Units: referrals; `per_100` per 100 students enrolled in the school year. Counts under `minimum` are suppressed.
    """
    if minimum > 1:
        whole = await whole_funnel(session, caller, breakdown, school_id)
        pattern = await whole.decided(minimum)
        sums = whole.sliced(breakdown, school_id, pattern.hidden)
    else:
        counted = await cells.sums(session, caller, FUNNEL, breakdown, school_id)
        sums = await unguarded(session, caller, breakdown, school_id, counted)
    rows: list[Row] = []
    for numbers in sums.everywhere():
        keys = sums.keys_at(numbers)
        for t, stage in enumerate(STAGES):
            n = sums.shown(numbers, t)
            rate = sums.rate(numbers, n)
            rows.append({**keys, "stage": stage.value, "n": n, "per_100": rate, "suppressed": n is None})
    return rows
