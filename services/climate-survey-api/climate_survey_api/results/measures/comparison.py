"""Two figures held against each other: two waves of a survey, respondents and those who were invited."""

import math
from dataclasses import dataclass
from typing import NamedTuple

from climate_survey_api.results.measures.intervals import share_interval, student_t, variance_of_mean
from shared.events.surveys import AnswerSums


@dataclass(frozen=True, slots=True)
class Difference:
    """By how much one figure is above another, and from where to where that reaches with 95 % confidence."""

    value: float
    low: float
    high: float


def change_of_share(before: AnswerSums, after: AnswerSums, was_invited: int | None, invited: int | None) -> Difference:
    """By how much the favourable share grew, the waves taken as independent samples of finite populations.

    Newcombe's hybrid of the two shares' own intervals: it stays within -1 and 1, and is the difference itself where
    everybody answered twice. Who answered twice makes the true interval narrower: nobody can be followed from wave to
    wave, so it is not known. Source: Newcombe 1998, method 10.
    """
    was, now = _reach(before, was_invited), _reach(after, invited)
    value = now.share - was.share
    down = math.hypot(now.share - now.low, was.high - was.share)
    up = math.hypot(now.high - now.share, was.share - was.low)
    return Difference(value, value - down, value + up)


def change_of_mean(
    before: AnswerSums, after: AnswerSums, was_invited: int | None, invited: int | None
) -> Difference | None:
    """By how much the mean grew, with Welch's degrees of freedom. None where it is not known how sure a mean is."""
    value = after.means / after.n - before.means / before.n
    one, other = variance_of_mean(before, was_invited), variance_of_mean(after, invited)
    if one is None or other is None:
        return None
    if not one + other:
        return Difference(value, value, value)
    freedom = (one + other) ** 2 / (one**2 / (before.n - 1) + other**2 / (after.n - 1))
    half = student_t(round(freedom, 6)) * math.sqrt(one + other)
    return Difference(value, value - half, value + half)


def share_against_frame(n: int, respondents: int, frame: int, framed: int, invited: int | None) -> Difference:
    """By how much the share of a value among respondents is above its share of the frame, which is known exactly."""
    expected = frame / framed
    found = _reach(_one_each(n, respondents), invited)
    return Difference(found.share - expected, found.low - expected, found.high - expected)


class _Reach(NamedTuple):
    """A share, and from where to where it reaches."""

    share: float
    low: float
    high: float


def _reach(sums: AnswerSums, population: int | None) -> _Reach:
    found = share_interval(sums, population)
    assert found.low is not None  # of somebody
    assert found.high is not None
    return _Reach(sums.favorable / sums.answers, found.low, found.high)


def _one_each(n: int, respondents: int) -> AnswerSums:
    """Respondents who said one thing each, n of them this."""
    return AnswerSums(
        n=respondents,
        answers=respondents,
        favorable=n,
        answers_squares=respondents,
        favorable_squares=n,
        favorable_answers=n,
        means=0.0,
        means_squares=0.0,
        histogram=(),
        complete=respondents,
        alpha=None,
    )
