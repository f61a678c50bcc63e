"""Figures as they would be if the respondents were composed like those who were invited: post-stratification.

Each value of a facet is a stratum, weighted by its share of the frame. Values whose cells are hidden make one stratum
together: what is left of the row when the shown ones are taken away, which anybody could work out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from climate_survey_api.results.measures.sheets import SheetRow
from climate_survey_api.results.measures.tally import UNKNOWN
from shared.events.surveys import AnswerSums


@dataclass(frozen=True, slots=True)
class Weighted:
    """The weighted figures, or why there are none."""

    favorable: float | None
    mean: float | None
    why_not: str | None


def weighted(whole: SheetRow, strata: Sequence[SheetRow]) -> Weighted:
    """A row's figures, weighted by the values of a facet: the rows of the same block and unit, one for each value.

    Who did not say is in no stratum of the frame, so he counts for nothing here, unless his cell is hidden: then the
    hidden ones stand for all the values of which nothing is shown. None, with the reason, where a value of the frame
    has no answers, where there is no frame, and of a row that is of a value itself.
    """
    if whole.sums is None:
        return Weighted(None, None, "suppressed")
    if whole.value is not None:  # the strata are of everybody: nothing is counted of two facets at once
        return Weighted(None, None, "only rows that are not by value are weighted")
    if not whole.is_scored:
        return Weighted(None, None, "answers are counted, not scored")
    shown = [(row.sums, row) for row in strata if row.sums]
    if not shown:
        return Weighted(None, None, "nothing is shown by value")
    if any(row.frame is None for row in strata):
        return Weighted(None, None, "the frame of a school is not known")
    if any(row.schools != whole.schools for _, row in shown):
        return Weighted(None, None, "by value fewer schools are shown")
    rest = _rest(whole.sums, [sums for sums, _ in shown])
    hidden = sum(row.frame or 0 for row in strata if not row.sums and row.value != UNKNOWN)
    said = [(_Part.of(sums), row.frame or 0) for sums, row in shown if row.value != UNKNOWN]
    parts = [(part, count) for part, count in [*said, (rest, hidden)] if count]
    if not parts:
        return Weighted(None, None, "the frame counts nobody")
    if any(part.n <= 0 for part, _ in parts):
        return Weighted(None, None, "a value of the frame has no answers")
    people = sum(count for _, count in parts)
    return Weighted(
        favorable=sum(count * part.favorable / part.answers for part, count in parts) / people,
        mean=sum(count * part.means / part.n for part, count in parts) / people if whole.has_points else None,
        why_not=None,
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """What a stratum's figures are made of."""

    n: int
    answers: int
    favorable: int
    means: float

    @classmethod
    def of(cls, sums: AnswerSums) -> "_Part":
        """Of a row's sums."""
        return cls(sums.n, sums.answers, sums.favorable, sums.means)


def _rest(whole: AnswerSums, shown: Sequence[AnswerSums]) -> _Part:
    return _Part(
        whole.n - sum(sums.n for sums in shown),
        whole.answers - sum(sums.answers for sums in shown),
        whole.favorable - sum(sums.favorable for sums in shown),
        whole.means - sum(sums.means for sums in shown),
    )
