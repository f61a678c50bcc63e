"""Buckets that add up and still tell quantiles, within the error they state."""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporting.codec import IN_TIME_BY_BUCKET, LATE_BY_BUCKET, NOT_REACHED, TIMING_BITS, timing_of
from reporting.measures.histograms import BUCKETS, RELATIVE_ERROR, bucket_of, quantile

A_MINUTE, LAST_EDGE = timedelta(minutes=1), timedelta(seconds=34_582_507)

durations = st.timedeltas(min_value=timedelta(hours=-1), max_value=timedelta(days=800))
samples = st.lists(durations, min_size=1, max_size=60)
percents = st.integers(1, 100)


def histogram(buckets: Iterable[int]) -> list[int]:
    """How many there are of each bucket."""
    counts = Counter(buckets)
    return [counts[bucket] for bucket in range(BUCKETS)]


def exact(sample: list[timedelta], percent: int) -> timedelta:
    """The smallest duration that `percent` of the sample do not exceed."""
    in_order = sorted(sample)
    return next(d for i, d in enumerate(in_order, 1) if Fraction(i, len(in_order)) >= Fraction(percent, 100))


@given(samples, percents)
def test_a_quantile_is_off_by_no_more_than_is_stated(sample: list[timedelta], percent: int) -> None:
    true = exact(sample, percent)
    told = quantile(histogram(map(bucket_of, sample)), percent)
    assert told is not None
    assert told.at_least <= max(true, timedelta(0))
    assert told.at_most is None or max(true, timedelta(0)) <= told.at_most
    if true <= A_MINUTE:
        assert abs(told.estimate - max(true, timedelta(0))) <= timedelta(seconds=30)
    elif true <= LAST_EDGE:
        assert abs(told.estimate - true) <= true * RELATIVE_ERROR + timedelta(microseconds=1)
    else:
        assert told == (LAST_EDGE, LAST_EDGE, None)


@given(samples, samples, percents)
def test_histograms_add_up(first: list[timedelta], second: list[timedelta], percent: int) -> None:
    apart = [histogram(map(bucket_of, sample)) for sample in (first, second)]
    together = histogram(map(bucket_of, first + second))
    assert quantile([a + b for a, b in zip(*apart, strict=True)], percent) == quantile(together, percent)


@given(durations, durations)
def test_a_longer_duration_is_never_in_an_earlier_bucket(one: timedelta, other: timedelta) -> None:
    assert (bucket_of(one) <= bucket_of(other)) or one > other


@pytest.mark.parametrize(
    ("duration", "bucket"),
    [
        (timedelta(days=-3), 0),
        (timedelta(0), 0),
        (timedelta(seconds=60), 0),
        (timedelta(seconds=60, microseconds=1), 1),
        (timedelta(seconds=66), 1),
        (timedelta(seconds=67), 2),
        (timedelta(days=2), 85),
        (LAST_EDGE, BUCKETS - 2),
        (LAST_EDGE + timedelta(microseconds=1), BUCKETS - 1),
        (timedelta.max, BUCKETS - 1),
    ],
    ids=str,
)
def test_buckets_keep_their_numbers_for_ever(duration: timedelta, bucket: int) -> None:
    assert bucket_of(duration) == bucket


def test_the_median_of_an_even_number_is_the_lower_one_and_of_none_there_is_none() -> None:
    low, high = bucket_of(timedelta(hours=1)), bucket_of(timedelta(hours=9))
    assert quantile(histogram([low, low, high, high]), 50) == quantile(histogram([low]), 50)
    assert quantile(histogram([low, low, high, high, high]), 50) == quantile(histogram([high]), 50)
    assert quantile([], 50) is None
    assert quantile(histogram([]), 50) is None
    for less_than_nothing in ([-3, 2], [-1, 3]):
        with pytest.raises(ValueError, match="less than nothing"):
            quantile(less_than_nothing, 50)


@given(durations, st.booleans())
def test_a_timing_tells_the_bucket_and_whether_it_was_in_time(took: timedelta, in_time: bool) -> None:
    timing = timing_of(bucket_of(took), in_time=in_time)
    assert NOT_REACHED < timing < 1 << TIMING_BITS
    by_timing = [int(position == timing) for position in range(1 + 2 * BUCKETS)]
    assert by_timing[IN_TIME_BY_BUCKET] == histogram([bucket_of(took)] if in_time else [])
    assert by_timing[LATE_BY_BUCKET] == histogram([] if in_time else [bucket_of(took)])
