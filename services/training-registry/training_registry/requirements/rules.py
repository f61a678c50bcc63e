"""What a requirement asks of an officer, as data. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple, Self

import orjson

from shared.events.training import Blocks
from training_registry.officers.rules import Position


class Anchor(StrEnum):
    """What starts the clock of a requirement."""

    APPOINTMENT = "appointment"
    ASSIGNMENT = "assignment"
    COMPLETION = "completion"
    TRAINING_YEAR = "training_year"


class Assigned(StrEnum):
    """When in a school year an officer was first assigned; a requirement may bind only some."""

    ANY = "any"
    AT_YEAR_START = "at_year_start"
    DURING_YEAR = "during_year"


class MonthDay(NamedTuple):
    """A day of every year; never 29 February, which is not in each."""

    month: int
    day: int


FIRST_OF_JULY = MonthDay(7, 1)
FIRST_OF_SEPTEMBER = MonthDay(9, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One rule about training as a district has it, or as it is shipped. Hours are in hundredths."""

    requirement_id: str
    title: str
    jurisdiction: str
    source: str
    as_of: date
    """The day on which the source was read."""
    confirmed: bool = True
    """False: something in the rule could not be confirmed at its source; `note` says what."""
    note: str | None = None
    withdrawn: bool = False
    adopted_on: date | None = None
    """When the district took it on: hours of years before are asked of nobody. None: it is nobody's yet."""

    min_hours: int | None = None
    topics: Mapping[str, int] = field(default_factory=dict)
    """Hours asked for in each; 0: some."""
    courses: frozenset[str] = frozenset()
    """Only these count; none named: any."""
    every_course: bool = False
    """One completion of each course is asked for, not of any of them."""
    min_completions: int | None = None
    equivalents: Mapping[str, int] = field(default_factory=dict)
    """Courses that count beside those named, with the hours each is credited instead of its own."""
    outside_share: float | None = None
    """Outside courses count up to this share of `min_hours`."""
    exempt_by: frozenset[str] = frozenset()
    """Whoever holds one of these courses need not meet it."""
    accepts_also: Mapping[str, date] = field(default_factory=dict)
    """Courses that earlier versions of the rule named, each with the last day on which completing it counted: a new
    version of a course never ends an old certificate."""
    accepts_any_until: date | None = None
    """The last day on which any course counted, where an earlier version named none."""
    since_changed: frozenset[str] = frozenset()
    """Courses that not every version named: one of `accepts_also` may stand for one of these in `every_course`."""

    anchor: Anchor
    anchor_courses: frozenset[str] = frozenset()
    """Anchor `completion`: the first of these starts the clock; none named: the first that counts."""
    due_days: int | None = None
    due_months: int | None = None
    due_next_year: bool = False
    """Due by the last day before the training year that follows the anchor."""
    training_year_starts: MonthDay = FIRST_OF_JULY
    school_starts: MonthDay = FIRST_OF_SEPTEMBER
    """Who is first assigned from the start of the training year until this day is assigned at the year's start."""
    renew_months: int | None = None
    grace_days: int = 0
    recertify_days: int | None = None
    """So long after a lapse one of `recertify_courses` suffices."""
    recertify_courses: frozenset[str] = frozenset()

    position: Position = Position.SRO
    appointed_from: date | None = None
    """It binds officers appointed on that day or after it."""
    assigned: Assigned = Assigned.ANY
    blocks: frozenset[Blocks] = frozenset()


@lru_cache(maxsize=10_000)
def course_key(course: str) -> str:
    """What makes two names one course: their case and spaces make no other."""
    return " ".join(course.split()).casefold()


@dataclass(frozen=True, slots=True)
class EarlierCourses:
    """What earlier versions of a requirement let count and the newest one does not name.

    A new version of a course, or a new list of them, ends no certificate that counted when it was made.
    """

    until: Mapping[str, date] = field(default_factory=dict)
    any_until: date | None = None
    new: frozenset[str] = frozenset()

    def after(self, before: frozenset[str], now: frozenset[str], *, on: date) -> Self:
        """The same when the courses named become others on this day."""
        if not now:
            return type(self)()
        named = {course_key(course) for course in now}
        named_before = {course_key(course) for course in before}
        until = {**self.until, **dict.fromkeys(before, on)}
        return type(self)(
            until={course: day for course, day in until.items() if course_key(course) not in named},
            any_until=self.any_until if before else on,
            new=frozenset(course for course in now if course in self.new or course_key(course) not in named_before),
        )

    def to_json(self) -> str:
        """As text."""
        told = {"until": self.until, "any_until": self.any_until, "new": sorted(self.new)}
        return orjson.dumps(told, option=orjson.OPT_SORT_KEYS).decode()

    @classmethod
    def from_json(cls, text: str) -> Self:
        """What `to_json` made this text of."""
        told = orjson.loads(text)
        any_until = told["any_until"] and date.fromisoformat(told["any_until"])
        until = {course: date.fromisoformat(day) for course, day in told["until"].items()}
        return cls(until, any_until, frozenset(told["new"]))
