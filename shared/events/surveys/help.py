"""Somebody asked to talk to an adult."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from shared.events.base import Event


class HelpRequested(Event):
    """Somebody who was shown a survey asked to talk to an adult at a school.

    Who, and why, is sealed and read by the school's counsellors alone. Shares no id with any code or answer.
    """

    name: ClassVar[str] = "survey.help_requested.v1"
    topic: ClassVar[str] = "surveys"

    help_request_id: UUID = Field(description="The request, to be opened by a counsellor.")
    school_id: str = Field(description="OneRoster sourcedId of the school.")
    requested_on: date = Field(description="The day, local to the service.")

    @property
    def key(self) -> str:
        """What happens to one request stays in order."""
        return str(self.help_request_id)
