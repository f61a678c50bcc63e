"""What the nouns above do to an administration: hold it open while an answer is taken, note how far it has come."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update

from climate_survey_api.administrations.models import administrations
from climate_survey_api.administrations.rules import Administration
from climate_survey_api.administrations.views.finding import administration_where
from shared.db import Session

_A = administrations.c


async def locked_administration(session: Session, administration_id: UUID) -> Administration:
    """An administration of whatever district that cannot close before this transaction ends.

    Many hold it at once; closing waits for them all, so that no answer arrives after the count. SQLite has one writer
    and needs no lock. Raises: AdministrationNotFound (404).
    """
    wanted = select(administrations).where(_A.administration_id == administration_id)
    return await administration_where(session, wanted.with_for_update(read=True))


async def administration_to_change(session: Session, district_id: str, administration_id: UUID) -> Administration:
    """An administration that nobody else changes, and nobody answers, before this transaction ends.

    Raises: AdministrationNotFound (404).
    """
    wanted = select(administrations).where(_A.district_id == district_id, _A.administration_id == administration_id)
    return await administration_where(session, wanted.with_for_update())


async def note_codes(session: Session, administration_id: UUID) -> None:
    """Access codes were made: what is asked stays as it is from now on."""
    none_yet = (_A.administration_id == administration_id, _A.has_codes.is_(False))
    values = {"has_codes": True, "revision": _A.revision + 1}
    await session.execute(update(administrations).where(*none_yet).values(values))


async def note_counted(session: Session, administration_id: UUID, now: datetime) -> None:
    """The results of a closed administration are there."""
    closed = (_A.administration_id == administration_id, _A.counted_at.is_(None))
    values = {"counted_at": now, "revision": _A.revision + 1}
    await session.execute(update(administrations).where(*closed).values(values))
