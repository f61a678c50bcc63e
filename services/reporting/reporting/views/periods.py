"""What a reader asks every view of a school year for: a period, a school, and the keys to break it down by."""

import re
from calendar import monthrange
from datetime import date
from enum import StrEnum
from typing import Annotated, ClassVar, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationInfo, field_validator, model_validator

from reporting.codec import MONTHS_IN_YEAR, month_of, month_text
from shared.events.facets import FIRST_MONTH_OF_SCHOOL_YEAR

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
_OUTSIDE = "must be a month (2026-09), or a date on which a month {}: the views count by month"

OneSchool = Annotated[str, StringConstraints(min_length=1, max_length=255)] | None
SchoolYear = Annotated[int, Field(ge=2000, le=2200)]


class Months(NamedTuple):
    """A stretch of months, both included."""

    first: int
    last: int


class Days(NamedTuple):
    """A stretch of days, both included."""

    first: date
    last: date


class ForbidUnknown(BaseModel):
    """A query in which what is not named is refused, so that a slip never widens an answer."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PeriodParameters(ForbidUnknown):
    """The query of every view of a school year."""

    keys: ClassVar[type[StrEnum]]
    """What it can be broken down by."""

    school_year: SchoolYear = Field(description="The year the school year ends in; it begins on 1 July.")
    school_id: OneSchool = Field(default=None, description="Only this school.")
    by: str = ""
    from_: str | None = Field(
        default=None, alias="from", description="First month, or its first day; of this school year."
    )
    to: str | None = Field(default=None, description="Last month, or its last day; of this school year.")

    @field_validator("by")
    @classmethod
    def _names_keys(cls, by: str) -> str:
        return ensure_keys(by, cls.keys)

    @field_validator("from_", "to")
    @classmethod
    def _names_a_month_of_the_year(cls, text: str | None, info: ValidationInfo) -> str | None:
        if text is not None:
            month = month_named(text, is_last=info.field_name == "to")
            # Without a school year that can be one, its own fault is enough.
            if (school_year := info.data.get("school_year")) is not None:
                ensure_within(month, school_year)
        return text

    @model_validator(mode="after")
    def _runs_forward(self) -> Self:
        if self.from_ and self.to and month_named(self.from_, is_last=False) > month_named(self.to, is_last=True):
            raise ValueError("`from` must not lie after `to`")
        return self

    def months(self) -> Months:
        """The period asked for."""
        first, last = months_of(self.school_year)
        return Months(
            month_named(self.from_, is_last=False) if self.from_ else first,
            month_named(self.to, is_last=True) if self.to else last,
        )


def ensure_keys(by: str, keys: type[StrEnum]) -> str:
    """The text names some of these keys, each once. Raises: ValueError."""
    names = names_of(by)
    if any(name not in set(keys) for name in names):
        raise ValueError("must name keys with commas between them, of: " + ", ".join(keys))
    if len(set(names)) < len(names):
        raise ValueError("must name each key once")
    return by


def names_of(by: str) -> tuple[str, ...]:
    """The keys that a text names."""
    return tuple(by.split(",")) if by else ()


def months_of(school_year: int) -> Months:
    """Every month of a school year."""
    first = (school_year - 1) * MONTHS_IN_YEAR + FIRST_MONTH_OF_SCHOOL_YEAR - 1
    return Months(first, first + MONTHS_IN_YEAR - 1)


def days_of(months: Months) -> Days:
    """The first day of these months and the last."""
    (first_year, first), (last_year, last) = (divmod(month, MONTHS_IN_YEAR) for month in months)
    ends_on = monthrange(last_year, last + 1)[1]
    return Days(date(first_year, first + 1, 1), date(last_year, last + 1, ends_on))


def month_named(text: str, *, is_last: bool) -> int:
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


def ensure_within(month: int, school_year: int) -> None:
    """A bound lies in the school year: cut off at its ends, an answer would be about less than was asked for.

    Raises: ValueError.
    """
    first, last = months_of(school_year)
    if not first <= month <= last:
        raise ValueError(f"must lie in the school year asked for, {month_text(first)} to {month_text(last)}")
