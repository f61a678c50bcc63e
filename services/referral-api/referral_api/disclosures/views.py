"""What can be read of the disclosure ledger: page by page, or all of a student's as CSV for his parents."""

import csv
import io
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any, Literal
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict, Field, JsonValue
from sqlalchemy import Row, select

from referral_api.disclosures.models import AWAITS_REVIEW, disclosures
from referral_api.disclosures.rules import Outcome, Purpose, ReviewOutcome
from shared.auth import Role
from shared.crypto import KeyRing
from shared.db import Database, ReadSession
from shared.events.base import Instant
from shared.http.spreadsheets import cell

CSV_PAGE = 500

ReviewState = Literal["pending", "done"]
"""Whether an emergency waits for its review or had it."""

_ENTRY: dict[str, JsonValue] = {
    "disclosure_id": "019c8a5e-7b7a-7c3e-9f10-3d2a6f1b4c55",
    "student_id": "st-00017",
    "requested_by": "c-1",
    "role": "counselor",
    "purpose": None,
    "outcome": "disclosed",
    "because": None,
    "record": "student",
    "requested_at": "2026-11-22T14:05:00Z",
    "threat": None,
    "recipients": None,
    "expires_at": None,
    "review": None,
}
_EMERGENCY: dict[str, JsonValue] = _ENTRY | {
    "requested_by": "o-1",
    "role": "officer",
    "purpose": "health_safety_emergency",
    "threat": "A message says that a classmate will bring a weapon today.",
    "recipients": ["o-1", "Principal Rivera"],
    "expires_at": "2026-11-23T14:00:00Z",
    "review": {"outcome": "upheld", "by": "p-1", "at": "2026-11-23T16:20:00Z", "note": None},
}


class Review(BaseModel):
    """What a second person found of an emergency."""

    outcome: ReviewOutcome
    by: str = Field(description="Subject of the token that reviewed.")
    at: Instant
    note: str | None


class Disclosure(BaseModel):
    """One request to see a student's record."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ENTRY, _EMERGENCY]})

    disclosure_id: UUID
    student_id: str
    requested_by: str = Field(description="Subject of the token that asked.")
    role: str
    purpose: Purpose | None = Field(description="The stated purpose; null for staff, who need not state one.")
    outcome: Outcome
    because: str | None = Field(description="Why it was refused.")
    record: str = Field(description="What was asked for.")
    requested_at: Instant
    threat: str | None = Field(description="Of an emergency: the articulable and significant threat.")
    recipients: list[str] | None = Field(description="Of an emergency: who was to be told.")
    expires_at: Instant | None = Field(description="Of an emergency: until when what was disclosed may be used.")
    review: Review | None = Field(description="Of an emergency: what the second person found; null until then.")


async def list_disclosures(
    session: ReadSession,
    *,
    district_id: str,
    ring: KeyRing,
    student_id: str | None,
    outcome: Outcome | None,
    role: Role | None,
    review: ReviewState | None,
    before: UUID | None,
    limit: int,
) -> list[Disclosure]:
    """Requests, newest first, behind (older than) `before`. Ids sort by time, to the millisecond."""
    d = disclosures.c
    wanted = select(disclosures).where(d.district_id == district_id)
    for column, value in ((d.student_id, student_id), (d.outcome, outcome), (d.role, role)):
        if value is not None:
            wanted = wanted.where(column == value)
    if review is not None:
        wanted = wanted.where(AWAITS_REVIEW if review == "pending" else d.reviewed_at.is_not(None))
    if before is not None:
        wanted = wanted.where(d.disclosure_id < before)
    found = await session.execute(wanted.order_by(d.disclosure_id.desc()).limit(limit))
    return [disclosure_of(row, ring) for row in found]


def disclosure_of(row: Row[Any], ring: KeyRing) -> Disclosure:
    """A stored entry as it is answered."""
    recipients = _opened(row, "recipients", ring)
    review = None
    if row.reviewed_at is not None:
        outcome, note = ReviewOutcome(row.review_outcome), _opened(row, "review_note", ring)
        review = Review(outcome=outcome, by=row.reviewed_by, at=row.reviewed_at, note=note)
    return Disclosure(
        disclosure_id=row.disclosure_id,
        student_id=row.student_id,
        requested_by=row.requested_by,
        role=row.role,
        purpose=row.purpose,
        outcome=row.outcome,
        because=row.because,
        record=row.record,
        requested_at=row.requested_at,
        threat=_opened(row, "threat", ring),
        recipients=orjson.loads(recipients) if recipients is not None else None,
        expires_at=row.expires_at,
        review=review,
    )


CSV_COLUMNS = (
    *("requested_at", "requested_by", "role", "purpose", "record", "outcome", "because"),
    *("threat", "recipients", "expires_at", "review_outcome", "reviewed_at"),
)


async def disclosures_as_csv(
    database: Database, ring: KeyRing, *, district_id: str, student_id: str
) -> AsyncIterator[str]:
    """A student's whole ledger, oldest first, as CSV with a header, page by page: each refused request is in it too.

    Each page in a transaction of its own: entries are only ever added behind the last one, and whoever fetches them
    slowly holds no connection. Source: 34 CFR 99.32(c), what a parent may inspect.
    """
    yield _csv([CSV_COLUMNS])
    after: UUID | None = None
    while page := await _page(database, district_id, student_id, after):
        yield _csv([_cells(disclosure_of(row, ring)) for row in page])
        after = page[-1].disclosure_id


async def _page(database: Database, district_id: str, student_id: str, after: UUID | None) -> list[Row[Any]]:
    d = disclosures.c
    wanted = select(disclosures).where(d.district_id == district_id, d.student_id == student_id)
    if after is not None:
        wanted = wanted.where(d.disclosure_id > after)
    async with database.read(district_id) as session:
        return list(await session.execute(wanted.order_by(d.disclosure_id).limit(CSV_PAGE)))


def _cells(entry: Disclosure) -> list[str]:
    review = entry.review
    told = (
        *(entry.requested_at.isoformat(), entry.requested_by, entry.role, entry.purpose, entry.record, entry.outcome),
        *(entry.because, entry.threat, ", ".join(entry.recipients or ())),
        entry.expires_at.isoformat() if entry.expires_at is not None else None,
        *((review.outcome, review.at.isoformat()) if review is not None else (None, None)),
    )
    return [cell(value) for value in told]


def _csv(rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def _opened(row: Row[Any], column: str, ring: KeyRing) -> str | None:
    sealed: bytes | None = getattr(row, column)
    if sealed is None:
        return None
    return ring.open(sealed, table="disclosures", column=column, key=str(row.disclosure_id))
