"""What a reader asks officers' standings for: the days, and which rows he wants of each."""

from calendar import monthrange
from datetime import date
from enum import StrEnum

from pydantic import Field, ValidationInfo, field_validator

from reporting.codec import MONTHS_IN_YEAR, month_of
from reporting.views.periods import (
    ForbidUnknown,
    OneSchool,
    SchoolYear,
    ensure_keys,
    ensure_within,
    month_named,
    months_of,
    names_of,
)
from shared.events.facets import school_year_of
from shared.http.bodies import Day, SourcedId

_SCHOOL_YEARS = range(2000, 2201)


class TrainingKey(StrEnum):
    """What officers' standings can be broken down by, beside the requirement that every row has."""

    SCHOOL_ID = "school_id"
    REQUIREMENT_ID = "requirement_id"
    MONTH = "month"


class TrainingParameters(ForbidUnknown):
    """The query of officers' standings: one day, or the ends of months; each bound is looked at after what it needs."""

    as_of: Day | None = Field(
        default=None, description="The day asked about, past or to come; beside it neither school year nor months."
    )
    school_id: OneSchool = Field(default=None, description="Only this school.")
    requirement_id: SourcedId | None = Field(default=None, description="Only this requirement.")
    by: str | None = Field(
        default=None,
        description="Which rows, by keys with commas between them: "
        + ", ".join(TrainingKey)
        + ". With `school_id` those of each school, without it those of all schools together: one per requirement and "
        "one of all requirements together, which `school_id,requirement_id` leaves out. With `month` they come for "
        "the end of each month. Not given: the rows of each school and those of all together.",
        examples=["school_id"],
    )
    school_year: SchoolYear | None = Field(
        default=None,
        description="The year the school year ends in; it begins on 1 July. Without `as_of`, the day asked about is "
        "today where it lies in this year, the year's last day where that is over, its first where it is yet to begin. "
        "Not given: the year of `from` or `to`, or of today.",
    )
    from_: str | None = Field(
        default=None,
        alias="from",
        description="With `by=month`: the first month, or its first day, of the school year; else its first.",
    )
    to: str | None = Field(
        default=None,
        description="The month, or its last day, of the school year at whose end standings are told of; with "
        "`by=month` the last one. The running month is told of as of today, and is the last where none is given.",
    )

    @field_validator("by")
    @classmethod
    def _names_keys(cls, by: str | None, info: ValidationInfo) -> str | None:
        if by is None:
            return by
        if TrainingKey.MONTH in names_of(ensure_keys(by, TrainingKey)) and info.data.get("as_of"):
            raise ValueError("months cannot be told apart on the one day of `as_of`")
        return by

    @field_validator("school_year", "from_", "to")
    @classmethod
    def _is_beside_no_day(cls, value: int | str | None, info: ValidationInfo) -> int | str | None:
        if value is not None and info.data.get("as_of"):
            raise ValueError("cannot be given beside `as_of`, which is a day already")
        return value

    @field_validator("from_", "to")
    @classmethod
    def _names_a_month_of_the_year(cls, text: str | None, info: ValidationInfo) -> str | None:
        if text is None:
            return text
        month = month_named(text, is_last=info.field_name == "to")
        first = info.data.get("from_")
        # Without a school year the months say which one is meant; what was refused already is not refused twice.
        school_year = info.data.get("school_year") or _year_with(month_named(first, is_last=False) if first else month)
        if school_year not in _SCHOOL_YEARS:
            raise ValueError(f"must lie in a school year from {_SCHOOL_YEARS[0]} to {_SCHOOL_YEARS[-1]}")
        ensure_within(month, school_year)
        if first and month < month_named(first, is_last=False):
            raise ValueError("must not lie before `from`")
        return text

    @field_validator("from_")
    @classmethod
    def _is_the_first_of_several(cls, text: str | None, info: ValidationInfo) -> str | None:
        if text is not None and "by" in info.data and TrainingKey.MONTH not in names_of(info.data["by"] or ""):
            raise ValueError("is the first of several months, which only `by=month` tells of; `to` names one alone")
        return text

    def keys(self) -> tuple[str, ...] | None:
        """The keys asked for; None: nothing is said of them."""
        return None if self.by is None else names_of(self.by)

    def is_by_month(self) -> bool:
        """Whether the ends of several months are asked about."""
        return TrainingKey.MONTH in (self.keys() or ())

    def days(self, today: date) -> list[date]:
        """The days asked about, in their order: by month the end of each, else one.

        A school year, or a first month, that is yet to come is told of with its first month alone.
        """
        if self.as_of is not None:
            return [self.as_of]
        running, to = month_of(today), self.to and month_named(self.to, is_last=True)
        from_ = self.from_ and month_named(self.from_, is_last=False)
        first, last = months_of(self.school_year or _year_with(from_ or to or running))
        if self.is_by_month():
            first = from_ or first
            last = to or max(first, min(running, last))
            return [_end_of(month, today) for month in range(first, last + 1)]
        if to:
            return [_end_of(to, today)]
        return [min(max(today, _first_day(first)), _last_day(last))]


def _year_with(month: int) -> int:
    """The school year that a month lies in."""
    return school_year_of(_first_day(month))


def _end_of(month: int, today: date) -> date:
    """Its last day, or today while the month is running."""
    return today if month == month_of(today) else _last_day(month)


def _first_day(month: int) -> date:
    year, index = divmod(month, MONTHS_IN_YEAR)
    return date(year, index + 1, 1)


def _last_day(month: int) -> date:
    first = _first_day(month)
    return first.replace(day=monthrange(first.year, first.month)[1])
