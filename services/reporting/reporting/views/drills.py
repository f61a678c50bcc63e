"""The safety drills that schools held, and how: announced, with notice to parents, trauma-informed."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Column, ColumnElement, case, func, literal_column, select

from reporting.codec import DRILL_TYPES, TOLD
from reporting.models import drills as held
from reporting.views import answers
from reporting.views.legends import Legend, meaning_of
from reporting.views.periods import PeriodParameters, names_of
from reporting.views.rows import Row
from reporting.views.scope import in_scope, schools_by_number
from shared.auth import Caller
from shared.db import ReadSession
from shared.events.training import DrillType


class DrillKey(StrEnum):
    """What drills can be broken down by."""

    SCHOOL_ID = "school_id"
    MONTH = "month"
    TYPE = "type"


class DrillParameters(PeriodParameters):
    """The query of the drills."""

    keys = DrillKey

    by: str = Field(
        default="",
        description="Keys to break down by, with commas between them: " + ", ".join(DrillKey),
        examples=["school_id,type"],
    )


class DrillRow(BaseModel):
    """How many drills of one combination of keys were held, and how."""

    model_config = ConfigDict(frozen=True)

    school_id: str | None = Field(default=None, description="If asked for by `by`, like every key below.")
    month: str | None = Field(default=None, description="The month it was held in: `2026-09`.")
    type: DrillType | None = None
    n: int = Field(description="Drills held.")
    announced: int = Field(description="Of them: staff and students knew that it was a drill.")
    notice_in_time: int = Field(description="Of them: parents were told within the week before.")
    notice_not_told: int = Field(description="Of them: nothing says when parents were told.")
    trauma_informed: int = Field(description="Of them: every point of the checklist was kept.")
    trauma_not_told: int = Field(description="Of them: the checklist was not filled in.")
    suppressed: bool = Field(description="Never: a drill is no student.")


class Drills(answers.View):
    """The drills of a school year."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "rows": [
                        {
                            "school_id": "sc-003",
                            "type": "lockdown",
                            "n": 4,
                            "announced": 4,
                            "notice_in_time": 3,
                            "notice_not_told": 1,
                            "trauma_informed": 2,
                            "trauma_not_told": 0,
                            "suppressed": False,
                        }
                    ],
                    "as_of": "2026-11-22T15:04:05Z",
                    "policy": answers.Policy.of(0).model_dump(),
                }
            ]
        }
    )

    rows: list[DrillRow]


async def drills(session: ReadSession, caller: Caller, asked: DrillParameters) -> list[Row]:
    """The drills held in the period.

    Shape: a row per combination of keys, by the keys in their order; combinations without a drill are absent.
    Units: drills. What is neither so nor not told was not so.
    """
    keys = names_of(asked.by)
    by = [held.c.place_no if key == DrillKey.SCHOOL_ID else held.c[key] for key in keys]
    months = asked.months()
    question = (
        select(*by, *_counts())
        .where(in_scope(held, caller, asked.school_id), held.c.month.between(months.first, months.last))
        .group_by(*by)
        .having(func.sum(held.c.n) > 0)
    )
    counted = {tuple(row[: len(keys)]): map(int, row[len(keys) :]) for row in await session.execute(question)}
    legend = Legend(keys, await schools_by_number(session, caller), {DrillKey.TYPE.value: meaning_of(DRILL_TYPES)})
    return [
        {**legend.told(numbers), **dict(zip(_COUNTED, counted[numbers], strict=True)), "suppressed": False}
        for numbers in sorted(counted, key=legend.reading_order)
    ]


_COUNTED = ("n", "announced", "notice_in_time", "notice_not_told", "trauma_informed", "trauma_not_told")


def _counts() -> list[ColumnElement[int]]:
    """The counts of a row, in their order."""

    def of_those(column: Column[int], told: bool | None) -> ColumnElement[int]:
        is_so = column == literal_column(str(TOLD[told]))
        return func.sum(case((is_so, held.c.n), else_=0))

    return [
        func.sum(held.c.n),
        of_those(held.c.announced, True),
        of_those(held.c.notice, True),
        of_those(held.c.notice, None),
        of_those(held.c.trauma, True),
        of_those(held.c.trauma, None),
    ]
