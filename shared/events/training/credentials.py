"""Facts about credentials: issued for a completion, revoked with it."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from shared.events.base import Event


class CredentialIssued(Event):
    """A credential was signed for a completion that counts."""

    name: ClassVar[str] = "credential.issued.v1"
    topic: ClassVar[str] = "training"

    credential_id: UUID = Field(description="The credential.")
    completion_id: UUID = Field(description="What it certifies.")
    officer_id: str = Field(description="Whose it is.")
    valid_from_on: date = Field(description="The day of the completion.")
    valid_to_on: date | None = Field(description="Its last day; null: it has none of its own.")

    @property
    def key(self) -> str:
        """Behind the officer's standings."""
        return f"{self.district_id}/{self.officer_id}"


class CredentialRevoked(Event):
    """A credential no longer holds: its completion was revoked or corrected."""

    name: ClassVar[str] = "credential.revoked.v1"
    topic: ClassVar[str] = "training"

    credential_id: UUID = Field(description="The credential.")
    completion_id: UUID = Field(description="What it certified.")
    officer_id: str = Field(description="Whose it was.")

    @property
    def key(self) -> str:
        """Behind the officer's standings."""
        return f"{self.district_id}/{self.officer_id}"
