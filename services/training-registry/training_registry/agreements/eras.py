"""Which of an agreement's terms were its terms on a day: a change makes nothing untrue of the days before it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from training_registry.agreements.rules import Agreement, Facts, agreement_of

_A_DAY = timedelta(days=1)


class Change(StrEnum):
    """What a version came from."""

    WRITTEN = "written"
    TERMS = "terms"
    """Wider or other terms: they have to be signed anew."""
    NARROWED = "narrowed"
    DETAILS = "details"
    """Nothing that anybody signs."""
    SIGNATURE = "signature"
    TERMINATION = "termination"


REPLACING = frozenset({Change.TERMS, Change.NARROWED})
"""What puts other terms in the place of those before."""


@dataclass(frozen=True, slots=True)
class Era:
    """Terms of an agreement, from the day on which they were written down until others took their place."""

    facts: Facts
    begins_on: date | None = None
    """None: they are the first, and of every day before others."""
    replaced_on: date | None = None
    """None: nothing took their place."""
    keeps_signatures: bool = False
    """They only narrow those before, under whose signatures they stand."""

    def agreement(self) -> Agreement:
        """The agreement as far as these terms were in force.

        That is from the later of two signatures, also where that was before they were written down; under older
        signatures from the day on which they were. And through the last day before others took their place.
        """
        whole = agreement_of(self.facts)
        begins, ends = whole.in_force_from, whole.in_force_to
        if begins is None or ends is None:
            return whole
        if self.keeps_signatures and self.begins_on is not None:
            begins = max(begins, self.begins_on)
        if self.replaced_on is not None:
            ends = min(ends, self.replaced_on - _A_DAY)
        never = begins > ends
        return replace(whole, in_force_from=None if never else begins, in_force_to=None if never else ends)


def place_on(eras: Sequence[Era], on: date) -> int:
    """Which of an agreement's terms, oldest first, tell how it stood on a day.

    The newest that were in force on it; where none were, the newest that were written down by then.
    """
    return max(range(len(eras)), key=lambda place: (_bearing(eras[place], on), place))


def _bearing(era: Era, on: date) -> int:
    if era.agreement().is_in_force(on):
        return 2
    return int(era.begins_on is None or era.begins_on <= on)
