"""Facts about agreements (MOUs) with agencies: when each is in force, and what time alone has changed."""

from datetime import date
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from shared.events.base import Event


class AgreementStatus(StrEnum):
    """How an agreement stands on a day."""

    DRAFT = "draft"
    ACTIVE = "active"
    EXPIRING = "expiring"
    EXPIRED = "expired"
    TERMINATED = "terminated"


class AgreementDate(StrEnum):
    """A day of an agreement that people are reminded of."""

    TERM = "term"
    REVIEW = "review"


class AgreementChanged(Event):
    """An agreement with an agency was written, signed, changed or ended.

    Readers keep the one with the highest version. It is in force on the days from `in_force_from` to `in_force_to`.
    """

    name: ClassVar[str] = "agreement.changed.v1"
    topic: ClassVar[str] = "training"

    agreement_id: str = Field(description="The agreement.")
    version: int = Field(description="Grows with every change.")
    agency_id: UUID = Field(description="The party beside the district.")
    school_ids: tuple[str, ...] = Field(description="The schools it is for.")
    in_force_from: date | None = Field(
        description="The first day on which it is signed by both and its term runs; null: never, as it stands."
    )
    in_force_to: date | None = Field(description="The last such day; null where `in_force_from` is.")
    opens_records: bool = Field(
        description="Whether it opens records: it keeps officers out of discipline and has a FERPA basis."
    )

    @property
    def key(self) -> str:
        """Versions of one agreement stay in order."""
        return f"{self.district_id}/{self.agreement_id}"


class AgreementTurned(Event):
    """The day has come on which time alone changed an agreement's status. Announced once."""

    name: ClassVar[str] = "agreement.turned.v1"
    topic: ClassVar[str] = "training"

    agreement_id: str = Field(description="The agreement.")
    status: AgreementStatus = Field(description="Its status from that day on.")
    turned_on: date = Field(description="The day, local to the registry.")

    @property
    def key(self) -> str:
        """Behind the agreement's versions."""
        return f"{self.district_id}/{self.agreement_id}"


class AgreementEndApproached(Event):
    """An agreement has 90, 60, 30 or 7 days left, or its review is as near. Announced once for each."""

    name: ClassVar[str] = "agreement.end_approached.v1"
    topic: ClassVar[str] = "training"

    agreement_id: str = Field(description="The agreement.")
    ends: AgreementDate = Field(description="What comes near.")
    on: date = Field(description="The last day of the term, or the day of the review.")
    days_ahead: int = Field(description="90, 60, 30 or 7: which reminder this is.")

    @property
    def key(self) -> str:
        """Behind the agreement's versions."""
        return f"{self.district_id}/{self.agreement_id}"
