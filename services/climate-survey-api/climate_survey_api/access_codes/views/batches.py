"""The batches of a survey, newest first: what was made when and by whom, nothing of any code."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select, tuple_

from climate_survey_api.access_codes.models import code_batches
from climate_survey_api.administrations.views import find_administration
from shared.auth import Caller
from shared.db import ReadSession
from shared.events.base import Instant
from shared.events.surveys import RespondentGroup

_B = code_batches.c


class Batch(BaseModel):
    """Codes that were made together. How many of them were used is told of the school and group as a whole alone."""

    batch_id: UUID
    school_id: str
    respondent_group: RespondentGroup
    count: int = Field(description="Codes that were made.")
    made_at: Instant
    made_by: str
    voided_at: Instant | None = Field(description="From then on those that were unused open nothing; null: they do.")

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "batch_id": "7b0e4f0e-6a55-4f55-9a3c-1d1f6f9d5a10",
                    "school_id": "s-1",
                    "respondent_group": "student",
                    "count": 320,
                    "made_at": "2026-09-28T14:00:00Z",
                    "made_by": "a-1",
                    "voided_at": None,
                }
            ]
        }
    )


async def batches_of(
    session: ReadSession,
    administration_id: UUID,
    *,
    caller: Caller,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Batch]:
    """The batches of the caller's schools, newest first, behind this one. Raises: AdministrationNotFound."""
    administration = await find_administration(session, caller.district_id, administration_id)
    wanted = select(code_batches).where(
        _B.district_id == administration.district_id, _B.administration_id == administration_id
    )
    if caller.school_ids is not None:
        wanted = wanted.where(_B.school_id.in_(caller.school_ids))
    if before is not None:
        wanted = wanted.where(tuple_(_B.made_at, _B.batch_id) < before)
    newest_first = wanted.order_by(_B.made_at.desc(), _B.batch_id.desc()).limit(limit)
    return [
        Batch(
            batch_id=row.batch_id,
            school_id=row.school_id,
            respondent_group=row.respondent_group,
            count=row.made,
            made_at=row.made_at,
            made_by=row.made_by,
            voided_at=row.voided_at,
        )
        for row in await session.execute(newest_first)
    ]
