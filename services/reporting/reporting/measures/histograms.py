"""Durations as counts in fixed buckets, which can be added up and still tell their quantiles, within a known error.

Medians cannot be added up, buckets can: a district's histogram is the sum of its schools', a year's of its months'. The
buckets grow with what they hold, by a tenth from one to the next, so that the error is a share of the value and the
same for minutes and for months. Source: log-spaced buckets with their harmonic middle as the estimate are the scheme
of DDSketch (Masson, Rim and Lee, "DDSketch: a fast and fully-mergeable quantile sketch with relative-error
guarantees", VLDB 2019); the edges here are whole seconds, so that they are the same on every machine.

    bucket       0       1       2       3       …   140        141
    longer than  -       60 s    66 s    72 s    …   363 days   400 days
    up to        60 s    66 s    72 s    79 s    …   400 days   -

The numbers of the buckets are in the tables for good: no edge may be moved.
"""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import timedelta
from itertools import accumulate
from typing import NamedTuple

RELATIVE_ERROR = 1 / 21
"""At most so much of the true value is an estimate off, between a minute and 400 days: 4.8 %."""

_FIRST_EDGE_SECONDS = 60
_A_YEAR_SECONDS = 366 * 24 * 3600


def _edges() -> tuple[int, ...]:
    edges = [_FIRST_EDGE_SECONDS]
    while edges[-1] < _A_YEAR_SECONDS:
        edges.append(edges[-1] * 11 // 10)  # rounded down: no bucket is wider than a tenth of its lower edge
    return tuple(edges)


_EDGES_SECONDS = _edges()
BUCKETS = len(_EDGES_SECONDS) + 1
"""So many buckets, the first one for a minute and less, the last one for more than 400 days."""


def bucket_of(duration: timedelta) -> int:
    """The bucket that a duration falls into. One below zero, by a clock that was wrong, falls into the first."""
    return bisect_left(_EDGES_SECONDS, duration.total_seconds())


class Quantile(NamedTuple):
    """A quantile as far as buckets can tell."""

    estimate: timedelta
    """Off by at most `RELATIVE_ERROR` of the true value; in the first bucket by at most half a minute."""
    at_least: timedelta
    at_most: timedelta | None
    """None in the last bucket: nobody knows how much more it is."""


def quantile(counts: Sequence[int], percent: int) -> Quantile | None:
    """The smallest duration that `percent` of all durations do not exceed. None where there are none.

    `counts` are the durations per bucket, from the first one on; the median of an even number of them is the lower of
    the two in the middle.
    Source: the inverse of the empirical distribution function (Hyndman and Fan 1996, definition 1).
    """
    if min(counts, default=0) < 0:
        raise ValueError("a histogram holds no less than nothing")
    up_to = list(accumulate(counts))
    if not up_to or up_to[-1] == 0:
        return None
    rank = max(1, -(-up_to[-1] * percent // 100))
    return _quantile_in(bisect_left(up_to, rank))


def _quantile_in(bucket: int) -> Quantile:
    if bucket == 0:
        high = _EDGES_SECONDS[0]
        return Quantile(timedelta(seconds=high / 2), timedelta(0), timedelta(seconds=high))
    low = _EDGES_SECONDS[bucket - 1]
    if bucket == BUCKETS - 1:
        return Quantile(timedelta(seconds=low), timedelta(seconds=low), None)
    high = _EDGES_SECONDS[bucket]
    # The value whose relative distance to both edges is the same.
    return Quantile(timedelta(seconds=2 * low * high / (low + high)), timedelta(seconds=low), timedelta(seconds=high))
