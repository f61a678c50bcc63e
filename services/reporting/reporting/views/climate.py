"""What climate surveys found, dimension by dimension, at each school and in the whole district."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import ColumnElement, Integer, SmallInteger, Text, and_, bindparam, or_, select
from sqlalchemy.engine import Dialect

from reporting.codec import RESPONDENT_GROUPS, WHOLE_DISTRICT
from reporting.measures.rates import quotient
from reporting.models import places
from reporting.models import survey_counts as counts
from reporting.models import survey_openings as openings
from reporting.models import survey_results as results
from reporting.views import answers
from reporting.views.breakdown import Key
from reporting.views.legends import meaning_of
from reporting.views.periods import PeriodParameters, days_of
from reporting.views.prepared import Prepared, prepare
from reporting.views.rows import Row
from reporting.views.scope import Scope, of_whole_district, scope_of, values_of, within
from shared.auth import Caller
from shared.db import ReadSession
from shared.events.surveys import RespondentGroup

METHOD = "survey-count-1"
"""Each count decides once what of it is suppressed, for everybody and for good: the surveys' service keeps no more."""


class ClimateParameters(PeriodParameters):
    """The query of what surveys found; the period is that of their openings."""

    keys = Key

    by: str = Field(
        default="",
        description="What other views are broken down by. Changes nothing here: a finding is told as it was counted.",
        examples=["school_id"],
    )
    group: RespondentGroup | None = Field(default=None, description="Only these respondents.")
    dimension: str | None = Field(default=None, min_length=1, max_length=255, description="Only this dimension.")
    administration_id: UUID | None = Field(default=None, description="Only this survey.")


class ClimateRow(BaseModel):
    """What a group answered in a dimension, at one school or in the whole district. Numbers are null if suppressed."""

    model_config = ConfigDict(frozen=True)

    administration_id: UUID = Field(description="The survey.")
    opened_on: date | None = Field(description="The day it opened; null: not heard yet.")
    closed_on: date = Field(description="The day it closed.")
    school_id: str | None = Field(description="null: the district, as far as its schools could be taken together.")
    respondent_group: RespondentGroup
    dimension: str = Field(description="As the instrument names it.")
    schools_counted: int | None = Field(
        description="Schools in the figures; of the district those of the dimension that takes in the most."
    )
    invited: int | None = Field(description="People invited at these schools.")
    n: int | None = Field(description="Respondents with an answer in the dimension.")
    favorable: float | None = Field(
        description="Share of their answers that were favourable, after reversal; null too where there are none."
    )
    mean: float | None = Field(
        description="Mean of the respondents' own means, in points of the scale; null too where there are none."
    )
    suppressed: bool = Field(
        description="So few answered, or so few could be worked out from it, that nobody is told: no role sees more."
    )


class Climate(answers.View):
    """What the surveys of a school year found."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "rows": [
                        {
                            "administration_id": "0199b2a4-6c1e-7d70-8f3a-5b1c9d2e4f60",
                            "opened_on": "2026-10-05",
                            "closed_on": "2026-10-16",
                            "school_id": "sc-003",
                            "respondent_group": "student",
                            "dimension": "safety",
                            "schools_counted": 1,
                            "invited": 412,
                            "n": 301,
                            "favorable": 0.7026143790849673,
                            "mean": 2.8953488372093024,
                            "suppressed": False,
                        }
                    ],
                    "as_of": "2026-11-22T15:04:05Z",
                    "policy": answers.Policy(minimum_cell=10, complementary=True, method=METHOD).model_dump(),
                }
            ]
        }
    )

    rows: list[ClimateRow]


class Findings(NamedTuple):
    """The rows of an answer, and what was hidden of them."""

    rows: list[Row]
    policy: answers.Policy


async def climate(session: ReadSession, caller: Caller, asked: ClimateParameters) -> Findings:
    """What was found by the surveys of the school year that are closed and counted.

    Shape: a row per survey, school, group and dimension, and of the district, which every reader sees; surveys in the
    order of their closing, the district behind its schools. Asked for one school, the district has no row.
    Units: respondents, shares of 1, points of the scale; nothing is rounded.
    Counts under the least of these surveys' own minimums are suppressed for certain.
    """
    found = await _question(
        scope_of(caller, asked.school_id),
        session.dialect,
        of_group=asked.group is not None,
        of_dimension=asked.dimension is not None,
        of_survey=asked.administration_id is not None,
        of_period=asked.from_ is not None or asked.to is not None,
    ).many_rows(session, {**values_of(caller, asked.school_id), **_values(asked)})
    # Of a large district there are so many that nobody else would be answered meanwhile.
    return await asyncio.to_thread(_told, [_Found(*row) for row in found])


def _values(asked: ClimateParameters) -> Mapping[str, object]:
    days = days_of(asked.months())
    return {
        "school_year": asked.school_year,
        "group": None if asked.group is None else RESPONDENT_GROUPS[asked.group],
        "dimension": asked.dimension,
        "administration_id": None if asked.administration_id is None else str(asked.administration_id),
        "first_day": days.first.toordinal(),
        "last_day": days.last.toordinal(),
    }


class _Found(NamedTuple):
    """A row as the tables have it."""

    version: int
    administration_id: str
    opened_day: int | None
    closed_day: int
    school_id: str
    group: int
    dimension: str
    schools_counted: int
    invited: int
    minimum: int
    n: int | None
    answers: int | None
    favorable: int | None
    means: float | None


@lru_cache
def _question(
    scope: Scope, dialect: Dialect, *, of_group: bool, of_dimension: bool, of_survey: bool, of_period: bool
) -> Prepared:
    """What was found in a scope, and by the latest count only."""
    unit = ("place_no", "administration_id", "respondent_group", "version")
    opened = and_(openings.c.administration_id == counts.c.administration_id, of_whole_district(openings))
    district = () if scope.one_school else (of_whole_district(counts),)
    conditions: dict[ColumnElement[bool], bool] = {
        counts.c.respondent_group == bindparam("group", type_=SmallInteger): of_group,
        results.c.dimension == bindparam("dimension", type_=Text): of_dimension,
        counts.c.administration_id == bindparam("administration_id", type_=Text): of_survey,
        openings.c.opened_day.between(
            bindparam("first_day", type_=Integer), bindparam("last_day", type_=Integer)
        ): of_period,
    }
    question = (
        select(
            counts.c.version,
            counts.c.administration_id,
            openings.c.opened_day,
            counts.c.closed_day,
            places.c.school_id,
            counts.c.respondent_group,
            results.c.dimension,
            counts.c.schools_counted,
            counts.c.invited,
            counts.c.minimum,
            results.c.n,
            results.c.answers,
            results.c.favorable,
            results.c.means,
        )
        .join_from(counts, results, and_(*(counts.c[name] == results.c[name] for name in unit)))
        .join(places, places.c.place_no == counts.c.place_no)
        .outerjoin(openings, opened)
        .where(
            counts.c.school_year == bindparam("school_year", type_=SmallInteger),
            or_(within(counts, scope), *district),
            *(condition for condition, is_asked in conditions.items() if is_asked),
        )
    )
    return prepare(question, dialect)


_GROUPS = meaning_of(RESPONDENT_GROUPS)


def _told(found: Sequence[_Found]) -> Findings:
    minimum = min((one.minimum for one in found), default=None)
    policy = answers.Policy(minimum_cell=minimum, complementary=True, method=METHOD)
    return Findings([_row(one) for one in sorted(found, key=_reading_order)], policy)


def _row(found: _Found) -> Row:
    is_suppressed = found.n is None
    return {
        "administration_id": found.administration_id,
        "opened_on": None if found.opened_day is None else date.fromordinal(found.opened_day).isoformat(),
        "closed_on": date.fromordinal(found.closed_day).isoformat(),
        "school_id": None if found.school_id == WHOLE_DISTRICT else found.school_id,
        "respondent_group": _GROUPS(found.group),
        "dimension": found.dimension,
        "schools_counted": None if is_suppressed else found.schools_counted,
        "invited": None if is_suppressed else found.invited,
        "n": found.n,
        "favorable": quotient(found.favorable, found.answers),
        "mean": quotient(found.means, found.n),
        "suppressed": is_suppressed,
    }


def _reading_order(found: _Found) -> tuple[int, int, str, bool, str, int, str]:
    is_district = found.school_id == WHOLE_DISTRICT
    return (
        found.closed_day,
        found.version,  # of those that closed on one day
        found.administration_id,
        is_district,
        found.school_id,
        found.group,
        found.dimension,
    )
