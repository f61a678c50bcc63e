"""What can be done to a credential: issued for a completion that counts, revoked with it."""

from collections.abc import Sequence
from datetime import datetime, tzinfo
from uuid import UUID

from shared.crypto import KeyRing
from shared.db import Session
from training_registry.credentials.rules import Alignment as Alignment
from training_registry.credentials.rules import Certified as Certified


async def issue_credential(
    session: Session,
    certified: Certified,
    *,
    district_id: str,
    public_url: str,
    zone: tzinfo,
    ring: KeyRing,
    now: datetime,
) -> UUID:
    """A signed credential stands for this completion; CredentialIssued is announced. Its id."""
    issued = await issue_credentials(
        session, [certified], district_id=district_id, public_url=public_url, zone=zone, ring=ring, now=now
    )
    return issued[certified.completion_id]


async def issue_credentials(
    session: Session,
    certified: Sequence[Certified],
    *,
    district_id: str,
    public_url: str,
    zone: tzinfo,
    ring: KeyRing,
    now: datetime,
) -> dict[UUID, UUID]:
    """A signed credential stands for each of these completions; CredentialIssued is announced of each that is new.

    The credential of each completion, by its id. A completion whose credential holds keeps it.
    """
    raise NotImplementedError


async def revoke_credential(session: Session, *, district_id: str, completion_id: UUID, now: datetime) -> None:
    """The completion's credential holds no more; CredentialRevoked is announced. Without one, or again, nothing.

    Why is said of the completion that is revoked with it.
    """
    raise NotImplementedError
