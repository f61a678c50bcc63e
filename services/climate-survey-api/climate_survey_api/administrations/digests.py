"""Students as keyed digests: who holds the database alone cannot tell whose parents decided anything.

Each administration has a random key of its own, sealed by the ring, and destroyed when it closes.
"""

import hmac
import secrets
from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select, update

from climate_survey_api.administrations.destroyed import KeyTable, note_destroyed
from climate_survey_api.administrations.models import administrations
from shared.crypto import KeyRing
from shared.db import ReadSession, Session

_A = administrations.c
_KEY_BYTES = 32


async def digests_of(
    session: ReadSession, ring: KeyRing, administration_id: UUID, student_ids: Iterable[str]
) -> dict[str, bytes]:
    """What each of these students stands there as; empty while no parent has decided anything, and once it closed."""
    wanted = select(_A.choices_key).where(_A.administration_id == administration_id)
    sealed = (await session.execute(wanted)).scalar_one()
    if sealed is None:
        return {}
    key = bytes.fromhex(ring.open(sealed, table="administrations", column="choices_key", key=str(administration_id)))
    return {student_id: hmac.digest(key, student_id.encode(), "sha256") for student_id in student_ids}


async def ensure_key(session: Session, ring: KeyRing, administration_id: UUID) -> None:
    """Make the administration's key if it has none. Its row must be locked."""
    secret = secrets.token_hex(_KEY_BYTES)
    sealed = ring.seal(secret, table="administrations", column="choices_key", key=str(administration_id))
    without = (_A.administration_id == administration_id, _A.choices_key.is_(None))
    await session.execute(update(administrations).where(*without).values(choices_key=sealed))


async def destroy_key(session: Session, *, district_id: str, administration_id: UUID) -> None:
    """Nobody finds out any more whose parents decided. The administration's row must be locked."""
    has_one = (_A.administration_id == administration_id, _A.choices_key.is_not(None))
    if (await session.execute(update(administrations).where(*has_one).values(choices_key=None))).rowcount:
        await note_destroyed(session, district_id=district_id, held_in=KeyTable.ADMINISTRATIONS)
