"""How officers' standing is kept announced: whenever what it follows from changes, and when a day comes."""

from collections.abc import Collection
from datetime import datetime

from shared.db import Session


async def announce_standings(
    session: Session, *, district_id: str, officer_ids: Collection[str], now: datetime
) -> None:
    """Announce anew how these officers stand."""


async def announce_every_standing(session: Session, *, district_id: str, now: datetime) -> None:
    """See to it that every officer's standing is announced anew, within seconds."""
