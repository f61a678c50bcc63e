"""What is counted within what: the difference of two nested counts is a count too, and anybody can subtract."""

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

from reporting.codec import STAGES
from shared.events.referrals import Stage


@dataclass(frozen=True)
class Difference:
    """A count that nobody is shown and everybody can compute: the sum of some series less the sum of others."""

    plus: tuple[int, ...]
    minus: tuple[int, ...]
    hides: tuple[int, ...]
    """Which of the series may be hidden so that the difference cannot be computed."""
    twins: tuple[int, ...]
    """Which of them may be hidden because the difference is known to be zero, so that they tell each other."""

    @cached_property
    def parts(self) -> tuple[int, ...]:
        """Every series that must be known to compute it."""
        return self.plus + self.minus


@dataclass(frozen=True, eq=False)
class Nesting:
    """The series of a view, and the differences between them.

    Compared by identity: what is worked out once for each is looked up many times per question.
    """

    series: int
    differences: tuple[Difference, ...]
    beside: "Nesting | None" = None
    """Whose series come first and are decided by themselves: what one view shows must not depend on another."""

    @property
    def own(self) -> range:
        """The series that are decided here."""
        return range(self.beside.series if self.beside else 0, self.series)

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
NOT_LOOPED = _without((Stage.SUBMITTED,), (Stage.LOOPED,))
"""Referrals whose loop is not closed: the open ones are among them."""

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


def _beside_stages(plus: tuple[int, ...], minus: tuple[int, ...]) -> Difference:
    own = tuple(t for t in plus + minus if t >= NESTED_STAGES.series)
    return Difference(plus, minus, hides=own, twins=own)


NESTED_CLOCKS = Nesting(
    series=NESTED_STAGES.series + 2,
    differences=(
        _beside_stages((CONTACTED,), (IN_TIME,)),
        _beside_stages((IN_TIME, MISSED), (CONTACTED,)),
        _beside_stages((SUBMITTED,), (IN_TIME, MISSED)),
    ),
    beside=NESTED_STAGES,
)
"""The funnel, and how its contact clocks ended: in time, or missed because reached too late or not at all."""

STUDENTS = NESTED_STAGES.series
NESTED_STUDENTS = Nesting(
    series=NESTED_STAGES.series + 1,
    differences=(_beside_stages((SUBMITTED,), (STUDENTS,)),),
    beside=NESTED_STAGES,
)
"""The funnel, and whom its referrals are about: fewer students than referrals, where some were referred again."""

SINGLE = Nesting(series=1, differences=())
"""One count that nothing is nested in."""
