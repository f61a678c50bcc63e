"""What follows from a change in one noun in those that build on it, in the same transaction.

The nouns below take these as parameters of their routes; `app` hands in what `standing` does.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from shared.db import Session


class OnOfficersChanged(Protocol):
    """What follows when something changed from which some officers' standing follows."""

    async def __call__(
        self, session: Session, *, district_id: str, officer_ids: Collection[str], now: datetime
    ) -> None:
        """Announce anew how they stand. Call it after the change is written."""


class OnRequirementsChanged(Protocol):
    """What follows when a rule changed that may bind any officer of the district."""

    async def __call__(self, session: Session, *, district_id: str, now: datetime) -> None:
        """See to it that every officer's standing is announced anew, within seconds. Call it after the change."""
