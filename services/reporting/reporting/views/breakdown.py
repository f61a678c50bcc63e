"""What a reader asks a view of students for: a period, the keys to break it down by, and which groups alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

from pydantic import Field
from sqlalchemy import ColumnElement, Label, Table, literal_column

from reporting.codec import FIELDS, MONTHS_IN_YEAR, Value, month_text, value_of
from reporting.views.periods import PeriodParameters, months_of, names_of
from shared.events.facets import Disability, GradeBand, RaceEthnicity, Sex
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


class ViewParameters(PeriodParameters):
    """The query of every view that counts by groups of students."""

    keys = Key

    by: str = Field(
        default="", description="Keys to break down by, with commas between them: " + ", ".join(Key), examples=["sex"]
    )
    need: Need | None = Field(default=None, description="Only this need.")
    urgency: Urgency | None = Field(default=None, description="Only this urgency.")
    race_ethnicity: RaceEthnicity | None = Field(default=None, description="Only this group.")
    sex: Sex | None = Field(default=None, description="Only this group.")
    disability: Disability | None = Field(default=None, description="Only this group.")
    english_learner: Literal["true", "false", "null"] | None = Field(default=None, description="Only this group.")
    grade_band: GradeBand | None = Field(default=None, description="Only this group.")

    def breakdown(self) -> "Breakdown":
        """The same as the queries take it."""
        months = self.months()
        asked = {field: getattr(self, field) for field in FIELDS}
        if self.english_learner:
            asked["english_learner"] = {"true": True, "false": False, "null": None}[self.english_learner]
            numbers = {"english_learner": FIELDS["english_learner"].numbers[asked.pop("english_learner")]}
        else:
            numbers = {}
        numbers |= {f: FIELDS[f].numbers[value] for f, value in asked.items() if value is not None}
        return Breakdown(
            school_year=self.school_year,
            keys=tuple(Key(name) for name in names_of(self.by)),
            first_month=months.first,
            last_month=months.last,
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
        first, last = months_of(self.school_year)
        return replace(self, first_month=first, last_month=last)

    def of_students(self) -> tuple[Key, ...]:
        """The keys that enrolment has too."""
        return tuple(key for key in self.keys if key in OF_STUDENTS)


Numbers = tuple[int, ...]
"""The values of the keys as the tables have them: a school's number, a month, a field's number."""


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
