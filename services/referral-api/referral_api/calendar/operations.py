"""What can be done to a district's calendar: the command, then the function that carries it out."""

from datetime import date, datetime, time
from typing import Annotated, Protocol

from pydantic import AfterValidator, ConfigDict, Field, ValidationInfo, field_validator
from sqlalchemy import select, update

from referral_api.calendar.models import calendars
from referral_api.calendar.rules import (
    DEFAULT_CALENDAR,
    MOST_CLOSED_DAYS,
    SchoolCalendar,
    opens_often_enough,
    time_zones,
)
from referral_api.calendar.views import EXAMPLE, NEVER_SET, KnownCalendar, WallTime
from shared.auth import Caller
from shared.bulk import bulk_upsert
from shared.db import Session
from shared.http.bodies import Day, Line, StrictBody
from shared.http.etags import ensure_match

_FIRST_YEAR, _LAST_YEAR = 2000, 2100


def _of_our_time(day: date) -> date:
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise ValueError(f"must lie between {_FIRST_YEAR} and {_LAST_YEAR}")
    return day


class SetCalendar(StrictBody):
    """The school time that the district's clocks are to run in."""

    time_zone: Line = Field(description="IANA name, for instance `America/Chicago`.")
    day_starts: WallTime
    day_ends: WallTime = Field(description="The first minute after school; later than `day_starts`.")
    weekdays: list[Annotated[int, Field(ge=1, le=7)]] = Field(
        min_length=1, max_length=7, description="ISO numbers, each once: 1 is Monday."
    )
    closed_on: list[Annotated[Day, AfterValidator(_of_our_time)]] = Field(
        [], max_length=MOST_CLOSED_DAYS, description="Holidays and breaks, day by day."
    )

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    @field_validator("time_zone")
    @classmethod
    def _is_known(cls, time_zone: str) -> str:
        if time_zone not in time_zones():
            raise ValueError("is no IANA time zone")
        return time_zone

    @field_validator("day_ends")
    @classmethod
    def _ends_after_it_starts(cls, day_ends: time, info: ValidationInfo) -> time:
        day_starts = info.data.get("day_starts")
        if day_starts is not None and day_ends <= day_starts:
            raise ValueError("must be later than day_starts")
        return day_ends

    @field_validator("weekdays")
    @classmethod
    def _are_different(cls, weekdays: list[int]) -> list[int]:
        if len(set(weekdays)) < len(weekdays):
            raise ValueError("names a day twice")
        return weekdays

    @field_validator("closed_on")
    @classmethod
    def _leaves_school_days(cls, closed_on: list[date], info: ValidationInfo) -> list[date]:
        weekdays = info.data.get("weekdays")
        if weekdays and not opens_often_enough(
            SchoolCalendar(weekdays=frozenset(weekdays), closed_on=frozenset(closed_on))
        ):
            raise ValueError("leaves two years without a school day")
        return closed_on

    def calendar(self) -> SchoolCalendar:
        """The calendar that is asked for."""
        return SchoolCalendar(
            time_zone=self.time_zone,
            day_starts=self.day_starts,
            day_ends=self.day_ends,
            weekdays=frozenset(self.weekdays),
            closed_on=frozenset(self.closed_on),
        )


class OnChange(Protocol):
    """What follows in the same transaction when school time has changed: clocks that run in it are set anew."""

    async def __call__(self, session: Session, calendar: SchoolCalendar, *, caller: Caller, now: datetime) -> None:
        """Bring what depends on the calendar of the caller's district up to it, or see to it that it will be."""


async def set_calendar(
    session: Session,
    command: SetCalendar,
    *,
    caller: Caller,
    if_match: str | None,
    now: datetime,
    on_change: OnChange,
) -> KnownCalendar:
    """The district's clocks run in this school time, those that run already included. The same again changes nothing.

    Raises: ChangedMeanwhile.
    """
    before, version = await _to_change(session, caller.district_id, now)
    ensure_match(if_match, version)
    calendar = command.calendar()
    # By their text, which is the same for the same calendar: one that cannot be read any more is replaced as well.
    is_another = calendar.to_json() != before
    if version != NEVER_SET and not is_another:
        return KnownCalendar(calendar, version)
    await session.execute(
        update(calendars)
        .where(calendars.c.district_id == caller.district_id)
        .values(calendar=calendar.to_json(), version=version + 1, updated_at=now)
    )
    if is_another:
        await on_change(session, calendar, caller=caller, now=now)
    return KnownCalendar(calendar, version + 1)


async def _to_change(session: Session, district_id: str, now: datetime) -> tuple[str, int]:
    """The calendar's text and version, locked until the transaction ends.

    A first one too, so that two who set it come one by one.
    """
    first = (district_id, DEFAULT_CALENDAR.to_json(), NEVER_SET, now)
    columns = ("district_id", "calendar", "version", "updated_at")
    await bulk_upsert(session, calendars, columns, [first], on_conflict="ignore")
    wanted = select(calendars.c.calendar, calendars.c.version).where(calendars.c.district_id == district_id)
    row = (await session.execute(wanted.with_for_update())).one()
    return row.calendar, row.version
