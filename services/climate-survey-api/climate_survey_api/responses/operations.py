"""What can be done with answers: dropped into the box, and the box emptied."""

from uuid import UUID

from shared.crypto import KeyRing
from shared.db import Session


async def make_box(session: Session, ring: KeyRing, *, district_id: str, administration_id: UUID) -> None:
    """Make the key that this administration's answers are sealed with. Again, nothing doubles."""


async def empty_box(session: Session, *, district_id: str, administration_id: UUID) -> None:
    """Destroy what is in the box and the key to it: the answers were counted."""
    raise NotImplementedError
