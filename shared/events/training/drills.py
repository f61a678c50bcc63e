"""Facts about safety drills: each that was held, and how many are asked for."""

from datetime import date
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from shared.events.base import Event, Instant
from shared.events.parts import Part


class DrillType(StrEnum):
    """The five actions of the Standard Response Protocol."""

    HOLD = "hold"
    SECURE = "secure"
    LOCKDOWN = "lockdown"
    EVACUATE = "evacuate"
    SHELTER = "shelter"


class DrillHeld(Event):
    """A school held a safety drill."""

    name: ClassVar[str] = "drill.held.v1"
    topic: ClassVar[str] = "training"

    drill_id: UUID = Field(description="The drill.")
    school_id: str = Field(description="OneRoster sourcedId of the school.")
    type: DrillType = Field(description="The action of the Standard Response Protocol that was drilled.")
    held_at: Instant = Field(description="When.")
    held_on: date = Field(description="The day it counts under, local to the registry.")
    announced: bool = Field(description="Whether staff and students knew that it was a drill.")
    notice_in_time: bool | None = Field(
        description="Whether parents were told within the week before; null: nothing says when."
    )
    trauma_informed: bool | None = Field(
        description="Whether every point of the checklist was kept; null: the checklist was not filled in."
    )

    @property
    def key(self) -> str:
        """Facts about one drill stay in order."""
        return str(self.drill_id)


class QuotaRow(Part):
    """So many drills of a type, or of any, within part of a school year."""

    quota_id: str = Field(description="Names the row within the district.")
    type: DrillType | None = Field(description="Only this type counts; null: any does.")
    least: int = Field(description="So many at least.")
    from_month: int | None = Field(default=None, description="Month (1…12) in which drills begin to count; null: any.")
    to_month: int | None = Field(default=None, description="Month (1…12) after which they count no more; null: any.")


class DrillQuotaSet(Event):
    """A district said how many drills each of its schools is to hold in a school year."""

    name: ClassVar[str] = "drill.quota_set.v1"
    topic: ClassVar[str] = "training"

    version: int = Field(description="Grows with every change; the highest holds.")
    rows: tuple[QuotaRow, ...] = Field(description="All that is asked for; empty: nothing.")

    @property
    def key(self) -> str:
        """A district's quotas stay in order."""
        return self.district_id
