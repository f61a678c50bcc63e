"""The figures that a row of sums makes: share, mean, how sure they are, how far the items belong together."""

from dataclasses import dataclass
from typing import NamedTuple

from climate_survey_api.results.measures.intervals import Interval, margin, mean_interval, share_interval
from climate_survey_api.results.measures.reliability import FEWEST_COMPLETE, FEWEST_ITEMS
from climate_survey_api.results.measures.sheets import SheetRow
from shared.events.surveys import AnswerSums

MISSING_RULE = "complete_cases"
"""How alpha takes what was left out: who left out an item of the dimension is left out himself (listwise)."""
_NOTHING = Interval(None, None, "suppressed")
_NOT_SCORED = Interval(None, None, "not scored: answers are counted")
_NO_POINTS = Interval(None, None, "none: the items have scales of different lengths")


@dataclass(frozen=True, slots=True)
class Figures:
    """What is told of a row; all of it None where it is suppressed. Nothing is rounded."""

    n: int | None
    answers: int | None
    favorable: float | None
    share: Interval
    mean: float | None
    mean_reach: Interval
    margin: float | None
    response_rate: float | None
    histogram: tuple[int, ...] | None
    complete: int | None
    """None also where the row's items are suppressed: they could be worked out from it."""
    alpha: float | None
    alpha_withheld: str | None
    """Why there is no alpha."""


def figures(row: SheetRow) -> Figures:
    """The figures of a row."""
    sums = row.sums
    if sums is None:
        return Figures(None, None, None, _NOTHING, None, _NOTHING, None, None, None, None, None, "suppressed")
    share = share_interval(sums, row.population) if row.is_scored else _NOT_SCORED
    mean = _mean(sums, row)
    return Figures(
        n=sums.n,
        answers=sums.answers,
        favorable=sums.favorable / sums.answers if row.is_scored else None,
        share=share,
        mean=mean.value,
        mean_reach=mean.reach,
        margin=margin(sums.n, row.population),
        response_rate=response_rate(row),
        histogram=sums.histogram or None,
        complete=sums.complete,
        alpha=sums.alpha,
        alpha_withheld=_withheld(sums, row),
    )


def response_rate(row: SheetRow) -> float | None:
    """How many of those invited answered anything; None by value, where nobody knows of whom, and of nobody invited."""
    if row.value is not None or row.respondents is None or not row.invited:
        return None
    return row.respondents / row.invited


class _Mean(NamedTuple):
    value: float | None
    reach: Interval


def _mean(sums: AnswerSums, row: SheetRow) -> _Mean:
    if not row.is_scored:
        return _Mean(None, _NOT_SCORED)
    if not row.has_points:
        return _Mean(None, _NO_POINTS)
    return _Mean(sums.means / sums.n, mean_interval(sums, row.population))


def _withheld(sums: AnswerSums, row: SheetRow) -> str | None:
    if sums.alpha is not None:
        return None
    if row.of_items < FEWEST_ITEMS:
        return f"fewer than {FEWEST_ITEMS} items"
    if sums.complete is None:
        return "the items are suppressed"
    if sums.complete < FEWEST_COMPLETE:
        return f"fewer than {FEWEST_COMPLETE} answered every item"
    return "no variance"
