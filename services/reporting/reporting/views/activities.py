"""The triad ledger: what officers did at schools as educators, as mentors and in law enforcement, by minutes."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import case, func, literal_column, select

from reporting.codec import GRADE_BANDS, KINDS, ROLES, month_text
from reporting.models import activities as ledger
from reporting.views import answers
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
    keys = [ActivityKey(name) for name in names_of(asked.by)]
    counted = await _counted(session, caller, asked, keys)
    readings = _readings(await schools_by_number(session, caller))
    rows: list[Row] = []
    for numbers in sorted(counted, key=lambda numbers: _reading_order(keys, numbers, readings)):
        roles = counted[numbers]
        told: Row = {key.value: readings[key](number) for key, number in zip(keys, numbers, strict=True)}
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


_Counts = tuple[int, ...]
"""Entries, minutes, students reached, lessons."""


async def _counted(
    session: ReadSession, caller: Caller, asked: ActivityParameters, keys: list[ActivityKey]
) -> Mapping[tuple[int, ...], Mapping[int, _Counts]]:
    """For each combination of keys that anything was noted of, what was done in which role."""
    columns = {ActivityKey.SCHOOL_ID: ledger.c.place_no} | {
        key: ledger.c[key] for key in ActivityKey if key in ledger.c
    }
    by = [columns[key] for key in keys]
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
    found: defaultdict[tuple[int, ...], dict[int, _Counts]] = defaultdict(dict)
    for row in await session.execute(question):
        # PostgreSQL's sums of wide integers are decimals.
        counts = tuple(int(count) for count in row[len(keys) + 1 :])
        if any(counts):
            found[tuple(row[: len(keys)])][row[len(keys)]] = counts
    return found


_Reading = Callable[[int], str | None]


def _readings(schools: Mapping[int, str]) -> Mapping[ActivityKey, _Reading]:
    """What the numbers of each key mean to the reader."""
    return {
        ActivityKey.SCHOOL_ID: schools.__getitem__,
        ActivityKey.MONTH: month_text,
        ActivityKey.KIND: {number: kind.value for kind, number in KINDS.items()}.__getitem__,
        ActivityKey.GRADE_BAND: {number: band and band.value for band, number in GRADE_BANDS.items()}.__getitem__,
    }


def _reading_order(
    keys: list[ActivityKey], numbers: tuple[int, ...], readings: Mapping[ActivityKey, _Reading]
) -> list[tuple[bool, int | str]]:
    """Schools by their id, all else in the order of its closed set; what is not told comes last."""
    return [
        (not number, (readings[key](number) or "") if key is ActivityKey.SCHOOL_ID else number)
        for key, number in zip(keys, numbers, strict=True)
    ]
