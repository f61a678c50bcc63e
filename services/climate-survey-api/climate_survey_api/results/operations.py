"""What makes results: the count."""

from datetime import datetime, tzinfo
from uuid import UUID

from shared.crypto import KeyRing
from shared.db import Session


async def count_if_few(
    session: Session, ring: KeyRing, *, district_id: str, administration_id: UUID, now: datetime, zone: tzinfo
) -> None:
    """Count a closed survey within the request that closed it; leave it to the worker when it has many answers."""
