"""What every public fact has: an id, an instant, a district and a key that orders it."""

from datetime import UTC, datetime
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field


def _in_utc(instant: datetime) -> datetime:
    if instant.tzinfo is UTC:
        return instant
    try:
        return instant.astimezone(UTC)
    except OverflowError as error:  # year 1 or 9999 in another zone: pydantic catches ValueError only
        raise ValueError("no instant that UTC can tell") from error


Instant = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""An instant, aware and in UTC whatever zone it was sent in."""


class Event(BaseModel):
    """A fact that happened. Frozen; readers ignore fields they do not know, so that a field may be added later."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: ClassVar[str]
    """Its name on the wire with its version: `referral.submitted.v1`."""
    topic: ClassVar[str]
    """The topic it is announced on."""

    event_id: UUID = Field(description="Names this event for ever (UUIDv7); readers drop a second one.")
    occurred_at: Instant = Field(description="When it became true (UTC).")
    district_id: str = Field(description="The district it belongs to.")

    @property
    def key(self) -> str:
        """Events of one key are read in the order in which they were recorded."""
        raise NotImplementedError

    @property
    def subject(self) -> str:
        """The thing the fact is about: the CloudEvents `subject`."""
        return self.key
