"""What is counted within what: the difference of two nested counts is a count too, and anybody can subtract."""

from itertools import combinations
from typing import NamedTuple

from reporting.codec import STAGES
from shared.events.referrals import Stage


class Difference(NamedTuple):
    """A count that nobody is shown and everybody can compute: the sum of some series less the sum of others."""

    plus: tuple[int, ...]
    minus: tuple[int, ...]
    hides: tuple[int, ...]
    """Which of the series may be hidden so that the difference cannot be computed."""
    twins: tuple[int, ...]
    """Which of them may be hidden because the difference is known to be zero, so that they tell each other."""

    @property
    def parts(self) -> tuple[int, ...]:
        """Every series that must be known to compute it."""
        return self.plus + self.minus


class Nesting(NamedTuple):
    """The series of a view, and the differences between them."""

    series: int
    differences: tuple[Difference, ...]

    def is_outermost(self, t: int) -> bool:
        """Whether a series lies within no other."""
        return not any(t in difference.minus for difference in self.differences)


_AT = {stage: index for index, stage in enumerate(STAGES)}
_ENDED = (Stage.COMPLETED, Stage.FAILED, Stage.REJECTED, Stage.CANCELLED)
_OF_ACCEPTED = (Stage.STARTED, Stage.COMPLETED, Stage.FAILED)


def _without(whole: tuple[Stage, ...], parts: tuple[Stage, ...]) -> Difference:
    plus, minus = (tuple(_AT[stage] for stage in stages) for stages in (whole, parts))
    return Difference(plus, minus, hides=minus, twins=plus + minus)


OPEN = _without((Stage.SUBMITTED,), _ENDED)
"""Referrals without an outcome: what the ended ones leave of the submitted ones."""

NESTED_STAGES = Nesting(
    series=len(STAGES),
    differences=(
        *[_without((Stage.SUBMITTED,), (stage,)) for stage in STAGES if stage is not Stage.SUBMITTED],
        *[_without((Stage.ACCEPTED,), (stage,)) for stage in _OF_ACCEPTED],
        _without((Stage.SUBMITTED,), (Stage.ACCEPTED, Stage.REJECTED)),
        _without((Stage.ACCEPTED,), (Stage.COMPLETED, Stage.FAILED)),
        *[_without((Stage.SUBMITTED,), some) for size in (2, 3) for some in combinations(_ENDED, size)],
        OPEN,
        _without(_ENDED, (Stage.LOOPED,)),
    ),
)
"""The stages as the life of a referral nests them.

Whoever is accepted was not rejected; work starts, succeeds or fails only then; there is one outcome, and the loop is
closed after it. A first contact may come at any time.
"""

SUBMITTED, CONTACTED = _AT[Stage.SUBMITTED], _AT[Stage.CONTACTED]
IN_TIME, MISSED = NESTED_STAGES.series, NESTED_STAGES.series + 1


def _clocks(plus: tuple[int, ...], minus: tuple[int, ...]) -> Difference:
    # Only what this view adds: what the funnel shows must not depend on which view is asked.
    own = tuple(t for t in plus + minus if t >= NESTED_STAGES.series)
    return Difference(plus, minus, hides=own, twins=own)


NESTED_CLOCKS = Nesting(
    series=NESTED_STAGES.series + 2,
    differences=(
        *NESTED_STAGES.differences,
        _clocks((CONTACTED,), (IN_TIME,)),
        _clocks((IN_TIME, MISSED), (CONTACTED,)),
        _clocks((SUBMITTED,), (IN_TIME, MISSED)),
    ),
)
"""The funnel, and how its contact clocks ended: in time, or missed because reached too late or not at all."""

SINGLE = Nesting(series=1, differences=())
"""One count that nothing is nested in."""
