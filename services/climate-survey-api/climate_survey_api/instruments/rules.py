"""What an item is and how an answer to it is read. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from shared.events.surveys import RespondentGroup

SHIPPED_ID = "rapport-climate"
"""The instrument that every district knows from its first day."""


class Scale(StrEnum):
    """What an item may be answered with. All but the last two are points from 1 up, and are scored."""

    AGREE4 = "agree4"
    """1 strongly disagree, 2 disagree, 3 agree, 4 strongly agree; no neutral point."""
    FREQUENCY4 = "frequency4"
    """1 never, 2 rarely, 3 often, 4 always."""
    PROBLEM4 = "problem4"
    """1 not a problem, 2 a small, 3 a moderate, 4 a large one: to be reversed."""
    YES_NO = "yes_no"
    """1 no, 2 yes."""
    CHOICE = "choice"
    """1 … n: one of the item's own choices; counted, never scored."""
    TEXT = "text"
    """The respondent's own words; asked only where the administration asks for free text."""


POINTS: Mapping[Scale, int] = MappingProxyType(
    {Scale.AGREE4: 4, Scale.FREQUENCY4: 4, Scale.PROBLEM4: 4, Scale.YES_NO: 2}
)
"""The highest point of each scored scale; favourable is the upper half after reversal."""


class PpraArea(StrEnum):
    """The eight protected areas of the Protection of Pupil Rights Amendment. Source: 20 USC 1232h(b)."""

    POLITICAL_AFFILIATIONS = "political_affiliations"
    MENTAL_HEALTH = "mental_health"
    SEX_BEHAVIOR = "sex_behavior"
    ILLEGAL_BEHAVIOR = "illegal_behavior"
    CRITICAL_APPRAISALS = "critical_appraisals"
    PRIVILEGED_RELATIONSHIPS = "privileged_relationships"
    RELIGION = "religion"
    INCOME = "income"


@dataclass(frozen=True, slots=True)
class Item:
    """One statement or question, as far as its answers have to be read."""

    item_id: str
    dimension: str
    groups: frozenset[RespondentGroup]
    scale: Scale
    reverse: bool = False
    ppra_area: PpraArea | None = None
    choices: int = 0
    """How many choices a `choice` has."""
    scaled: bool = True
    """Whether its answers are part of its dimension's figures; otherwise it is reported by itself alone."""

    @property
    def is_scored(self) -> bool:
        """Whether its answers have a favourable side."""
        return self.scale in POINTS

    @property
    def highest(self) -> int:
        """The highest number that answers it; 0 for free text."""
        return POINTS.get(self.scale, self.choices)
