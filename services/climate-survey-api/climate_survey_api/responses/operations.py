"""What can be done with answers: dropped into the box, and the box emptied."""

from uuid import UUID

from sqlalchemy import delete

from climate_survey_api.responses.keys import destroy_key, make_key
from climate_survey_api.responses.models import ballots
from shared.crypto import KeyRing
from shared.db import Session


async def make_box(session: Session, ring: KeyRing, *, district_id: str, administration_id: UUID) -> None:
    """Make the key that this administration's answers are sealed with. Again, nothing doubles."""
    await make_key(session, ring, district_id=district_id, administration_id=administration_id)


async def empty_box(session: Session, *, district_id: str, administration_id: UUID) -> None:
    """Destroy what is in the box and the key to it: the answers were counted."""
    await session.execute(
        delete(ballots).where(ballots.c.administration_id == administration_id, ballots.c.district_id == district_id)
    )
    await destroy_key(session, administration_id)
