"""The triad ledger: what officers did at schools as educators, as mentors and in law enforcement, by minutes."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import case, func, literal_column, select

from reporting.codec import GRADE_BANDS, KINDS, ROLES
from reporting.models import activities as ledger
from reporting.views import answers
from reporting.views.legends import Legend, meaning_of
from reporting.views.periods import PeriodParameters, names_of
from reporting.views.rows import Row
from reporting.views.scope import in_scope, schools_by_number
from shared.auth import Caller
from shared.db import ReadSession
from shared.events.facets import GradeBand
from shared.events.training import ActivityKind, TriadRole


class ActivityKey(StrEnum):
    """What the triad ledger can be broken down by, beside the role that every row has."""

    SCHOOL_ID = "school_id"
    MONTH = "month"
    KIND = "kind"
    GRADE_BAND = "grade_band"


class ActivityParameters(PeriodParameters):
    """The query of the triad ledger."""

    keys = ActivityKey

    by: str = Field(
        default="",
        description="Keys to break down by, with commas between them: " + ", ".join(ActivityKey),
        examples=["school_id"],
    )


class ActivityRow(BaseModel):
    """What was done in one role, of one combination of keys."""

    model_config = ConfigDict(frozen=True)

    school_id: str | None = Field(default=None, description="If asked for by `by`, like every key below.")
    month: str | None = Field(default=None, description="The month it began in: `2026-09`.")
    kind: ActivityKind | None = None
    grade_band: GradeBand | None = Field(
        default=None, description="The grades of a lesson; null: not told, or no lesson, as `lessons` tells apart."
    )
    role: TriadRole
    n: int = Field(description="Entries of the ledger.")
    minutes: int = Field(description="How long they took.")
    share: float | None = Field(
        description="Of the minutes of the same keys in all three roles, 0 to 1; null where these are 0."
    )
    students_reached: int = Field(description="Heads in the room: a student who came twice counts twice.")
    lessons: int = Field(description="How many of the entries are lessons.")
    suppressed: bool = Field(description="Never: heads in a room are no group of students.")


class Activities(answers.View):
    """The triad ledger of a school year."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "rows": [
                        {
                            "school_id": "sc-003",
                            "role": "educator",
                            "n": 12,
                            "minutes": 540,
                            "share": 0.36,
                            "students_reached": 288,
                            "lessons": 11,
                            "suppressed": False,
                        }
                    ],
                    "as_of": "2026-11-22T15:04:05Z",
                    "policy": answers.Policy.of(0).model_dump(),
                }
            ]
        }
    )

    rows: list[ActivityRow]


async def activities(session: ReadSession, caller: Caller, asked: ActivityParameters) -> list[Row]:
    """What was done in the period, and how the time was shared between the three roles.

    Shape: per combination of keys a row for each role, also where it is 0; by the keys, then by role. Combinations
    without an entry are absent. Units: entries, minutes, heads; `share` of the minutes of the combination.
    """
    keys = names_of(asked.by)
    found = await _summed_up(session, caller, asked, keys)
    legend = Legend(keys, await schools_by_number(session, caller), _MEANINGS)
    # By every key a large district has so many rows that nobody else would be answered meanwhile.
    return await asyncio.to_thread(_told, found, legend, len(keys))


def _told(found: Sequence[Sequence[Any]], legend: Legend, number_of_keys: int) -> list[Row]:
    """A row per combination of keys and role, from the sums as they were found."""
    counted = _by_role(found, number_of_keys)
    rows: list[Row] = []
    for numbers in sorted(counted, key=legend.reading_order):
        roles, told = counted[numbers], legend.told(numbers)
        total = sum(minutes for _, minutes, _, _ in roles.values())
        for role, number in ROLES.items():
            n, minutes, students_reached, lessons = roles.get(number, (0, 0, 0, 0))
            rows.append(
                {
                    **told,
                    "role": role.value,
                    "n": n,
                    "minutes": minutes,
                    "share": minutes / total if total else None,
                    "students_reached": students_reached,
                    "lessons": lessons,
                    "suppressed": False,
                }
            )
    return rows


_MEANINGS = {ActivityKey.KIND.value: meaning_of(KINDS), ActivityKey.GRADE_BAND.value: meaning_of(GRADE_BANDS)}

_Counts = tuple[int, ...]
"""Entries, minutes, students reached, lessons."""


async def _summed_up(
    session: ReadSession, caller: Caller, asked: ActivityParameters, keys: Sequence[str]
) -> Sequence[Sequence[Any]]:
    """Of each combination of keys and role: the keys, the role, the sums."""
    by = [ledger.c.place_no if key == ActivityKey.SCHOOL_ID else ledger.c[key] for key in keys]
    is_lesson = ledger.c.kind == literal_column(str(KINDS[ActivityKind.LESSON]))
    sums = [
        func.sum(ledger.c.n),
        func.sum(ledger.c.minutes),
        func.sum(ledger.c.students_reached),
        func.sum(case((is_lesson, ledger.c.n), else_=0)),
    ]
    months = asked.months()
    question = (
        select(*by, ledger.c.role, *sums)
        .where(in_scope(ledger, caller, asked.school_id), ledger.c.month.between(months.first, months.last))
        .group_by(*by, ledger.c.role)
    )
    return (await session.execute(question)).all()


def _by_role(
    summed_up: Sequence[Sequence[Any]], number_of_keys: int
) -> Mapping[tuple[int, ...], Mapping[int, _Counts]]:
    """For each combination of keys that anything was noted of, what was done in which role."""
    found: defaultdict[tuple[int, ...], dict[int, _Counts]] = defaultdict(dict)
    for row in summed_up:
        # PostgreSQL's sums of wide integers are decimals.
        counts = tuple(int(count) for count in row[number_of_keys + 1 :])
        if any(counts):
            found[tuple(row[:number_of_keys])][row[number_of_keys]] = counts
    return found
