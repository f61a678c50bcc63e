"""What follows from a change in one noun in those that build on it, in the same transaction.

The nouns below take these as parameters of their routes; `app` hands in what the nouns above do.
"""

from datetime import datetime
from typing import Protocol
from uuid import UUID

from shared.crypto import KeyRing
from shared.db import Session


class OnOpening(Protocol):
    """What follows when a survey opens."""

    async def __call__(self, session: Session, ring: KeyRing, *, district_id: str, administration_id: UUID) -> None:
        """Make the box that answers are dropped into. Again, nothing doubles."""


class OnClosing(Protocol):
    """What follows when a survey closes."""

    async def __call__(
        self, session: Session, ring: KeyRing, *, district_id: str, administration_id: UUID, now: datetime
    ) -> None:
        """Count the answers if they are few enough to be counted within a request; a worker counts the others."""
