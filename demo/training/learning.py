"""What officers of the synthetic district have to learn, and what each has learnt, from his story. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from types import MappingProxyType
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from demo.district import District
from demo.training.officers import Officer, Story

BASIC, FIRST_AID, SCHOOL_BASED = "basic-course", "first-aid", "us-tx-1701-263"
BASIC_COURSE, COLLEGE_COURSE, FIRST_AID_COURSE = "NASRO Basic", "College SRO", "Youth Mental Health First Aid"
SCHOOL_COURSE, ADVANCED_COURSE = "TCOLE School-Based Law Enforcement", "NASRO Advanced SRO"
"""As the shipped rule names the course that it asks for, and the one that exempts from it."""
OWN_RULES: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        BASIC: {
            "title": "Basic SRO course",
            "min_hours": 40,
            "courses": [BASIC_COURSE, COLLEGE_COURSE],
            "anchor": "appointment",
            "due_days": 180,
            "blocks": ["serve", "open_records"],
        },
        FIRST_AID: {
            "title": "Youth mental health first aid, every year",
            "topics": {"mental_health": 8},
            "anchor": "appointment",
            "due_days": 30,
            "renew_months": 12,
            "grace_days": 60,
            "blocks": ["open_records"],
        },
    }
)
"""The district's own rules."""
ADOPTED = (SCHOOL_BASED,)
"""The rules that it takes on of those that are shipped: this one asks for 16 hours within 180 days of assignment."""
TITLES: Mapping[str, str] = MappingProxyType(
    {requirement_id: rule["title"] for requirement_id, rule in OWN_RULES.items()}
    | {SCHOOL_BASED: "School-based law enforcement (Texas, as shipped)"}
)
"""Every requirement that binds the officers."""
SOURCE = "Synthetic district policy 7.3"

_CURRENT, _DUE, _OVERDUE, _EXPIRED, _EXEMPT = "current", "due", "overdue", "expired", "exempt"
STATUS: Mapping[Story, Mapping[str, str]] = MappingProxyType(
    {
        Story.TRAINED: {BASIC: _CURRENT, FIRST_AID: _CURRENT, SCHOOL_BASED: _CURRENT},
        Story.NEW: {BASIC: _DUE, FIRST_AID: _DUE, SCHOOL_BASED: _DUE},
        Story.LAPSED_IN_GRACE: {BASIC: _CURRENT, FIRST_AID: _DUE, SCHOOL_BASED: _CURRENT},
        Story.LAPSED: {BASIC: _CURRENT, FIRST_AID: _EXPIRED, SCHOOL_BASED: _CURRENT},
        Story.UNFINISHED: {BASIC: _CURRENT, FIRST_AID: _OVERDUE, SCHOOL_BASED: _CURRENT},
        Story.UNTRAINED: {BASIC: _OVERDUE, FIRST_AID: _CURRENT, SCHOOL_BASED: _OVERDUE},
        Story.AWAITING: {BASIC: _OVERDUE, FIRST_AID: _CURRENT, SCHOOL_BASED: _EXEMPT},
        Story.REVOKED: {BASIC: _OVERDUE, FIRST_AID: _CURRENT, SCHOOL_BASED: _CURRENT},
    }
)
"""How an officer with this story stands to each requirement on the day of the loading."""
MAY_OPEN_RECORDS = frozenset(
    story for story, status in STATUS.items() if not {_OVERDUE, _EXPIRED}.intersection(status.values())
)
"""The stories in which no requirement keeps an officer from opening records."""


@dataclass(frozen=True, slots=True)
class Completion:
    """A course that an officer has completed."""

    completion_id: UUID
    officer_id: str
    course: str
    provider: str
    topics: Mapping[str, int] = field(hash=False)
    completed_on: date
    is_outside: bool = False
    is_revoked: bool = False

    @property
    def body(self) -> dict[str, Any]:
        """As it is recorded."""
        return {
            "completion_id": str(self.completion_id),
            "officer_id": self.officer_id,
            "course": self.course,
            "provider": self.provider,
            "topics": dict(self.topics),
            "completed_on": self.completed_on.isoformat(),
            "outside": self.is_outside,
        }


def requirement_body(requirement_id: str, as_of: date) -> dict[str, Any]:
    """One of the district's own rules as it is written down."""
    looked_at = (as_of - timedelta(days=1000)).isoformat()
    return {**OWN_RULES[requirement_id], "jurisdiction": "local", "source": SOURCE, "as_of": looked_at}


def completions(district: District, officer: Officer, as_of: date) -> Iterator[Completion]:
    """What an officer has completed; his story says what is missing."""
    random = district.random(f"learning/{officer.officer_id}", officer.school)
    # Drawn whether they are taken or not, so that one story's draws are no other's.
    basic_on, school_on = (officer.appointed_on + timedelta(days=random.randint(10, 170)) for _ in range(2))
    first_aid_on = as_of - timedelta(days=_days_since_first_aid(random, officer.story))
    if officer.story is Story.NEW:
        return
    if officer.story is not Story.UNTRAINED:
        yield _basic_course(district, officer, basic_on)
        yield _school_course(district, officer, school_on)
    yield _completion(
        district,
        officer,
        "first-aid",
        course=FIRST_AID_COURSE,
        provider="State first aid",
        topics={"mental_health": 5 if officer.story is Story.UNFINISHED else 8},
        completed_on=first_aid_on,
    )


def _basic_course(district: District, officer: Officer, completed_on: date) -> Completion:
    is_outside = officer.story is Story.AWAITING
    return _completion(
        district,
        officer,
        "basic",
        course=COLLEGE_COURSE if is_outside else BASIC_COURSE,
        provider="Lakeside College" if is_outside else "NASRO",
        topics={"law": 24, "mentoring": 8, "teaching": 8},
        completed_on=completed_on,
        is_outside=is_outside,
        is_revoked=officer.story is Story.REVOKED,
    )


def _school_course(district: District, officer: Officer, completed_on: date) -> Completion:
    is_advanced = officer.story is Story.AWAITING
    return _completion(
        district,
        officer,
        "school",
        course=ADVANCED_COURSE if is_advanced else SCHOOL_COURSE,
        provider="NASRO" if is_advanced else "TCOLE",
        topics={"law": 24 if is_advanced else 16},
        completed_on=completed_on,
    )


def _days_since_first_aid(random: Random, story: Story) -> int:
    """A year is 365 or 366 days, and the grace 60: the edges are kept clear of."""
    if story is Story.LAPSED_IN_GRACE:
        return random.randint(375, 410)
    return random.randint(440, 650) if story is Story.LAPSED else random.randint(5, 340)


def _completion(district: District, officer: Officer, which: str, **known: Any) -> Completion:
    made_from = f"demo/{district.district_id}/{district.seed}/{officer.officer_id}/completion/{which}"
    return Completion(uuid5(NAMESPACE_URL, made_from), officer.officer_id, **known)
