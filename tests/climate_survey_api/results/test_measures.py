"""Intervals, margins and alpha against worked numbers and independent libraries."""

import math
import statistics

import numpy as np
import pytest
from scipy import stats

from climate_survey_api.results.measures.comparison import change_of_mean, change_of_share, share_against_frame
from climate_survey_api.results.measures.intervals import Z, finite, margin, mean_interval, share_interval, student_t
from climate_survey_api.results.measures.reliability import alpha_of_complete_cases, cronbach_alpha
from shared.events.surveys import AnswerSums


def sums_of(respondents: list[list[int]]) -> AnswerSums:
    """What respondents answered on four points, as sums, by the definitions."""
    favorable = [sum(point >= 3 for point in points) for points in respondents]
    means = [statistics.mean(points) for points in respondents]
    return AnswerSums(
        n=len(respondents),
        answers=sum(map(len, respondents)),
        favorable=sum(favorable),
        answers_squares=sum(len(points) ** 2 for points in respondents),
        favorable_squares=sum(f * f for f in favorable),
        favorable_answers=sum(f * len(points) for f, points in zip(favorable, respondents, strict=True)),
        means=float(sum(means)),
        means_squares=float(sum(mean * mean for mean in means)),
        histogram=tuple(sum(points.count(point) for points in respondents) for point in (1, 2, 3, 4)),
        complete=len(respondents),
        alpha=None,
    )


def one_each(favorable: int, n: int) -> AnswerSums:
    """Respondents with one answer each."""
    return sums_of([[4]] * favorable + [[1]] * (n - favorable))


@pytest.mark.parametrize(("population", "expected"), [(500, 0.053730), (None, 0.069295)])
def test_the_margins_of_the_worked_example(population: int | None, expected: float) -> None:
    assert margin(200, population) == pytest.approx(expected, abs=1e-6)


def test_an_interval_of_one_answer_each_in_an_unknown_population_is_wilsons() -> None:
    for favorable, n in ((0, 10), (3, 10), (10, 10), (33, 46), (1, 200)):
        found = share_interval(one_each(favorable, n), None)
        expected = stats.binomtest(favorable, n).proportion_ci(method="wilson")
        assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-12)
        assert found.method == "wilson-population-unknown"


def test_an_interval_narrows_with_the_share_of_those_invited_who_answered_and_vanishes_when_all_did() -> None:
    widths = [
        i.high - i.low
        for i in (share_interval(one_each(30, 46), n) for n in (10**9, 200, 64, 47, 46))
        if i.high and i.low
    ]
    assert widths == sorted(widths, reverse=True)
    assert widths[-1] == 0
    assert share_interval(one_each(30, 46), 46).method == "wilson-everybody"
    assert share_interval(one_each(30, 46), 40).method == "wilson-more-than-invited"
    assert share_interval(one_each(30, 46), 40).low == share_interval(one_each(30, 46), None).low


@pytest.mark.parametrize("favorable", [0, 46])
def test_nobody_and_everybody_favourable_have_honest_intervals_within_0_and_1(favorable: int) -> None:
    found = share_interval(one_each(favorable, 46), 64)
    assert found.low is not None
    assert found.high is not None
    assert 0 <= found.low <= favorable / 46 <= found.high <= 1
    assert found.high - found.low > 0.01


def test_answers_of_one_person_count_as_little_more_than_one_where_they_are_alike() -> None:
    alike = sums_of([[4, 4, 4, 4]] * 30 + [[1, 1, 1, 1]] * 20)
    mixed = sums_of([[4, 1, 4, 1], [1, 4, 4, 4]] * 25)
    single = share_interval(one_each(30, 50), None)
    clustered, independent = share_interval(alike, None), share_interval(mixed, None)
    assert clustered.low == pytest.approx(single.low or 0, abs=0.006)
    # However much answers of one person differ, they are worth no more than answers of several would be.
    of_few_people = (Z / float(stats.t.ppf(0.975, 49))) ** 2
    assert (independent.low, independent.high) == pytest.approx(wilsons(125 / 200, 200 * of_few_people))
    assert clustered.method == "wilson-cluster-population-unknown"


def wilsons(share: float, worth: float) -> tuple[float, float]:
    """Wilson's interval of a share of so many independent answers, by its formula."""
    middle, half = share + Z**2 / 2 / worth, Z * math.sqrt(share * (1 - share) / worth + Z**2 / 4 / worth**2)
    return (middle - half) / (1 + Z**2 / worth), (middle + half) / (1 + Z**2 / worth)


def test_the_clusters_variance_is_that_of_a_ratio() -> None:
    chance = np.random.default_rng(3)
    people = [list(map(int, chance.integers(1, 5, chance.integers(1, 6)))) for _ in range(60)]
    sums = sums_of(people)
    share = sums.favorable / sums.answers
    residuals = [sum(p >= 3 for p in points) - share * len(points) for points in people]
    variance = float(np.var(residuals, ddof=1)) * 60 / sums.answers**2
    worth = min(sums.answers, share * (1 - share) / variance) * (Z / float(stats.t.ppf(0.975, 59))) ** 2
    found = share_interval(sums, None)
    assert (found.low, found.high) == pytest.approx(wilsons(share, worth), abs=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize(("n", "share", "alike"), [(10, 0.8, 0.3), (15, 0.5, 0.6), (60, 0.5, 0.3)])
def test_an_interval_holds_the_true_share_nearly_as_often_as_it_says(n: int, share: float, alike: float) -> None:
    chance = np.random.default_rng(11)
    rounds, held = 600, 0
    for _ in range(rounds):
        leanings = chance.beta(share * (1 - alike) / alike, (1 - share) * (1 - alike) / alike, n)
        found = share_interval(sums_of([[4] * k + [1] * (4 - k) for k in chance.binomial(4, leanings)]), None)
        held += (found.low or 0) <= share <= (found.high or 0)
    assert held / rounds > 0.92  # taken for independent answers they would in 0.79 to 0.85


@pytest.mark.parametrize("freedom", [1, 2, 3.7, 9, 29, 45, 199, 5000, 10**8])
def test_students_t_is_scipys(freedom: float) -> None:
    assert student_t(freedom) == pytest.approx(stats.t.ppf(0.975, freedom), abs=1e-6)


def test_the_interval_of_a_mean_is_scipys_times_the_finite_correction() -> None:
    people = [[1, 2], [4], [3, 3, 4], [2], [4, 4], [1], [3], [2, 3], [4, 1], [3]]
    means = [statistics.mean(points) for points in people]
    low, high = stats.t.interval(0.95, 9, loc=np.mean(means), scale=stats.sem(means))
    found = mean_interval(sums_of(people), None)
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-8)
    corrected = mean_interval(sums_of(people), 40)
    assert corrected.high is not None
    assert corrected.high - np.mean(means) == pytest.approx((high - np.mean(means)) * math.sqrt(0.75), abs=1e-8)


def test_alpha_of_the_worked_example_and_of_published_variances() -> None:
    rows = [[4, 3, 4, 4], [2, 2, 1, 2], [3, 3, 3, 4], [1, 2, 1, 1], [4, 4, 3, 4], [3, 2, 2, 3]]
    columns = list(zip(*rows, strict=True))
    variances = sum(statistics.variance(column) for column in columns)
    assert cronbach_alpha(4, variances, statistics.variance([sum(r) for r in rows])) == pytest.approx(
        0.950594121, abs=1e-9
    )
    assert cronbach_alpha(10, 20.380952380952, 43.6) == pytest.approx(0.5917188486, abs=1e-9)
    assert cronbach_alpha(4, 0.0, 0.0) is None


@pytest.mark.parametrize("seed", range(6))
def test_alpha_is_that_of_the_covariance_matrix(seed: int) -> None:
    chance = np.random.default_rng(seed)
    k = int(chance.integers(3, 9))
    matrix = np.clip(chance.integers(1, 5, (60, 1)) + chance.integers(-1, 2, (60, k)), 1, 4)
    covariance = np.cov(matrix, rowvar=False)
    expected = k / (k - 1) * (1 - np.trace(covariance) / covariance.sum())
    totals = matrix.sum(axis=1)
    by_item = [(int(column.sum()), int((column**2).sum())) for column in matrix.T]
    found = alpha_of_complete_cases(60, int(totals.sum()), int((totals**2).sum()), by_item)
    assert found == pytest.approx(expected, abs=1e-12)


def test_alpha_is_withheld_below_what_the_data_bear() -> None:
    item = (60, 150)
    assert alpha_of_complete_cases(30, 180, 1200, [item, item, item]) is not None
    assert alpha_of_complete_cases(29, 180, 1200, [item, item, item]) is None
    assert alpha_of_complete_cases(30, 120, 560, [item, item]) is None
    assert alpha_of_complete_cases(30, 180, 1080, [(60, 120)] * 3) is None


def test_a_change_of_shares_has_the_interval_of_newcombe() -> None:
    published = change_of_share(one_each(1, 34), one_each(7, 34), None, None)
    assert (published.low, published.high) == pytest.approx((0.019, 0.340), abs=5e-4)  # domain.md, 7/34 and 1/34
    found = change_of_share(one_each(33, 46), one_each(20, 50), None, None)
    assert found.value == pytest.approx(20 / 50 - 33 / 46)
    exact = change_of_share(one_each(33, 46), one_each(20, 50), 46, 50)
    assert exact.low == exact.value == exact.high
    turned = change_of_share(one_each(0, 46), one_each(50, 50), None, None)
    assert -1 <= turned.low < turned.value == turned.high == 1
    narrower = change_of_share(one_each(33, 46), one_each(20, 50), 64, 60)
    assert narrower.high - narrower.low < found.high - found.low
    assert finite(46, 64) == pytest.approx(18 / 63)


def test_a_change_of_means_is_welchs() -> None:
    before, after = [[1], [2], [2], [4], [3], [3]], [[4], [4], [3], [4], [2], [4], [3], [4]]
    found = change_of_mean(sums_of(before), sums_of(after), None, None)
    welch = stats.ttest_ind([p[0] for p in after], [p[0] for p in before], equal_var=False).confidence_interval(0.95)
    assert found is not None
    assert (found.low, found.high) == pytest.approx((welch.low, welch.high), abs=1e-6)


def test_respondents_are_held_against_a_frame_that_is_known_exactly() -> None:
    found = share_against_frame(30, 46, frame=32, framed=64, invited=64)
    assert found.value == pytest.approx(30 / 46 - 0.5)
    assert found.low < found.value < found.high
