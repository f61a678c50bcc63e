"""What can be done to a credential: issued for a completion that counts, revoked with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from shared.crypto import KeyRing
from shared.db import Session


@dataclass(frozen=True, slots=True)
class Alignment:
    """A statute or topic that what was learnt belongs to."""

    name: str
    code: str
    url: str | None


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


async def issue_credential(
    session: Session, certified: Certified, *, district_id: str, public_url: str, ring: KeyRing, now: datetime
) -> UUID:
    """A signed credential stands for this completion; CredentialIssued is announced. Its id."""
    raise NotImplementedError


async def revoke_credential(
    session: Session, *, district_id: str, completion_id: UUID, because: str, now: datetime
) -> None:
    """The completion's credential holds no more; CredentialRevoked is announced. Without one, or again, nothing."""
    raise NotImplementedError
