"""What a credential certifies, and how it stands on a day. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo
from enum import StrEnum
from uuid import UUID

_LAST_SECOND = time(23, 59, 59)


class VerificationResult(StrEnum):
    """What anybody is told who asks whether a credential holds."""

    VALID = "valid"
    EXPIRED = "expired"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Alignment:
    """A statute or topic that what was learnt belongs to."""

    name: str
    code: str
    url: str | None
    source: str | None = None
    """The text that asks for it."""


@dataclass(frozen=True, slots=True)
class Certified:
    """What a credential says: of the officer nothing but his id."""

    completion_id: UUID
    officer_id: str
    course: str
    provider: str
    topics: Mapping[str, int]
    """Hundredths of hours by topic."""
    completed_on: date
    expires_on: date | None
    alignments: Sequence[Alignment]


def how_it_stands(*, valid_to_on: date | None, revoked_at: datetime | None, today: date) -> VerificationResult:
    """Whether a credential holds today; one that was revoked is revoked, also after its last day.

    `valid_to_on` is the last day on which it holds.
    """
    if revoked_at is not None:
        return VerificationResult.REVOKED
    if valid_to_on is not None and today > valid_to_on:
        return VerificationResult.EXPIRED
    return VerificationResult.VALID


def first_instant(day: date, zone: tzinfo) -> datetime:
    """When a day begins."""
    return datetime.combine(day, time.min, zone)


def last_instant(day: date, zone: tzinfo) -> datetime:
    """The last full second of a day: standards count until an instant, not until a day."""
    return datetime.combine(day, _LAST_SECOND, zone)


def hours_in_words(hundredths: int) -> str:
    """Hundredths of hours as people write hours: 8, 2.5, 0.25."""
    return f"{hundredths / 100:.2f}".rstrip("0").rstrip(".")
