"""How long it took until somebody was reached, and whether that was in time."""

from collections.abc import Mapping, Sequence
from operator import add
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from reporting.codec import IN_TIME_BY_BUCKET, LATE_BY_BUCKET, NOT_REACHED
from reporting.measures.histograms import BUCKETS, RELATIVE_ERROR, quantile
from reporting.measures.nesting import CONTACTED, IN_TIME, MISSED, NESTED_CLOCKS
from reporting.measures.rates import share
from reporting.measures.suppression import decide
from reporting.models import CONTACT_TIMES
from reporting.views import answers
from reporting.views.breakdown import Breakdown, Numbers
from reporting.views.cells import listed
from reporting.views.guarding import aside, unguarded, whole_funnel
from reporting.views.rows import Keyed, Row, Sums
from shared.auth import Caller
from shared.db import ReadSession

_MEDIAN, _P90 = 50, 90  # per cent
_AN_HOUR_SECONDS = 3600


class ContactTimesRow(Keyed):
    """How long the referrals of one combination of keys waited for their first contact."""

    n: int | None = Field(description="Referrals submitted in the period whose student or family was reached.")
    median_hours: float | None = Field(
        description="Half of them were reached within so many hours of the submission; null where n is 0."
    )
    p90_hours: float | None = Field(description="Nine in ten of them were; null where n is 0.")
    within_clock: float | None = Field(
        description="The share that was reached by its due date, of all that were due: reached, or the date passed. "
        "Null where none was due, or where one side of the share is a small count."
    )


class Method(BaseModel):
    """How the hours were computed."""

    quantiles: str = Field(description="Their definition, and what they are read from.")
    relative_error: float = Field(description="At most so much of the true value are the hours off.")


METHOD = Method(
    quantiles="inverse of the empirical distribution function (the lower median), read from buckets that grow by"
    " a tenth; up to a minute they are off by at most half a minute, beyond 400 days they say 400 days",
    relative_error=round(RELATIVE_ERROR, 4),
)


class ContactTimes(answers.View):
    """The contact times of a school year."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "rows": [
                        {
                            "need": "grief",
                            "n": 41,
                            "median_hours": 20.4872,
                            "p90_hours": 46.0712,
                            "within_clock": 0.84,
                            "suppressed": False,
                        }
                    ],
                    "as_of": "2026-11-22T15:04:05Z",
                    "policy": answers.Policy.of(10).model_dump(),
                    "method": METHOD.model_dump(),
                }
            ]
        }
    )

    rows: list[ContactTimesRow]
    method: Method


async def contact_times(
    session: ReadSession, caller: Caller, breakdown: Breakdown, *, school_id: str | None, minimum: int
) -> list[Row]:
    """How long the referrals submitted in the period waited for their first contact, whenever that was.

    Shape: one row per combination of keys, by the keys in their order. Combinations without referral are there with 0
    where students are enrolled and enrolment has all the keys, else absent.
    Units: referrals; hours by the clock on the wall, nights and holidays included, from `submitted_at` to
    `contacted_at`; `within_clock` is a share of 1, and its due dates count school time.
    A row whose count is under `minimum` is suppressed; only its `within_clock` where few were in time, or few were not.
    """
    clocks = _Answered(session, caller)
    if minimum > 1:
        sums = await _guarded(clocks, breakdown, school_id, minimum)
    else:
        sums = await unguarded(session, caller, breakdown, school_id, await clocks.ended(breakdown, school_id))
    timings = await clocks.timings(breakdown, school_id)
    rows: list[Row] = []
    for numbers in sums.everywhere():
        n, in_time, missed = (sums.shown(numbers, i) for i in range(len(_Clocks._fields)))
        hours = _hours(timings[numbers] if n else _NO_TIMINGS)
        within = share(in_time, missed) if n is not None else None
        rows.append({**sums.keys_at(numbers), "n": n, **hours, "within_clock": within, "suppressed": n is None})
    return rows


Timings = Mapping[Numbers, Sequence[int]]
"""For each combination of keys how many clocks ended how: one number for each timing, from 0."""

_NO_TIMINGS = (0,) * (1 + 2 * BUCKETS)


class _Answered:
    """What one request has asked for: the table that an answer is a slice of is often the answer itself."""

    def __init__(self, session: ReadSession, caller: Caller) -> None:
        self.session, self.caller = session, caller
        self._known: dict[tuple[Breakdown, str | None], Timings] = {}

    async def timings(self, breakdown: Breakdown, school_id: str | None) -> Timings:
        """The timings of a question, which is asked once."""
        question = breakdown, school_id
        if question not in self._known:
            self._known[question] = await _timings(self.session, self.caller, breakdown, school_id)
        return self._known[question]

    async def ended(self, breakdown: Breakdown, school_id: str | None) -> "dict[Numbers, _Clocks]":
        """How the clocks of each combination of keys ended."""
        timings = await self.timings(breakdown, school_id)
        return {numbers: _Clocks.of(by_timing) for numbers, by_timing in timings.items()}


async def _guarded(clocks: _Answered, breakdown: Breakdown, school_id: str | None, minimum: int) -> Sums:
    """What was asked for, of a table of the funnel's stages and after them how the clocks ended, which lie within."""
    whole = await whole_funnel(clocks.session, clocks.caller, breakdown, school_id)
    funnel, ended = await whole.decided_while(minimum, clocks.ended(whole.breakdown, None))
    sides = {numbers: (of.in_time, of.missed) for numbers, of in ended.items() if any(of)}
    question = whole.extended(sides, NESTED_CLOCKS)

    def guarded() -> Sums:
        pattern = decide(question, NESTED_CLOCKS, minimum, beside=funnel)
        return whole.sliced(breakdown, school_id, pattern.hidden, question)

    return (await aside(question, guarded)).only(CONTACTED, IN_TIME, MISSED)


class _Clocks(NamedTuple):
    """How the contact clocks of one combination of keys ended."""

    reached: int
    in_time: int
    missed: int
    """Reached too late, or due and not reached."""

    @classmethod
    def of(cls, by_timing: Sequence[int]) -> "_Clocks":
        """From the counts by timing."""
        due, in_time = sum(by_timing), sum(by_timing[IN_TIME_BY_BUCKET])
        return cls(due - by_timing[NOT_REACHED], in_time, due - in_time)


def _hours(by_timing: Sequence[int]) -> Row:
    counts = list(map(add, by_timing[IN_TIME_BY_BUCKET], by_timing[LATE_BY_BUCKET]))
    median, p90 = quantile(counts, _MEDIAN), quantile(counts, _P90)
    return {
        "median_hours": round(median.estimate.total_seconds() / _AN_HOUR_SECONDS, 4) if median else None,
        "p90_hours": round(p90.estimate.total_seconds() / _AN_HOUR_SECONDS, 4) if p90 else None,
    }


async def _timings(session: ReadSession, caller: Caller, breakdown: Breakdown, school_id: str | None) -> Timings:
    found: dict[Numbers, list[int]] = {}
    for numbers, timings, counts in await listed(session, caller, CONTACT_TIMES, breakdown, school_id):
        by_timing = found.get(numbers)
        if by_timing is None:
            by_timing = found[numbers] = list(_NO_TIMINGS)
        for timing, n in zip(timings, counts, strict=True):
            by_timing[timing] += n
    # Where a contact was taken back that no rebuild has counted yet, there is less than nothing: it is none.
    return {
        numbers: [max(0, n) for n in timings] if min(timings) < 0 else timings for numbers, timings in found.items()
    }
