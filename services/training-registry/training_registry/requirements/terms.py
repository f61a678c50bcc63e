"""What is written down of a requirement: the body of a PUT, a row of the shipped data, and what is stored."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Self

from pydantic import AfterValidator, ConfigDict, Field, ValidationInfo, field_validator

from shared.events.training import Blocks
from shared.http.bodies import Line, StrictBody
from training_registry.days import NearDay
from training_registry.officers.rules import Position
from training_registry.requirements.rules import (
    Anchor,
    Assigned,
    MonthDay,
    Requirement,
)

_AN_HOUR = 100
_MOST_HOURS = 10_000
_TEN_YEARS_OF_DAYS, _TEN_YEARS_OF_MONTHS = 3660, 120
_A_YEAR_OF_DAYS, _A_YEAR_OF_MONTHS = 365, 12


def _hundredths(hours: float) -> int:
    return round(hours * _AN_HOUR)


def _of_two_decimals(hours: float) -> float:
    if _hundredths(hours) / _AN_HOUR != hours:
        raise ValueError("must have at most two decimals")
    return hours


def _each_once(courses: list[str]) -> list[str]:
    if len(set(courses)) < len(courses):
        raise ValueError("names one twice")
    return courses


Hours = Annotated[float, Field(ge=0, le=_MOST_HOURS), AfterValidator(_of_two_decimals)]
"""Hours, with up to two decimals."""
Days = Annotated[int, Field(ge=0, le=_TEN_YEARS_OF_DAYS)]
Months = Annotated[int, Field(ge=1, le=_TEN_YEARS_OF_MONTHS)]
Courses = Annotated[list[Line], Field(max_length=200), AfterValidator(_each_once)]
"""Names of courses; their case and spaces make no other course."""
YearDay = Annotated[str, Field(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")]
"""A day of every year, as `MM-DD`."""
Source = Annotated[str, Field(min_length=1, max_length=1000, pattern=r"^[^\x00]*$")]

EXAMPLE: dict[str, Any] = {
    "title": "Youth mental health first aid",
    "jurisdiction": "local",
    "topics": {"mental_health": 6.5},
    "anchor": "appointment",
    "due_days": 180,
    "renew_months": 36,
    "grace_days": 30,
    "blocks": ["serve", "open_records"],
    "source": "Board policy 4.12",
    "as_of": "2026-08-01",
}


class RequirementTerms(StrictBody):
    """A rule about training. What is left out is not asked for; a rule that could never be met is refused."""

    title: Line
    jurisdiction: Line = Field(description="ISO 3166-2 for a state (`US-WA`), `US`, or `local`.")
    min_hours: Annotated[float, Field(gt=0, le=_MOST_HOURS), AfterValidator(_of_two_decimals)] | None = Field(
        None, description="Hours in all: in the `topics` named, in any where none is."
    )
    topics: dict[Line, Hours] = Field({}, max_length=100, description="Hours in each; 0 asks for some.")
    courses: Courses = Field([], description="Only these count; none named: any.")
    every_course: bool = Field(False, description="One completion of each course named is asked for.")
    min_completions: Annotated[int, Field(ge=1, le=1000)] | None = Field(None, description="So many completions.")
    equivalents: dict[Line, Hours] = Field(
        {}, max_length=200, description="Courses that count too, each with the hours credited instead of its own."
    )
    outside_share: Annotated[float, Field(ge=0, le=1)] | None = Field(
        None, description="Outside courses count up to this share of `min_hours`, which has to be given."
    )
    exempt_by: Courses = Field([], description="Who holds one of these need not meet it.")
    accepts_earlier_courses: bool = Field(
        True,
        description="Courses that an earlier version named keep counting where they were completed before the change.",
    )

    anchor: Annotated[Anchor, Field(strict=False)] = Field(description="What starts the clock.")
    anchor_courses: Courses = Field([], description="Anchor `completion`: the first of these starts the clock.")
    due_days: Days | None = Field(
        None, description="Days from the anchor; 0: by that day. Of the three `due_…` one at most."
    )
    due_months: Months | None = Field(None, description="Months from the anchor.")
    due_next_year: bool = Field(False, description="By the last day before the next training year.")
    training_year_starts: YearDay = "07-01"
    school_starts: YearDay = Field("09-01", description="Until this day an assignment is one at the year's start.")
    renew_months: Months | None = Field(None, description="A completion counts for so long; null: for good.")
    grace_days: Days = Field(0, description="After a lapse it is due for so long before it is expired.")
    recertify_days: Days | None = Field(None, description="So long after a lapse the short course suffices.")
    recertify_courses: Courses = Field([], description="The short courses.")

    position: Annotated[Position, Field(strict=False)] = Field(Position.SRO, description="Whom it binds.")
    appointed_from: NearDay | None = Field(None, description="It binds who is appointed on that day or later.")
    assigned: Annotated[Assigned, Field(strict=False)] = Field(
        Assigned.ANY, description="It binds who is first assigned at the start of a school year, or during one."
    )
    blocks: list[Annotated[Blocks, Field(strict=False)]] = Field(
        max_length=2, description="What it keeps an officer from while it is overdue or expired."
    )
    source: Source = Field(description="Where the rule is written.")
    as_of: NearDay = Field(description="When that was read.")
    confirmed: bool = Field(True, description="False: part of it could not be confirmed; `note` says what.")
    note: Source | None = Field(None, validate_default=True)

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    @field_validator("training_year_starts", "school_starts")
    @classmethod
    def _is_in_every_year(cls, day: str) -> str:
        try:
            date.fromisoformat(f"2001-{day}")
        except ValueError:
            raise ValueError("is not a day of every year") from None
        return day

    @field_validator("blocks")
    @classmethod
    def _are_different(cls, blocks: list[Blocks]) -> list[Blocks]:
        if len(set(blocks)) < len(blocks):
            raise ValueError("names one twice")
        return blocks

    @field_validator("every_course", "outside_share", "recertify_courses", "anchor_courses", "note")
    @classmethod
    def _has_a_meaning(cls, value: Any, info: ValidationInfo) -> Any:
        told = info.data
        if info.field_name == "note":
            if value is None and told.get("confirmed") is False:
                raise ValueError("must say what is not confirmed")
            return value
        needs, meaning = _NEEDS[str(info.field_name)]
        # A field that has a fault of its own is not in `told`, and is told of already.
        if value not in (None, False, []) and needs in told and not meaning(told[needs]):
            raise ValueError(f"has a meaning only with {_SAID.get(needs, needs)}")
        return value

    @field_validator("due_days", "due_months", "due_next_year")
    @classmethod
    def _is_the_only_deadline(cls, value: Any, info: ValidationInfo) -> Any:
        if value in (None, False):
            return value
        others = [name for name in ("due_days", "due_months") if info.data.get(name) is not None]
        if others:
            raise ValueError(f"cannot stand beside {others[0]}")
        if info.data.get("anchor") is Anchor.TRAINING_YEAR:
            most = {"due_days": _A_YEAR_OF_DAYS - 1, "due_months": _A_YEAR_OF_MONTHS - 1}.get(str(info.field_name), 0)
            if value is True or value > most:
                raise ValueError("lies beyond the training year")
        return value

    def requirement(self, requirement_id: str, **more: Any) -> Requirement:
        """The rule as standing is judged by it; `more` is what the noun knows beside its terms."""
        return Requirement(
            requirement_id=requirement_id,
            title=self.title,
            jurisdiction=self.jurisdiction,
            source=self.source,
            as_of=self.as_of,
            confirmed=self.confirmed,
            note=self.note,
            min_hours=None if self.min_hours is None else _hundredths(self.min_hours),
            topics={topic: _hundredths(hours) for topic, hours in self.topics.items()},
            courses=frozenset(self.courses),
            every_course=self.every_course,
            min_completions=self.min_completions,
            equivalents={course: _hundredths(hours) for course, hours in self.equivalents.items()},
            outside_share=self.outside_share,
            exempt_by=frozenset(self.exempt_by),
            anchor=self.anchor,
            anchor_courses=frozenset(self.anchor_courses),
            due_days=self.due_days,
            due_months=self.due_months,
            due_next_year=self.due_next_year,
            training_year_starts=_month_day(self.training_year_starts),
            school_starts=_month_day(self.school_starts),
            renew_months=self.renew_months,
            grace_days=self.grace_days,
            recertify_days=self.recertify_days,
            recertify_courses=frozenset(self.recertify_courses),
            position=self.position,
            appointed_from=self.appointed_from,
            assigned=self.assigned,
            blocks=frozenset(self.blocks),
            **more,
        )

    def to_json(self) -> str:
        """The terms as text, the same text for the same terms."""
        return self.model_dump_json()

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The terms that `to_json` made this text of, by this release or an earlier one."""
        return cls.model_validate_json(text)


def _month_day(text: str) -> MonthDay:
    return MonthDay(int(text[:2]), int(text[3:]))


_NEEDS: Mapping[str, tuple[str, Any]] = {
    "every_course": ("courses", bool),
    "outside_share": ("min_hours", bool),
    "recertify_courses": ("recertify_days", lambda days: days is not None),
    "anchor_courses": ("anchor", lambda anchor: anchor is Anchor.COMPLETION),
}
"""What is of no use without something else: which, and when that is there."""
_SAID = {"anchor": "the anchor `completion`"}
