"""What a reader asks a view for: a school year or part of it, the keys to break it down by, and what to leave out."""

import re
from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationInfo, field_validator, model_validator
from sqlalchemy import ColumnElement, Label, Table, literal_column

from reporting.codec import FIELDS, MONTHS_IN_YEAR, Value, month_of, month_text, value_of
from shared.events.facets import (
    FIRST_MONTH_OF_SCHOOL_YEAR,
    Disability,
    GradeBand,
    RaceEthnicity,
    Sex,
)
from shared.events.referrals import Need, Urgency


class Key(StrEnum):
    """What a view can be broken down by."""

    SCHOOL_ID = "school_id"
    MONTH = "month"
    NEED = "need"
    URGENCY = "urgency"
    RACE_ETHNICITY = "race_ethnicity"
    SEX = "sex"
    DISABILITY = "disability"
    ENGLISH_LEARNER = "english_learner"
    GRADE_BAND = "grade_band"


OF_STUDENTS = frozenset(Key) - {Key.MONTH, Key.NEED, Key.URGENCY}
"""Keys that enrolment has too. The others do not change a rate's denominator."""

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
_OUTSIDE = "must be a month (2026-09), or a date on which a month {}: the views count by month"


class ViewParameters(BaseModel):
    """The query of every view. What is not named here is refused, so that a slip never widens an answer."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    school_year: int = Field(ge=2000, le=2200, description="The year the school year ends in; it begins on 1 July.")
    school_id: Annotated[str, StringConstraints(min_length=1, max_length=255)] | None = Field(
        default=None, description="Only this school."
    )
    by: str = Field(
        default="", description="Keys to break down by, with commas between them: " + ", ".join(Key), examples=["sex"]
    )
    from_: str | None = Field(
        default=None, alias="from", description="First month, or its first day; of this school year."
    )
    to: str | None = Field(default=None, description="Last month, or its last day; of this school year.")
    need: Need | None = Field(default=None, description="Only this need.")
    urgency: Urgency | None = Field(default=None, description="Only this urgency.")
    race_ethnicity: RaceEthnicity | None = Field(default=None, description="Only this group.")
    sex: Sex | None = Field(default=None, description="Only this group.")
    disability: Disability | None = Field(default=None, description="Only this group.")
    english_learner: Literal["true", "false", "null"] | None = Field(default=None, description="Only this group.")
    grade_band: GradeBand | None = Field(default=None, description="Only this group.")

    @field_validator("by")
    @classmethod
    def _names_keys(cls, by: str) -> str:
        names = by.split(",") if by else []
        if any(name not in set(Key) for name in names):
            raise ValueError("must name keys with commas between them, of: " + ", ".join(Key))
        if len(set(names)) < len(names):
            raise ValueError("must name each key once")
        return by

    @field_validator("from_", "to")
    @classmethod
    def _names_a_month_of_the_year(cls, text: str | None, info: ValidationInfo) -> str | None:
        if text is not None:
            month = _month(text, is_last=info.field_name == "to")
            # Without a school year that can be one, its own fault is enough.
            if (school_year := info.data.get("school_year")) is not None:
                _ensure_within(month, school_year)
        return text

    @model_validator(mode="after")
    def _runs_forward(self) -> Self:
        if self.from_ and self.to and _month(self.from_, is_last=False) > _month(self.to, is_last=True):
            raise ValueError("`from` must not lie after `to`")
        return self

    def breakdown(self) -> "Breakdown":
        """The same as the queries take it."""
        first, last = _months(self.school_year)
        asked = {field: getattr(self, field) for field in FIELDS}
        if self.english_learner:
            asked["english_learner"] = {"true": True, "false": False, "null": None}[self.english_learner]
            numbers = {"english_learner": FIELDS["english_learner"].numbers[asked.pop("english_learner")]}
        else:
            numbers = {}
        numbers |= {f: FIELDS[f].numbers[value] for f, value in asked.items() if value is not None}
        return Breakdown(
            school_year=self.school_year,
            keys=tuple(Key(name) for name in self.by.split(",")) if self.by else (),
            first_month=_month(self.from_, is_last=False) if self.from_ else first,
            last_month=_month(self.to, is_last=True) if self.to else last,
            only=tuple(sorted(numbers.items())),
        )


@dataclass(frozen=True, slots=True)
class Breakdown:
    """Which cells to add up, and by which keys to keep the sums apart."""

    school_year: int
    keys: tuple[Key, ...]
    first_month: int
    last_month: int
    only: tuple[tuple[str, int], ...]
    """Fields that must have this number."""

    def is_whole_year(self) -> bool:
        """Whether every month of the school year is asked about."""
        return self.last_month - self.first_month == MONTHS_IN_YEAR - 1

    def of_whole_year(self) -> "Breakdown":
        """The same about every month of the school year."""
        first, last = _months(self.school_year)
        return replace(self, first_month=first, last_month=last)

    def of_students(self) -> tuple[Key, ...]:
        """The keys that enrolment has too."""
        return tuple(key for key in self.keys if key in OF_STUDENTS)


Numbers = tuple[int, ...]
"""The values of the keys as the tables have them: a school's number, a month, a field's number."""


def _months(school_year: int) -> tuple[int, int]:
    first = (school_year - 1) * MONTHS_IN_YEAR + FIRST_MONTH_OF_SCHOOL_YEAR - 1
    return first, first + MONTHS_IN_YEAR - 1


def _month(text: str, *, is_last: bool) -> int:
    """The month a bound names. Raises: ValueError when it would cut a month in two."""
    if found := _MONTH.fullmatch(text):
        return month_of(date(int(found[1]), int(found[2]), 1))
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ValueError(_OUTSIDE.format("ends" if is_last else "begins")) from None
    if day.day != (monthrange(day.year, day.month)[1] if is_last else 1):
        raise ValueError(_OUTSIDE.format("ends" if is_last else "begins"))
    return month_of(day)


def _ensure_within(month: int, school_year: int) -> None:
    """A bound lies in the school year: cut off at its ends, an answer would be about less than was asked for.

    Raises: ValueError.
    """
    first, last = _months(school_year)
    if not first <= month <= last:
        raise ValueError(f"must lie in the school year asked for, {month_text(first)} to {month_text(last)}")


def columns_of(table: Table, keys: Sequence[Key]) -> list[Label[int]]:
    """The keys as columns of a query over a table of cells, each labelled so that it can be grouped by."""
    return [_number_in(table, key).label(f"key_{key}") for key in keys]


def only_these(table: Table, only: Sequence[tuple[str, int]]) -> list[ColumnElement[bool]]:
    """The conditions that keep cells whose fields have these numbers."""
    return [_number_in(table, Key(field)) == literal_column(str(number)) for field, number in only]


def _number_in(table: Table, key: Key) -> ColumnElement[int]:
    if key is Key.SCHOOL_ID:
        return table.c.place_no
    if key is Key.MONTH:
        return table.c.month
    bits = FIELDS[key]
    # Written out, because grouping by an expression with bound parameters in it is not the same expression twice.
    return literal_column(f"({table.name}.cell >> {bits.shift} & {bits.mask})")


def value_at(key: Key, number: int, schools: Mapping[int, str]) -> Value:
    """What a number of a key means to the reader."""
    if key is Key.SCHOOL_ID:
        return schools[number]
    if key is Key.MONTH:
        return month_text(number)
    return value_of(key, number)
