"""How sure a share or a mean is: 95 % intervals for some who answered out of all who were invited.

They say how far chance in who answered could have moved a figure, if those who answered are like those who did not;
whether they are is another question (docs/surveys-results.md).
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

from shared.events.surveys import AnswerSums

CONFIDENCE = 0.95
Z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)


@dataclass(frozen=True, slots=True)
class Interval:
    """From where to where a figure reaches, and how that was worked out."""

    low: float | None
    high: float | None
    method: str


def finite(n: int, population: int | None) -> float:
    """By what the variance of a share of n out of so many shrinks: (N - n) / (N - 1); 1 where N is not known.

    0 where everybody answered, and 1 where more did than were invited: then nobody knows what N was.
    """
    if population is None or n > population:
        return 1.0
    return (population - n) / (population - 1) if population > 1 else 0.0


def margin(n: int, population: int | None, share: float = 0.5) -> float:
    """Half the width of the plain 95 % interval of a share; with one half the widest that n answers can have.

    Oracle of domain.md 4.3: 200 of 500 .053730, 200 of infinitely many .069295.
    """
    return Z * math.sqrt(share * (1 - share) / n * finite(n, population))


def share_interval(sums: AnswerSums, population: int | None) -> Interval:
    """The interval of the share of favourable answers; `population` are the people invited, None where not known.

    Wilson's, on as many independent answers as those given are worth: answers of one person resemble each other, and
    how much is seen in the variance of the ratio with respondents as clusters. It stays within 0 and 1 and has a width
    unless everybody answered. Sources: Wilson 1927; Cochran, Sampling Techniques, 3rd ed., 2.6 and 6.3.
    """
    worth, how = _worth(sums)
    named = [how, _population_named(sums.n, population)]
    shrinks = finite(sums.n, population)
    share = sums.favorable / sums.answers
    if not shrinks:
        return Interval(share, share, "-".join(named))
    worth /= shrinks
    middle = (share + Z * Z / (2 * worth)) / (1 + Z * Z / worth)
    half = Z * math.sqrt(share * (1 - share) / worth + Z * Z / (4 * worth * worth)) / (1 + Z * Z / worth)
    # At the ends Wilson's bound is the share itself, but for a rounding error of the last digit.
    return Interval(max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half)), "-".join(named))


def _worth(sums: AnswerSums) -> tuple[float, str]:
    """How many independent answers the answers are worth, and what that is called.

    Fewer by (z/t)^2, because the variance itself is estimated from no more than n people. Never more than there are
    answers: that answers of one person differ more than those of several is chance, and chance must not narrow an
    interval. The number of respondents where all answers are alike, or their spread is suppressed. Sources: Korn and
    Graubard 1998; that it is capped, the NCHS standards for proportions (Parker et al. 2017).
    """
    if sums.answers == sums.n:
        return sums.n, "wilson"
    variance = _variance_of_ratio(sums)
    if variance is None:
        return sums.n, "wilson-cluster"
    share = sums.favorable / sums.answers
    design_effect = max(1.0, variance / (share * (1 - share) / sums.answers))
    return sums.answers / design_effect * (Z / student_t(sums.n - 1)) ** 2, "wilson-cluster"


def _variance_of_ratio(sums: AnswerSums) -> float | None:
    """The variance of favourable answers over answers, with respondents as clusters, in an infinite population.

    None where it cannot be seen: all answers are alike, there is one respondent, or the spread is suppressed.
    """
    share = sums.favorable / sums.answers
    if share in (0, 1) or sums.n < 2:
        return None
    if sums.favorable_squares is None or sums.favorable_answers is None or sums.answers_squares is None:
        return None
    squares = sums.favorable_squares - 2 * share * sums.favorable_answers + share * share * sums.answers_squares
    return sums.n / (sums.n - 1) * max(0.0, squares) / (sums.answers * sums.answers)


def mean_interval(sums: AnswerSums, population: int | None) -> Interval:
    """The interval of the mean of the respondents' own means: Student's t, the variance times 1 - n/N.

    Without bounds for a single respondent, and where the spread is suppressed.
    """
    named = f"t-{_population_named(sums.n, population)}"
    variance = variance_of_mean(sums, population)
    if variance is None:
        return Interval(None, None, named)
    mean, half = sums.means / sums.n, student_t(sums.n - 1) * math.sqrt(variance)
    return Interval(mean - half, mean + half, named)


def variance_of_mean(sums: AnswerSums, population: int | None) -> float | None:
    """The variance of the mean of the respondents' own means; None of a single one, or where it is suppressed."""
    n = sums.n
    if n < 2 or sums.means_squares is None:
        return None
    spread = max(0.0, sums.means_squares - sums.means * sums.means / n) / (n - 1)
    left_out = 1 - n / population if population is not None and n <= population else 1.0
    return spread / n * left_out


def _population_named(n: int, population: int | None) -> str:
    if population is None:
        return "population-unknown"
    if n > population:
        return "more-than-invited"
    return "everybody" if n == population else "finite"


@lru_cache(maxsize=4096)
def student_t(freedom: float) -> float:
    """The 97.5 % quantile of Student's t, by halving on its distribution function; of many degrees the normal's."""
    if freedom > 1e7:
        return Z
    low, high = 0.0, 1e3
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if _t_tail(middle, freedom) > (1 - CONFIDENCE) / 2 else (low, middle)
    return (low + high) / 2


def _t_tail(t: float, freedom: float) -> float:
    """The chance of a value above t: half the regularised incomplete beta function I(f/(f+t^2); f/2, 1/2)."""
    return _beta(freedom / (freedom + t * t), freedom / 2, 0.5) / 2


def _beta(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function, by Lentz's continued fraction. Source: DLMF 8.17.22."""
    if x >= 1.0:
        return 1.0
    if x > (a + 1) / (a + b + 2):
        return 1 - _beta(1 - x, b, a)
    log_front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    tiny = 1e-300
    c, d = 1.0, 1 / (1 - (a + b) * x / (a + 1) or tiny)
    fraction = d
    for m in range(1, 300):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for part in (even, odd):
            d = 1 / (1 + part * d or tiny)
            c = 1 + part / c or tiny
            fraction *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return math.exp(log_front) * fraction / a
