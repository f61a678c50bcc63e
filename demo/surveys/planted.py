"""What is planted in the surveys: how many answer favourably, and where it is otherwise. All of it is made up."""

from collections.abc import Mapping
from types import MappingProxyType

WAVES = 3
FAVORABLE: Mapping[str, float] = MappingProxyType(
    {
        "safety": 0.78,
        "relationships": 0.74,
        "collaborative_leadership": 0.58,
        "ethics": 0.66,
        "equity": 0.70,
        "wellness": 0.55,
        "communication": 0.62,
        "sro": 0.72,
    }
)
"""The share of favourable answers in each dimension, in every wave and at every school but where it says otherwise."""
_OF_ANY_OTHER_DIMENSION = 0.6
FALLING = "safety"
FALLS_TO = (0.78, 0.70, 0.55)
"""The share in the falling dimension, wave by wave, at the one school where it falls."""
TREATED_LESS_FAIRLY = "black"
FAIRNESS_GAP = 0.25
"""By how much smaller the shares are that this group gives to fairness: in the dimension and in the officer's items."""
FAIRNESS, FAIRNESS_OF_OFFICER = "equity", frozenset({"sro_fair", "sro_fair_to_students"})
RACE_ETHNICITY: Mapping[str, float] = MappingProxyType({"white": 0.45, "hispanic": 0.28, TREATED_LESS_FAIRLY: 0.27})
"""Who answers; of each of them more than the smallest number that is shown, at every school but the tiny one."""
LEFT_OUT = 0.04
"""How often an item is left out."""
ANSWER_OF_THOSE_INVITED = 0.8
"""So few that the results say how far they are below 85 %."""
PEOPLE: Mapping[str, int] = MappingProxyType({"student": 90, "family": 24, "staff": 14})
"""Who answers at a school in each wave, by group."""
PEOPLE_OF_TINY_SCHOOL: Mapping[str, int] = MappingProxyType({"student": 7})
"""Too few to be told: their figures must never be seen, nor be found by subtraction."""


def share_of(*, dimension: str, item_id: str, wave: int, race_ethnicity: str, is_falling: bool) -> float:
    """How many of this group answer an item favourably, in a wave (from 0) at a school."""
    share = FAVORABLE.get(dimension, _OF_ANY_OTHER_DIMENSION)
    if is_falling and dimension == FALLING:
        share = FALLS_TO[wave]
    is_about_fairness = dimension == FAIRNESS or item_id in FAIRNESS_OF_OFFICER
    return share - FAIRNESS_GAP if is_about_fairness and race_ethnicity == TREATED_LESS_FAIRLY else share
