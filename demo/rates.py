"""What is planted in the synthetic district: how its students are mixed, who is referred how often, and what follows.

Made up so that every view has something to find; no figure here says anything about a real district.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeVar

T = TypeVar("T")

Mix = Mapping[T, float]
"""Shares that add up to one."""


def _mix(shares: dict[T, float]) -> Mix[T]:
    return MappingProxyType(shares)


##### Who the students are

RACE_ETHNICITY: Mix[str] = _mix(
    {
        "white": 0.42,
        "hispanic": 0.25,
        "black": 0.17,
        "asian": 0.06,
        "two_or_more": 0.05,
        "american_indian": 0.025,
        "pacific_islander": 0.01,
        "unknown": 0.015,
    }
)
"""In the district; schools differ around it."""
SEX: Mix[str] = _mix({"male": 0.5, "female": 0.475, "nonbinary": 0.015, "unknown": 0.01})
DISABILITY: Mix[str] = _mix({"none": 0.8, "idea": 0.14, "section_504": 0.04, "unknown": 0.02})
ENGLISH_LEARNER: Mix[bool | None] = _mix({False: 0.85, True: 0.12, None: 0.03})

##### How often a student is referred: the size's reference rate times one ratio of each of these

RATIOS: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "race_ethnicity": {
            "white": 1.0,
            "hispanic": 1.25,
            "black": 1.9,
            "asian": 0.6,
            "two_or_more": 1.4,
            "american_indian": 1.7,
            "pacific_islander": 1.1,
            "unknown": 1.0,
        },
        "sex": {"male": 1.2, "female": 0.85, "nonbinary": 1.3, "unknown": 1.0},
        "disability": {"none": 1.0, "idea": 1.6, "section_504": 1.3, "unknown": 1.0},
        "grade_band": {"pk_2": 0.6, "3_5": 0.9, "6_8": 1.4, "9_12": 1.1},
    }
)
"""The planted risk ratios, each against a student who differs in nothing else."""
DRAFT_PER_STUDENT = 0.003
"""Drafts that are never sent, and so never count."""
MISTAKE_PER_STUDENT = 0.003
"""Referrals that turn out entered in error, and so count nowhere."""

##### What a referral is about

NEED: Mix[str] = _mix(
    {
        "mental_health": 0.24,
        "behavior": 0.19,
        "attendance": 0.15,
        "bullying": 0.1,
        "family_conflict": 0.08,
        "basic_needs": 0.07,
        "substance_use": 0.05,
        "grief": 0.05,
        "self_harm": 0.03,
        "violence_risk": 0.02,
        "other": 0.02,
    }
)
_DANGER: Mix[str] = _mix({"imminent": 0.3, "urgent": 0.5, "soon": 0.15, "routine": 0.05})
_WORRY: Mix[str] = _mix({"imminent": 0.01, "urgent": 0.14, "soon": 0.4, "routine": 0.45})
REFERRER: Mix[str] = _mix({"staff": 0.42, "officer": 0.25, "counselor": 0.22, "administrator": 0.11})

##### What becomes of it

ANSWER: Mix[str] = _mix({"accepted": 0.8, "rejected": 0.09, "cancelled": 0.05, "waiting": 0.06})
"""Of those sent."""
REACHED: Mapping[str, float] = MappingProxyType({"imminent": 0.98, "urgent": 0.93, "soon": 0.86, "routine": 0.79})
"""Of those accepted, by urgency: somebody reached the student or family."""
VAIN_TRY = 0.25
"""That a try to reach them fails and another one follows, at most twice."""
WAITLISTED = 0.1
"""Of those accepted: wait before work begins."""
BEGINNING: Mix[str] = _mix({"in_progress": 0.86, "failed": 0.07, "waiting": 0.07})
"""Of those accepted."""
END: Mix[str] = _mix({"completed": 0.66, "failed": 0.1, "cancelled": 0.06, "going_on": 0.18})
"""Of those begun."""
TOLD_THE_END = 0.72
"""Of those that ended: the referrer is told, which closes the loop."""
TOLD_MEANWHILE = 0.06
"""Of those that have not ended: the referrer hears something already, and no loop closes."""
REASONS: Mapping[str, Mix[str]] = MappingProxyType(
    {
        "rejected": {"already_served": 0.4, "not_eligible": 0.35, "duplicate": 0.25},
        "cancelled": {"family_declined": 0.6, "student_declined": 0.25, "transferred": 0.15},
        "failed": {"unable_to_contact": 0.7, "family_declined": 0.2, "other": 0.1},
        "on_hold": {"waitlisted": 1.0},
        "entered_in_error": {"duplicate": 0.5, "other": 0.5},
    }
)
REASONS_ONCE_REACHED: Mapping[str, Mix[str]] = MappingProxyType({"failed": {"family_declined": 0.7, "other": 0.3}})
"""Of those whose student or family was reached: nobody failed for want of contact."""


def urgency(need: str) -> Mix[str]:
    """How urgent referrals about a need are."""
    return _DANGER if need in ("self_harm", "violence_risk") else _WORRY


def referral_rate(reference_rate: float, **groups: str) -> float:
    """The chance that a student of these groups is referred in the year; `groups` has one for each of `RATIOS`."""
    rate = reference_rate
    for facet, ratios in RATIOS.items():
        rate *= ratios[groups[facet]]
    return rate
