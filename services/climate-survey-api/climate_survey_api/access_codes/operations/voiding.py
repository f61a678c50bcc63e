"""Voiding codes whose sheet was lost or whose reader is not to be asked; forgetting whom codes were for."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update

from climate_survey_api.access_codes.errors import BatchNotFound
from climate_survey_api.access_codes.models import LIVE, access_codes, code_batches
from climate_survey_api.access_codes.pepper import pepper_known
from climate_survey_api.access_codes.rules import recipient_digest_of
from shared.auth import Caller
from shared.crypto import KeyRing
from shared.db import Session
from shared.events.surveys import RespondentGroup

_B, _C = code_batches.c, access_codes.c


async def void_batch(
    session: Session, administration_id: UUID, batch_id: UUID, *, caller: Caller, now: datetime
) -> None:
    """No code of the batch opens anything any more; what was answered with others of it stays. Again, nothing changes.

    Whom the voided ones were for is forgotten. Raises: BatchNotFound.
    """
    this = (
        _B.district_id == caller.district_id,
        _B.batch_id == batch_id,
        _B.administration_id == administration_id,
    )
    batch = (await session.execute(select(code_batches).where(*this).with_for_update())).one_or_none()
    if batch is None or not caller.sees_school(batch.school_id):
        raise BatchNotFound
    if batch.voided_at is not None:
        return
    # By all that stands in the index before the batch: a unit has few batches, and an index of its own would cost
    # every code that is made and burnt.
    unused = (
        _C.district_id == caller.district_id,
        _C.administration_id == administration_id,
        _C.school_id == batch.school_id,
        _C.respondent_group == batch.respondent_group,
        _C.is_used.is_(False),
        LIVE,
        _C.batch_id == batch_id,
    )
    await session.execute(
        update(access_codes).where(*unused).values(is_voided=True, recipient=None, recipient_digest=None)
    )
    await session.execute(update(code_batches).where(*this).values(voided_at=now))


async def void_codes_of(
    session: Session, ring: KeyRing, *, district_id: str, administration_id: UUID, student_ids: Collection[str]
) -> None:
    """What was made for these students and not used opens nothing any more; in an anonymous survey that is nothing."""
    pepper = await pepper_known(session, ring)
    if pepper is None or not student_ids:
        return
    digests = [
        recipient_digest_of(one, pepper, administration_id=administration_id, group=RespondentGroup.STUDENT)
        for one in student_ids
    ]
    theirs = (_C.recipient_digest.in_(digests), _C.district_id == district_id, _C.is_used.is_(False), LIVE)
    await session.execute(
        update(access_codes).where(*theirs).values(is_voided=True, recipient=None, recipient_digest=None)
    )


async def forget_recipients(session: Session, *, district_id: str, administration_id: UUID) -> None:
    """Nothing tells any more whom a survey's codes were for: it has closed, and nobody is reminded of it again."""
    named = (
        _C.district_id == district_id,
        _C.administration_id == administration_id,
        _C.recipient_digest.is_not(None),
    )
    await session.execute(update(access_codes).where(*named).values(recipient=None, recipient_digest=None))
