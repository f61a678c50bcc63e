"""When a completion counts. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Completion:
    """A completion as far as rules ask about it."""

    completion_id: UUID
    officer_id: str
    course: str
    topics: Mapping[str, int]
    """Hundredths of hours by topic: hours are added up, and binary fractions of hours do not add up."""
    completed_on: date
    expires_on: date | None
    """The last day on which it counts, where the certificate names one."""
    is_outside: bool
    """Not of the district's own catalogue: it counts once it is approved."""
    counts: bool
    """Neither revoked nor waiting for approval nor refused."""
