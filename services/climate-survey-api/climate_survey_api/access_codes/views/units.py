"""How many codes of a school and group there are, and how many were used: never one code."""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Integer, func, select

from climate_survey_api.access_codes.models import LIVE, access_codes
from climate_survey_api.administrations.errors import AdministrationNotFound
from climate_survey_api.administrations.rules import Administration
from climate_survey_api.administrations.views import find_administration
from shared.auth import Caller
from shared.db import ReadSession
from shared.events.base import Instant
from shared.events.surveys import RespondentGroup

_C = access_codes.c


class UnitStatus(BaseModel):
    """How far a group at a school has come."""

    school_id: str
    respondent_group: RespondentGroup
    invited: int = Field(description="People who are asked.")
    generated: int = Field(description="Codes that were made for them and not voided.")
    used: int = Field(description="Codes that were answered with.")
    submission_rate: float | None = Field(description="Used of generated; null: there is no code yet.")
    response_rate_so_far: float | None = Field(description="Used of invited; null: nobody is invited.")


class SurveyStatus(BaseModel):
    """How far a survey has come: counts alone, by school and group."""

    rows: list[UnitStatus] = Field(description="By school and group, of the caller's schools.")
    as_of: Instant

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "rows": [
                        {
                            "school_id": "s-1",
                            "respondent_group": "student",
                            "invited": 400,
                            "generated": 320,
                            "used": 240,
                            "submission_rate": 0.75,
                            "response_rate_so_far": 0.6,
                        }
                    ],
                    "as_of": "2026-10-07T15:30:00Z",
                }
            ]
        }
    )


async def codes_by_unit(
    session: ReadSession, district_id: str, administration_id: UUID, *, school_ids: Collection[str] | None = None
) -> Mapping[tuple[str, RespondentGroup], tuple[int, int]]:
    """How many codes each unit has, and how many of them were used; of these schools, or of all.

    Units without codes are absent, and so are voided codes. Read from an index alone, however many codes there are.
    """
    counted = select(_C.school_id, _C.respondent_group, func.count(), func.sum(_C.is_used.cast(Integer))).where(
        _C.district_id == district_id, _C.administration_id == administration_id, LIVE
    )
    if school_ids is not None:
        counted = counted.where(_C.school_id.in_(school_ids))
    return {
        (school_id, RespondentGroup(group)): (generated, used)
        for school_id, group, generated, used in await session.execute(
            counted.group_by(_C.school_id, _C.respondent_group)
        )
    }


async def codes_made(
    session: ReadSession, administration: Administration, school_id: str, group: RespondentGroup
) -> int:
    """How many codes a unit has, used ones too; those voided are none."""
    counted = (
        select(func.count())
        .select_from(access_codes)
        .where(
            _C.district_id == administration.district_id,
            _C.administration_id == administration.administration_id,
            _C.school_id == school_id,
            _C.respondent_group == group.value,
            LIVE,
        )
    )
    return int((await session.execute(counted)).scalar_one())


async def survey_status(
    session: ReadSession, administration_id: UUID, *, caller: Caller, now: datetime
) -> SurveyStatus:
    """How far a survey has come at the caller's schools.

    Raises: AdministrationNotFound, also where it asks nobody at any of them.
    """
    administration = await find_administration(session, caller.district_id, administration_id)
    units = [unit for unit in administration.units if caller.sees_school(unit.school_id)]
    if not units:
        raise AdministrationNotFound
    counts = await codes_by_unit(session, caller.district_id, administration_id, school_ids=caller.school_ids)
    rows = []
    for unit in units:
        generated, used = counts.get((unit.school_id, unit.respondent_group), (0, 0))
        rows.append(
            UnitStatus(
                school_id=unit.school_id,
                respondent_group=unit.respondent_group,
                invited=unit.invited,
                generated=generated,
                used=used,
                submission_rate=used / generated if generated else None,
                response_rate_so_far=used / unit.invited if unit.invited else None,
            )
        )
    return SurveyStatus(rows=rows, as_of=now)
