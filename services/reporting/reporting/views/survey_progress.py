"""How many people answered the climate surveys of a school year, by the last day that is known."""

from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import ColumnElement, SmallInteger, Table, Text, and_, bindparam, func, select
from sqlalchemy.engine import Dialect

from reporting.codec import AT_OPENING, LAST_DAY, RESPONDENT_GROUPS
from reporting.measures.rates import quotient
from reporting.models import places, survey_progress
from reporting.models import survey_closings as closings
from reporting.models import survey_openings as openings
from reporting.views import answers
from reporting.views.legends import meaning_of
from reporting.views.periods import ForbidUnknown, OneSchool, SchoolYear
from reporting.views.prepared import Prepared, prepare
from reporting.views.rows import Row
from reporting.views.scope import Scope, of_whole_district, scope_of, values_of, within
from shared.auth import Caller
from shared.db import ReadSession
from shared.events.surveys import RespondentGroup


class SurveyStatus(StrEnum):
    """Whether answers are taken."""

    OPEN = "open"
    CLOSED = "closed"


class SurveyProgressParameters(ForbidUnknown):
    """The query of how surveys go on."""

    school_year: SchoolYear = Field(description="The year the school year ends in; it begins on 1 July.")
    school_id: OneSchool = Field(default=None, description="Only this school.")
    administration_id: UUID | None = Field(default=None, description="Only this survey.")


class SurveyProgressRow(BaseModel):
    """How many people of a group answered a survey at a school."""

    model_config = ConfigDict(frozen=True)

    administration_id: UUID = Field(description="The survey.")
    school_id: str
    respondent_group: RespondentGroup
    status: SurveyStatus
    opened_on: date | None = Field(description="The day it opened; null: not heard yet.")
    closed_on: date | None = Field(description="The day it closed; null: it has not.")
    counted_on: date | None = Field(
        description="The last day, at whose end more had answered than before; once it is closed, that day. "
        "null: nobody has answered by the end of any day."
    )
    invited: int = Field(description="People invited.")
    generated: int | None = Field(description="Access codes made and not voided; null: not known before the first day.")
    used: int = Field(description="Of them used: people who answered.")
    submission_rate: float | None = Field(description="Used of generated; null: none are, or not known.")
    suppressed: bool = Field(description="Never: how many answered says nothing of what was answered.")


class SurveyProgress(answers.View):
    """How the surveys of a school year go on."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "rows": [
                        {
                            "administration_id": "0199b2a4-6c1e-7d70-8f3a-5b1c9d2e4f60",
                            "school_id": "sc-003",
                            "respondent_group": "student",
                            "status": "open",
                            "opened_on": "2026-11-16",
                            "closed_on": None,
                            "counted_on": "2026-11-21",
                            "invited": 412,
                            "generated": 412,
                            "used": 206,
                            "submission_rate": 0.5,
                            "suppressed": False,
                        }
                    ],
                    "as_of": "2026-11-22T15:04:05Z",
                    "policy": answers.NOTHING_HIDDEN.model_dump(),
                }
            ]
        }
    )

    rows: list[SurveyProgressRow]


class _Found(NamedTuple):
    """A row as the tables have it."""

    administration_id: str
    school_id: str
    group: int
    opening: int | None
    opened_day: int | None
    closed_day: int | None
    counted_day: int
    invited: int
    generated: int | None
    used: int


async def survey_progress_of(session: ReadSession, caller: Caller, asked: SurveyProgressParameters) -> list[Row]:
    """How many people have answered the surveys of the school year, whether they run or are closed.

    Shape: a row per survey, school and group; surveys in the order of their openings, then by school and group.
    Units: people, shares of 1, days: nothing finer is known here.
    """
    question = _question(
        scope_of(caller, asked.school_id), session.dialect, of_survey=asked.administration_id is not None
    )
    values = {
        **values_of(caller, asked.school_id),
        "school_year": asked.school_year,
        "administration_id": None if asked.administration_id is None else str(asked.administration_id),
    }
    found = [_Found(*row) for row in await question.many_rows(session, values)]
    return [_row(one) for one in sorted(found, key=_reading_order)]


@lru_cache
def _question(scope: Scope, dialect: Dialect, *, of_survey: bool) -> Prepared:
    answered = survey_progress.c

    def same_survey(table: Table) -> ColumnElement[bool]:
        return and_(table.c.administration_id == answered.administration_id, of_whole_district(table))

    school_year = func.coalesce(openings.c.school_year, closings.c.school_year)
    question = (
        select(
            answered.administration_id,
            places.c.school_id,
            answered.respondent_group,
            openings.c.version,
            openings.c.opened_day,
            closings.c.closed_day,
            answered.counted_day,
            answered.invited,
            answered.generated,
            answered.used,
        )
        .join_from(survey_progress, places, places.c.place_no == answered.place_no)
        .outerjoin(openings, same_survey(openings))
        .outerjoin(closings, same_survey(closings))
        .where(school_year == bindparam("school_year", type_=SmallInteger), within(survey_progress, scope))
    )
    if of_survey:
        question = question.where(answered.administration_id == bindparam("administration_id", type_=Text))
    return prepare(question, dialect)


_GROUPS = meaning_of(RESPONDENT_GROUPS)


def _row(found: _Found) -> Row:
    counted_day = {AT_OPENING: None, LAST_DAY: found.closed_day}.get(found.counted_day, found.counted_day)
    return {
        "administration_id": found.administration_id,
        "school_id": found.school_id,
        "respondent_group": _GROUPS(found.group),
        "status": SurveyStatus.OPEN.value if found.closed_day is None else SurveyStatus.CLOSED.value,
        "opened_on": _on(found.opened_day),
        "closed_on": _on(found.closed_day),
        "counted_on": _on(counted_day),
        "invited": found.invited,
        "generated": found.generated,
        "used": found.used,
        "submission_rate": quotient(found.used, found.generated),
        "suppressed": False,
    }


def _on(day: int | None) -> str | None:
    return None if day is None else date.fromordinal(day).isoformat()


def _reading_order(found: _Found) -> tuple[int, str, str, int]:
    return found.opening or AT_OPENING, found.administration_id, found.school_id, found.group
