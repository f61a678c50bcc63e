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

BASIC, FIRST_AID = "basic-course", "first-aid"
BASIC_COURSE, COLLEGE_COURSE, FIRST_AID_COURSE = "NASRO Basic", "College SRO", "Youth Mental Health First Aid"
REQUIREMENTS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
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
"""The district's own rules, as they are taken on."""
SOURCE = "Synthetic district policy 7.3"

_CURRENT, _DUE, _OVERDUE, _EXPIRED = "current", "due", "overdue", "expired"
STATUS: Mapping[Story, Mapping[str, str]] = MappingProxyType(
    {
        Story.TRAINED: {BASIC: _CURRENT, FIRST_AID: _CURRENT},
        Story.NEW: {BASIC: _DUE, FIRST_AID: _DUE},
        Story.LAPSED_IN_GRACE: {BASIC: _CURRENT, FIRST_AID: _DUE},
        Story.LAPSED: {BASIC: _CURRENT, FIRST_AID: _EXPIRED},
        Story.UNFINISHED: {BASIC: _CURRENT, FIRST_AID: _OVERDUE},
        Story.UNTRAINED: {BASIC: _OVERDUE, FIRST_AID: _CURRENT},
        Story.AWAITING: {BASIC: _OVERDUE, FIRST_AID: _CURRENT},
        Story.REVOKED: {BASIC: _OVERDUE, FIRST_AID: _CURRENT},
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
    """A requirement as it is taken on."""
    looked_at = (as_of - timedelta(days=1000)).isoformat()
    return {**REQUIREMENTS[requirement_id], "jurisdiction": "local", "source": SOURCE, "as_of": looked_at}


def completions(district: District, officer: Officer, as_of: date) -> Iterator[Completion]:
    """What an officer has completed; his story says what is missing."""
    random = district.random(f"learning/{officer.officer_id}", officer.school)
    basic = _basic(random, officer)
    if basic is not None:
        yield _completion(district, officer, 0, **basic)
    first_aid = _days_since_first_aid(random, officer.story)
    if first_aid is not None:
        hours = 5 if officer.story is Story.UNFINISHED else 8
        yield _completion(
            district,
            officer,
            1,
            course=FIRST_AID_COURSE,
            provider="State first aid",
            topics={"mental_health": hours},
            completed_on=as_of - timedelta(days=first_aid),
        )


def _basic(random: Random, officer: Officer) -> dict[str, Any] | None:
    if officer.story in (Story.NEW, Story.UNTRAINED):
        return None
    is_outside = officer.story is Story.AWAITING
    return {
        "course": COLLEGE_COURSE if is_outside else BASIC_COURSE,
        "provider": "Lakeside College" if is_outside else "NASRO",
        "topics": {"law": 24, "mentoring": 8, "teaching": 8},
        "completed_on": officer.appointed_on + timedelta(days=random.randint(10, 170)),
        "is_outside": is_outside,
        "is_revoked": officer.story is Story.REVOKED,
    }


def _days_since_first_aid(random: Random, story: Story) -> int | None:
    """None for who has not begun; a year is 365 or 366 days, and the grace 60, so the edges are kept clear of."""
    if story is Story.NEW:
        return None
    if story is Story.LAPSED_IN_GRACE:
        return random.randint(375, 410)
    return random.randint(440, 650) if story is Story.LAPSED else random.randint(5, 340)


def _completion(district: District, officer: Officer, number: int, **known: Any) -> Completion:
    made_from = f"demo/{district.district_id}/{district.seed}/{officer.officer_id}/completion/{number}"
    return Completion(uuid5(NAMESPACE_URL, made_from), officer.officer_id, **known)
