"""What can be read of the disclosure ledger."""

from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from referral_api.disclosures.models import disclosures
from referral_api.disclosures.rules import Outcome
from shared.db import ReadSession
from shared.events.base import Instant


class Disclosure(BaseModel):
    """One request to see a student's record."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "disclosure_id": "019c8a5e-7b7a-7c3e-9f10-3d2a6f1b4c55",
                    "student_id": "st-00017",
                    "requested_by": "c-1",
                    "role": "counselor",
                    "purpose": None,
                    "outcome": "disclosed",
                    "because": None,
                    "record": "student",
                    "requested_at": "2026-11-22T14:05:00Z",
                }
            ]
        }
    )

    disclosure_id: UUID
    student_id: str
    requested_by: str = Field(description="Subject of the token that asked.")
    role: str
    purpose: str | None = Field(description="The stated purpose; null for staff, who need not state one.")
    outcome: Outcome
    because: str | None = Field(description="Why it was refused.")
    record: str = Field(description="What was asked for.")
    requested_at: Instant


async def list_disclosures(
    session: ReadSession, *, district_id: str, student_id: str | None, before: UUID | None, limit: int
) -> list[Disclosure]:
    """Requests, newest first, behind (older than) `before`. Ids sort by time, to the millisecond."""
    table = disclosures
    wanted = select(table).where(table.c.district_id == district_id)
    if student_id is not None:
        wanted = wanted.where(table.c.student_id == student_id)
    if before is not None:
        wanted = wanted.where(table.c.disclosure_id < before)
    found = await session.execute(wanted.order_by(table.c.disclosure_id.desc()).limit(limit))
    return [Disclosure.model_validate(row, from_attributes=True) for row in found]
