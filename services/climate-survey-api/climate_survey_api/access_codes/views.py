"""What can be read of access codes: counts of a school and group, never of one code."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import Integer, func, select

from climate_survey_api.access_codes.models import LIVE, access_codes
from shared.db import ReadSession
from shared.events.surveys import RespondentGroup

_C = access_codes.c


async def codes_by_unit(
    session: ReadSession, district_id: str, administration_id: UUID
) -> Mapping[tuple[str, RespondentGroup], tuple[int, int]]:
    """How many codes each unit has, and how many of them were used. Units without codes are absent; voided ones too."""
    counted = (
        select(_C.school_id, _C.respondent_group, func.count(), func.sum(_C.is_used.cast(Integer)))
        .where(_C.district_id == district_id, _C.administration_id == administration_id, LIVE)
        .group_by(_C.school_id, _C.respondent_group)
    )
    return {
        (school_id, RespondentGroup(group)): (generated, used)
        for school_id, group, generated, used in await session.execute(counted)
    }
