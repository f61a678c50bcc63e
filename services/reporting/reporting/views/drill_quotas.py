"""The drills that schools held against those that the district asks of each."""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import and_, func, select

from reporting.codec import ANY_TYPE, DRILL_TYPES, MONTHS_IN_YEAR, NO_MONTH
from reporting.models import drill_quota_versions as versions
from reporting.models import drill_quotas as quotas
from reporting.models import drills as held
from reporting.views import answers
from reporting.views.periods import ForbidUnknown, OneSchool, SchoolYear, months_of
from reporting.views.rows import Row
from reporting.views.scope import in_scope, of_whole_district, schools_by_number, values_of
from shared.auth import Caller
from shared.db import ReadSession
from shared.events.facets import FIRST_MONTH_OF_SCHOOL_YEAR
from shared.events.training import DrillType


class QuotaParameters(ForbidUnknown):
    """The query of drills against quotas."""

    school_year: SchoolYear = Field(description="The year the school year ends in; it begins on 1 July.")
    school_id: OneSchool = Field(default=None, description="Only this school.")


class QuotaRow(BaseModel):
    """One school and one of the things that are asked of it."""

    model_config = ConfigDict(frozen=True)

    school_id: str
    quota_id: str = Field(description="The row of the district's quotas.")
    type: DrillType | None = Field(description="Only this type counts; null: any does.")
    least: int = Field(description="So many are asked for.")
    held: int = Field(description="So many of those that count were held in the school year.")
    missing: int = Field(description="So many are still to be held.")
    met: bool
    from_month: int | None = Field(description="Month (1 to 12) in which drills begin to count; null: any.")
    to_month: int | None = Field(
        description="The last such month; before `from_month`, it is one after the turn of the year. null: any."
    )
    suppressed: bool = Field(description="Never: a drill is no student.")


class DrillQuotas(answers.View):
    """Drills against quotas in a school year."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "rows": [
                        {
                            "school_id": "sc-003",
                            "quota_id": "lockdowns",
                            "type": "lockdown",
                            "least": 4,
                            "held": 3,
                            "missing": 1,
                            "met": False,
                            "from_month": 9,
                            "to_month": None,
                            "suppressed": False,
                        }
                    ],
                    "as_of": "2026-11-22T15:04:05Z",
                    "policy": answers.Policy.of(0).model_dump(),
                }
            ]
        }
    )

    rows: list[QuotaRow]


async def drill_quotas(session: ReadSession, caller: Caller, asked: QuotaParameters) -> list[Row]:
    """What each school held of what the district asks for today, in a school year.

    Shape: a row per school and quota, by school and then in the district's order; a school that held none is there
    with 0, as far as anything was ever heard of it. Nothing asked for: no rows. Units: drills.
    """
    asked_for = await _quotas(session, caller)
    by_school = await _held(session, caller, asked)
    known = await schools_by_number(session, caller)
    schools = sorted(
        (school_id, number)
        for number, school_id in known.items()
        if (caller.sees_school(school_id) if asked.school_id is None else school_id == asked.school_id)
    )
    return [
        _row(school_id, quota, sum(drill.n for drill in by_school[number] if quota.counts(drill)))
        for school_id, number in schools
        for quota in asked_for
    ]


class _Held(NamedTuple):
    """Drills of one month and type."""

    month_of_year: int
    type: int
    n: int


class _Quota(NamedTuple):
    quota_id: str
    type: int
    least: int
    from_month: int
    to_month: int

    def counts(self, drill: _Held) -> bool:
        """Whether these drills count; months go on after December."""
        first = FIRST_MONTH_OF_SCHOOL_YEAR if self.from_month == NO_MONTH else self.from_month
        last = FIRST_MONTH_OF_SCHOOL_YEAR - 1 if self.to_month == NO_MONTH else self.to_month
        is_within = (drill.month_of_year - first) % MONTHS_IN_YEAR <= (last - first) % MONTHS_IN_YEAR
        return is_within and self.type in (ANY_TYPE, drill.type)


async def _quotas(session: ReadSession, caller: Caller) -> Sequence[_Quota]:
    q = quotas.c
    latest = and_(q.place_no == versions.c.place_no, q.version == versions.c.version)
    question = (
        select(q.quota_id, q.type, q.least, q.from_month, q.to_month)
        .join_from(quotas, versions, latest)
        .where(of_whole_district(quotas))
        .order_by(q.number)
    )
    return [_Quota(*row) for row in await session.execute(question, values_of(caller, None))]


async def _held(session: ReadSession, caller: Caller, asked: QuotaParameters) -> defaultdict[int, list[_Held]]:
    """What each school held."""
    months = months_of(asked.school_year)
    question = (
        select(held.c.place_no, held.c.month, held.c.type, func.sum(held.c.n))
        .where(in_scope(held, caller, asked.school_id), held.c.month.between(months.first, months.last))
        .group_by(held.c.place_no, held.c.month, held.c.type)
    )
    found: defaultdict[int, list[_Held]] = defaultdict(list)
    for place_no, month, type_, n in await session.execute(question):
        found[place_no].append(_Held(month % MONTHS_IN_YEAR + 1, type_, int(n)))
    return found


_TYPES = {number: type_.value for type_, number in DRILL_TYPES.items()}


def _row(school_id: str, quota: _Quota, n: int) -> Row:
    return {
        "school_id": school_id,
        "quota_id": quota.quota_id,
        "type": _TYPES.get(quota.type),
        "least": quota.least,
        "held": n,
        "missing": max(0, quota.least - n),
        "met": n >= quota.least,
        "from_month": None if quota.from_month == NO_MONTH else quota.from_month,
        "to_month": None if quota.to_month == NO_MONTH else quota.to_month,
        "suppressed": False,
    }
