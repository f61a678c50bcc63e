"""Facts about a survey while it runs: that it opened, how many codes were used by the end of a day, that it closed."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from shared.events.base import Event, Instant
from shared.events.parts import Part
from shared.events.surveys.groups import RespondentGroup, SurveyMode


class UnitInvited(Part):
    """How many people of a group were invited at a school."""

    school_id: str = Field(description="OneRoster sourcedId of the school.")
    respondent_group: RespondentGroup = Field(description="student, family, staff or officer.")
    invited: int = Field(ge=0, description="People invited.")


class UnitUsed(UnitInvited):
    """How many of a group's people at a school answered, in the end."""

    generated: int = Field(ge=0, description="Access codes that were made and not voided.")
    used: int = Field(ge=0, description="Access codes that were used: people who answered.")


class SurveyOpened(Event):
    """A survey opened: codes can be used from now on. Happens once per administration."""

    name: ClassVar[str] = "survey.opened.v1"
    topic: ClassVar[str] = "surveys"

    administration_id: UUID = Field(description="The administration: one instrument, put to people in one window.")
    instrument_id: str = Field(description="The district's id of the instrument, or that of a shipped one.")
    instrument_version: int = Field(ge=1, description="Its version; versions never change.")
    mode: SurveyMode = Field(description="anonymous, or confidential: who has answered is known, never what.")
    school_year: int = Field(description="The year the school year ends in, of the day on which it was to open.")
    opened_on: date = Field(description="The day it opened, local to the service.")
    closes_at: Instant = Field(description="When it is to close.")
    units: tuple[UnitInvited, ...] = Field(description="Who is asked: one entry per school and group.")

    @property
    def key(self) -> str:
        """What happens to one administration stays in order."""
        return str(self.administration_id)


class SurveyProgressed(Event):
    """A day of a running survey ended: how many codes of a school and group are used by now.

    Happens at most once a day, school and group, and only where the number has grown: nothing finer than the day is
    told, so that nobody can hold it against who was seen answering.
    """

    name: ClassVar[str] = "survey.progressed.v1"
    topic: ClassVar[str] = "surveys"

    administration_id: UUID = Field(description="The administration.")
    school_id: str = Field(description="OneRoster sourcedId of the school.")
    respondent_group: RespondentGroup = Field(description="student, family, staff or officer.")
    counted_on: date = Field(description="The day that ended, local to the service.")
    invited: int = Field(ge=0, description="People invited.")
    generated: int = Field(ge=0, description="Access codes that were made and not voided.")
    used: int = Field(ge=0, description="Access codes used by the end of that day.")

    @property
    def key(self) -> str:
        """What happens to one administration stays in order."""
        return str(self.administration_id)


class SurveyClosed(Event):
    """A survey closed: no answer is taken any more. Its results follow. Happens once per administration."""

    name: ClassVar[str] = "survey.closed.v1"
    topic: ClassVar[str] = "surveys"

    administration_id: UUID = Field(description="The administration.")
    school_year: int = Field(description="The year the school year ends in, of the day on which it was to open.")
    closed_on: date = Field(description="The day it closed, local to the service.")
    units: tuple[UnitUsed, ...] = Field(description="Who answered: one entry per school and group.")

    @property
    def key(self) -> str:
        """What happens to one administration stays in order."""
        return str(self.administration_id)
