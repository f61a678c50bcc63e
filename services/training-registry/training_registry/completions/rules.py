"""When a completion counts, and what its steps make of it. Pure."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from shared.errors import Fault
from training_registry.completions.errors import (
    AlreadyRevoked,
    CompletionHasFaults,
    DecidedOtherwise,
    NothingToApprove,
    OwnCompletion,
)


class CompletionStatus(StrEnum):
    """How a completion stands; only an accepted one counts."""

    ACCEPTED = "accepted"
    AWAITING_APPROVAL = "awaiting_approval"
    REFUSED = "refused"
    REVOKED = "revoked"


class CompletionStep(StrEnum):
    """What was done to a completion; each makes a version of it."""

    RECORDED = "recorded"
    APPROVED = "approved"
    REFUSED = "refused"
    CORRECTED = "corrected"
    REVOKED = "revoked"


class Completion(NamedTuple):
    """A completion as far as rules ask about it. A tuple, for a district has tens of thousands."""

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


@dataclass(frozen=True, slots=True)
class Content:
    """What is said of a completion and may be corrected: everything but whose it is."""

    course: str
    course_code: str | None
    provider: str
    topics: Mapping[str, int]
    """Hundredths of hours by topic."""
    completed_on: date
    expires_on: date | None
    evidence_sha256: str | None
    is_outside: bool

    def certifies_the_same(self, other: "Content") -> bool:
        """Whether a credential for the one is true of the other."""
        return replace(self, course_code=None, evidence_sha256=None, is_outside=False) == replace(
            other, course_code=None, evidence_sha256=None, is_outside=False
        )

    def digest(self, officer_id: str) -> bytes:
        """The same for the same content of the same officer, in whatever order its topics came."""
        said = (
            officer_id,
            self.course,
            self.course_code,
            self.provider,
            sorted(self.topics.items()),
            self.completed_on.isoformat(),
            self.expires_on and self.expires_on.isoformat(),
            self.evidence_sha256,
            self.is_outside,
        )
        return hashlib.sha256(json.dumps(said).encode()).digest()


@dataclass(frozen=True, slots=True)
class Recorded:
    """A completion as it is kept: whose, what is said of it, and how it stands."""

    completion_id: UUID
    officer_id: str
    content: Content
    status: CompletionStatus
    credential_id: UUID | None
    """What certifies it, while it counts."""
    version: int
    sent_sha256: bytes
    """The digest of what was first sent: a repeat is told by it after every correction."""
    recorded_at: datetime
    updated_at: datetime

    @property
    def counts(self) -> bool:
        """Whether it is taken into account where its officer's training is."""
        return self.status is CompletionStatus.ACCEPTED


def ensure_days_fit(content: Content, today: date) -> None:
    """Refuse days that cannot be, for what is recorded or corrected today. Raises: CompletionHasFaults."""
    faults = []
    if content.completed_on > today:
        faults.append(Fault("completed_on", "must not lie in the future"))
    if content.expires_on is not None and content.expires_on < content.completed_on:
        faults.append(Fault("expires_on", "must not be before completed_on"))
    if faults:
        raise CompletionHasFaults(errors=faults)


def ensure_not_own(officer_id: str, caller_sub: str) -> None:
    """Nobody keeps the books about himself. Raises: OwnCompletion."""
    if officer_id == caller_sub:
        raise OwnCompletion(errors=[Fault("officer_id", "is the sender's own")])


def ensure_not_revoked(status: CompletionStatus) -> None:
    """What was revoked stays so. Raises: AlreadyRevoked."""
    if status is CompletionStatus.REVOKED:
        raise AlreadyRevoked


def status_when_recorded(content: Content) -> CompletionStatus:
    """A course of the district's own counts at once, another waits."""
    return CompletionStatus.AWAITING_APPROVAL if content.is_outside else CompletionStatus.ACCEPTED


def status_when_corrected(before: Content, status: CompletionStatus, after: Content) -> CompletionStatus:
    """An approval holds for what was approved; what was refused is looked at again once it is corrected.

    That a course is no outside one after all takes nobody's place: what has not been approved waits all the same.
    """
    if status is not CompletionStatus.ACCEPTED:
        return CompletionStatus.AWAITING_APPROVAL
    if before.is_outside and after.certifies_the_same(before):
        return status
    return status_when_recorded(after)


def is_decided_so(content: Content, status: CompletionStatus, *, approved: bool) -> bool:
    """Whether exactly this was decided before; false where nothing was.

    Raises: NothingToApprove, AlreadyRevoked, DecidedOtherwise.
    """
    ensure_not_revoked(status)
    if status is CompletionStatus.AWAITING_APPROVAL:
        return False
    if status is CompletionStatus.ACCEPTED and not content.is_outside:
        raise NothingToApprove
    if approved is not (status is CompletionStatus.ACCEPTED):
        raise DecidedOtherwise
    return True
