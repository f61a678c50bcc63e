"""Facts about how officers stand: to every requirement on every day, and what time alone has changed."""

from datetime import date
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from shared.events.base import Event
from shared.events.parts import Part


class StandingStatus(StrEnum):
    """How an officer stands to a requirement on a day."""

    CURRENT = "current"
    DUE = "due"
    OVERDUE = "overdue"
    EXEMPT = "exempt"
    EXPIRED = "expired"


BLOCKING = frozenset({StandingStatus.OVERDUE, StandingStatus.EXPIRED})
"""What keeps an officer from that which the requirement blocks."""


class Blocks(StrEnum):
    """What a requirement that is not met keeps an officer from."""

    SERVE = "serve"
    OPEN_RECORDS = "open_records"


class AssignmentTerm(Part):
    """An officer is assigned to a school from a day to a day."""

    school_id: str = Field(description="OneRoster sourcedId of the school.")
    from_on: date = Field(description="First day.")
    to_on: date | None = Field(default=None, description="Last day; null: no end is known.")


class StandingStep(Part):
    """From this day on, until the next step, a requirement stands so."""

    from_on: date = Field(description="First day with this status.")
    status: StandingStatus = Field(description="current, due, overdue, exempt or expired.")


class RequirementStanding(Part):
    """How an officer stands to one requirement on every day from his first on, as far as is known now."""

    requirement_id: str = Field(description="The district's id of the requirement.")
    blocks: tuple[Blocks, ...] = Field(description="What it keeps him from while it is overdue or expired.")
    confirmed: bool = Field(
        default=True, description="False: part of the rule could not be confirmed at its source; readers are told."
    )
    steps: tuple[StandingStep, ...] = Field(
        description="In the order of their days, at least one; before the first day its status holds too."
    )


class OfficerStandingChanged(Event):
    """What is known of an officer's training or assignments changed, and with it how he stands on some day.

    Readers keep the one with the highest version and ask it about any day. Access to records asks it today.
    """

    name: ClassVar[str] = "officer.standing_changed.v1"
    topic: ClassVar[str] = "training"

    officer_id: str = Field(description="The officer; `sub` of his tokens.")
    version: int = Field(description="Grows with every change of this officer's standing.")
    agency_id: UUID = Field(description="The agency that employs him; an agreement has to be with it.")
    assignments: tuple[AssignmentTerm, ...] = Field(description="The schools he is, was or will be assigned to.")
    requirements: tuple[RequirementStanding, ...] = Field(description="Every requirement that binds him, by id.")

    @property
    def key(self) -> str:
        """Standings of one officer stay in order."""
        return f"{self.district_id}/{self.officer_id}"


class StandingTurned(Event):
    """The day has come on which time alone changed how an officer stands to a requirement. Announced once.

    Nothing has to be done to a standing that is kept: it said so before. It is for those who tell people.
    """

    name: ClassVar[str] = "officer.standing_turned.v1"
    topic: ClassVar[str] = "training"

    officer_id: str = Field(description="The officer.")
    requirement_id: str = Field(description="The requirement.")
    status: StandingStatus = Field(description="How he stands from that day on.")
    turned_on: date = Field(description="The day, local to the registry.")

    @property
    def key(self) -> str:
        """Behind the officer's standings."""
        return f"{self.district_id}/{self.officer_id}"


class DeadlineApproached(Event):
    """An officer has 90, 60, 30 or 7 days left for a requirement. Announced once for each."""

    name: ClassVar[str] = "officer.deadline_approached.v1"
    topic: ClassVar[str] = "training"

    officer_id: str = Field(description="The officer.")
    requirement_id: str = Field(description="The requirement.")
    deadline_on: date = Field(description="The last day on which it is met, or may still be met in time.")
    days_ahead: int = Field(description="90, 60, 30 or 7: which reminder this is.")

    @property
    def key(self) -> str:
        """Behind the officer's standings."""
        return f"{self.district_id}/{self.officer_id}"
