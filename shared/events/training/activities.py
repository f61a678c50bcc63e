"""Facts about the triad ledger: what officers did as educators, mentors and in law enforcement."""

from datetime import date
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from shared.events.base import Event, Instant
from shared.events.facets import GradeBand


class TriadRole(StrEnum):
    """The three parts of an SRO's work, which count the same."""

    EDUCATOR = "educator"
    MENTOR = "mentor"
    LAW_ENFORCEMENT = "law_enforcement"


class ActivityKind(StrEnum):
    """What an officer did."""

    LESSON = "lesson"
    MENTORING = "mentoring"
    CONFERENCE = "conference"
    EVENT = "event"
    PATROL = "patrol"
    INVESTIGATION = "investigation"
    DRILL = "drill"
    OTHER = "other"


class ActivityEvent(Event):
    """What every fact about an entry of the triad ledger carries; not announced itself."""

    topic: ClassVar[str] = "training"

    activity_id: UUID = Field(description="The entry.")
    officer_id: str = Field(description="Who did it.")
    school_id: str = Field(description="OneRoster sourcedId of the school it was done for.")
    role: TriadRole = Field(description="educator, mentor or law_enforcement.")
    kind: ActivityKind = Field(description="What it was.")
    started_at: Instant = Field(description="When it began.")
    started_on: date = Field(description="The day it counts under, local to the registry.")
    minutes: int = Field(description="How long it took.")
    students_reached: int = Field(description="How many students took part; one who came twice is counted twice.")
    grade_band: GradeBand | None = Field(default=None, description="Of a lesson: the grades taught; null: not told.")

    @property
    def key(self) -> str:
        """Facts about one entry stay in order."""
        return str(self.activity_id)


class ActivityLogged(ActivityEvent):
    """An officer noted what he did. It counts from now on under the day it was done."""

    name: ClassVar[str] = "activity.logged.v1"


class ActivityTakenBack(ActivityEvent):
    """The entry should never have been made; it counts no more."""

    name: ClassVar[str] = "activity.taken_back.v1"
