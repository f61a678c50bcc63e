"""What the synthetic district's officers did in the school year so far, and the drills that their schools held. Pure.

At every school teaching, mentoring and enforcement are mixed in another way: that is what the view has to find.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from types import MappingProxyType
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from demo.district import District, School, draw
from demo.lives import TIME_ZONE, days_of_school_year
from demo.training.officers import Officer

ROLES = ("educator", "mentor", "law_enforcement")
_USUAL_SHARES: Mapping[str, float] = MappingProxyType({"educator": 0.30, "mentor": 0.42, "law_enforcement": 0.28})
_SAMENESS = 10.0
"""How alike the schools are: the larger, the closer each one's mix is to the usual one."""
_KINDS: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "educator": {"lesson": 0.8, "conference": 0.2},
        "mentor": {"mentoring": 0.75, "event": 0.15, "conference": 0.1},
        "law_enforcement": {"patrol": 0.8, "investigation": 0.15, "other": 0.05},
    }
)
_A_DAY = 2
"""How many entries an officer makes on a school day."""
DRILL_QUOTAS: Mapping[str, int] = MappingProxyType({"lockdown": 2, "evacuate": 3, "shelter": 1})
"""How many drills of a type each school is to hold in a school year."""
_SUMMER = (6, 20), (8, 20)


@dataclass(frozen=True, slots=True)
class Activity:
    """One entry of the triad ledger."""

    activity_id: UUID
    officer_id: str
    school_id: str
    role: str
    kind: str
    started_at: datetime
    minutes: int
    students_reached: int

    @property
    def body(self) -> dict[str, Any]:
        """As a phone sends it."""
        return {
            "activity_id": str(self.activity_id),
            "officer_id": self.officer_id,
            "school_id": self.school_id,
            "role": self.role,
            "kind": self.kind,
            "started_at": self.started_at.isoformat(),
            "minutes": self.minutes,
            "students_reached": self.students_reached,
        }


@dataclass(frozen=True, slots=True)
class Drill:
    """One safety drill of a school."""

    drill_id: UUID
    school_id: str
    type: str
    held_at: datetime
    announced: bool

    @property
    def body(self) -> dict[str, Any]:
        """As a school records it; parents were told two days before."""
        return {
            "drill_id": str(self.drill_id),
            "school_id": self.school_id,
            "type": self.type,
            "held_at": self.held_at.isoformat(),
            "announced": self.announced,
            "notice_sent_at": (self.held_at - timedelta(days=2)).isoformat(),
        }


def activities(district: District, officer: Officer, as_of: date) -> Iterator[Activity]:
    """What an officer noted on the school days since he was appointed."""
    random = district.random(f"activities/{officer.officer_id}", officer.school)
    shares = shares_of(district, officer.school)
    for day in school_days(as_of):
        for number in range(_A_DAY):
            role = draw(random, shares)
            kind = draw(random, _KINDS[role])
            entry = Activity(
                activity_id=_uuid(district, officer.officer_id, f"{day}/{number}"),
                officer_id=officer.officer_id,
                school_id=officer.school.school_id,
                role=role,
                kind=kind,
                started_at=_moment(random, day),
                minutes=5 * random.randint(3, 12),
                students_reached=random.randint(15, 30) if kind == "lesson" else random.randint(0, 3),
            )
            if day >= officer.appointed_on:
                yield entry


def shares_of(district: District, school: School) -> dict[str, float]:
    """How often a school's officers do each of the three, as planted: shares that add up to one."""
    random = district.random("shares", school)
    drawn = {role: random.gammavariate(_SAMENESS * share, 1.0) for role, share in _USUAL_SHARES.items()}
    return {role: share / sum(drawn.values()) for role, share in drawn.items()}


def drills(district: District, school: School, as_of: date) -> Iterator[Drill]:
    """The drills that a school has held since summer; not every school is where it should be by now."""
    random, days = district.random("drills", school), school_days(as_of)
    for type_, asked in DRILL_QUOTAS.items():
        for number in range(random.randint(0, asked + 1) if days else 0):
            yield Drill(
                drill_id=_uuid(district, school.school_id, f"drill/{type_}/{number}"),
                school_id=school.school_id,
                type=type_,
                held_at=_moment(random, random.choice(days)),
                announced=random.random() < 0.7,
            )


def school_days(as_of: date) -> Sequence[date]:
    """The days of the running school year so far on which school was kept."""
    begin, end = _SUMMER
    return [
        day for day in days_of_school_year(as_of) if day.isoweekday() <= 5 and not begin <= (day.month, day.day) < end
    ]


def _moment(random: Random, day: date) -> datetime:
    opening = datetime.combine(day, time(8), TIME_ZONE)
    return (opening + timedelta(minutes=random.randrange(6 * 60))).astimezone(UTC)


def _uuid(district: District, whose: str, which: str) -> UUID:
    return uuid5(NAMESPACE_URL, f"demo/{district.district_id}/{district.seed}/{whose}/{which}")
