"""Which surveys are closed and have no results yet, and which have had them for long."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from climate_survey_api.administrations.models import administrations
from climate_survey_api.administrations.rules import Status
from shared.db import ReadSession

_A = administrations.c


async def administrations_to_count(session: ReadSession) -> list[tuple[str, UUID]]:
    """District and id of every survey whose answers wait to be counted; at rest none."""
    waiting = (_A.status == Status.CLOSED.value, _A.counted_at.is_(None))
    wanted = select(_A.district_id, _A.administration_id).where(*waiting).order_by(_A.closed_at, _A.administration_id)
    return [(row.district_id, row.administration_id) for row in await session.execute(wanted)]


async def administrations_counted(session: ReadSession, before: datetime) -> list[tuple[str, UUID]]:
    """District and id of every survey that was counted before that."""
    wanted = select(_A.district_id, _A.administration_id).where(_A.counted_at < before)
    return [(row.district_id, row.administration_id) for row in await session.execute(wanted)]
