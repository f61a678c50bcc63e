"""Facts on the topic `roster`: what the district's enrolment is. Announced by referral-api."""

from datetime import date
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from shared.events.base import Event
from shared.events.facets import Facets


class FacetCount(BaseModel):
    """How many students share exactly these facets."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    facets: Facets = Field(description="The groups that they share.")
    n: int = Field(ge=0, description="Students enrolled with these facets.")


class EnrollmentCounted(Event):
    """A school's students were counted after a roster import: the denominator of every rate.

    Happens once per school and import. The latest `version` of a school and school year replaces the earlier
    ones; a school without students has no counts.
    """

    name: ClassVar[str] = "roster.enrollment_counted.v1"
    topic: ClassVar[str] = "roster"

    school_id: str = Field(description="OneRoster sourcedId of the school.")
    school_year: int = Field(description="The year the school year ends in.")
    counted_on: date = Field(description="The day of the count, local to the district.")
    version: int = Field(description="Grows with every import of the district.")
    counts: tuple[FacetCount, ...] = Field(description="One entry per combination of facets that occurs.")

    @property
    def key(self) -> str:
        """Counts of one school stay in order."""
        return f"{self.district_id}/{self.school_id}"
