"""What can be read of a district's calendar, also by the nouns whose clocks run in it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time
from typing import Annotated

import structlog
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, PlainSerializer, WithJsonSchema
from sqlalchemy import ColumnElement, ScalarSelect, select

from referral_api.calendar.errors import CalendarUnreadable
from referral_api.calendar.models import calendars
from referral_api.calendar.rules import DEFAULT_CALENDAR, SchoolCalendar, UnreadableCalendar, calendar_of
from shared.db import ReadSession

log = structlog.get_logger(__name__)

NEVER_SET = 0
"""The version of a calendar that the district has not set: the default."""
EXAMPLE: dict[str, JsonValue] = {
    "time_zone": "America/Chicago",
    "day_starts": "08:00",
    "day_ends": "15:00",
    "weekdays": [1, 2, 3, 4, 5],
    "closed_on": ["2026-11-26", "2026-11-27"],
}


_HH_MM = "^([01][0-9]|2[0-3]):[0-5][0-9]$"


def _wall_time(value: object) -> object:
    """A time as `HH:MM` says it; seconds would promise a bell that rings to the second."""
    if isinstance(value, time):
        return value
    if isinstance(value, str) and re.fullmatch(_HH_MM, value):
        return time.fromisoformat(value)
    raise ValueError("must be a time like 08:00")


WallTime = Annotated[
    time,
    Field(strict=False),
    BeforeValidator(_wall_time),
    PlainSerializer(lambda wall_time: f"{wall_time:%H:%M}", return_type=str),
    WithJsonSchema({"type": "string", "pattern": _HH_MM}),
]
"""A time on the school's clock, to the minute."""


class DistrictCalendar(BaseModel):
    """The school time that a district's clocks run in."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE | {"is_default": False}]})

    time_zone: str = Field(description="IANA name.")
    day_starts: WallTime
    day_ends: WallTime
    weekdays: list[int] = Field(description="ISO numbers: 1 is Monday.")
    closed_on: list[date]
    is_default: bool = Field(description="Whether the district has not set one yet.")


@dataclass(frozen=True, slots=True)
class KnownCalendar:
    """A district's calendar, and the version by which a change of it is told."""

    calendar: SchoolCalendar = DEFAULT_CALENDAR
    version: int = NEVER_SET


def view_of(known: KnownCalendar) -> DistrictCalendar:
    """A calendar as it is answered."""
    calendar = known.calendar
    return DistrictCalendar(
        time_zone=calendar.time_zone,
        day_starts=calendar.day_starts,
        day_ends=calendar.day_ends,
        weekdays=sorted(calendar.weekdays),
        closed_on=sorted(calendar.closed_on),
        is_default=known.version == NEVER_SET,
    )


async def find_calendar(session: ReadSession, district_id: str) -> KnownCalendar:
    """The district's calendar, the default where it has set none. Raises: CalendarUnreadable."""
    wanted = select(calendars.c.calendar, calendars.c.version).where(calendars.c.district_id == district_id)
    row = (await session.execute(wanted)).one_or_none()
    if row is None:
        return KnownCalendar()
    calendar = _read(row.calendar, district_id)
    if calendar is None:
        raise CalendarUnreadable
    return KnownCalendar(calendar, row.version)


async def calendar_to_go_by(session: ReadSession, district_id: str) -> SchoolCalendar:
    """What the district's clocks are set by now: the default where what is stored cannot be read, which is logged."""
    return (await calendars_of(session, {district_id}))[district_id] or DEFAULT_CALENDAR


async def calendars_of(session: ReadSession, district_ids: Iterable[str]) -> dict[str, SchoolCalendar | None]:
    """Each district's calendar; None where what is stored as one cannot be read, which is logged."""
    wanted = sorted(set(district_ids))
    found = await session.execute(
        select(calendars.c.district_id, calendars.c.calendar).where(calendars.c.district_id.in_(wanted))
    )
    known: dict[str, SchoolCalendar | None] = dict.fromkeys(wanted, DEFAULT_CALENDAR)
    for row in found:
        known[row.district_id] = _read(row.calendar, row.district_id)
    return known


def calendar_text(district_id: ColumnElement[str]) -> ScalarSelect[str]:
    """The calendar as a value beside others in one statement, for `calendar_in`; null where the district set none."""
    return select(calendars.c.calendar).where(calendars.c.district_id == district_id).scalar_subquery()


def calendar_in(text: str | None, district_id: str) -> SchoolCalendar:
    """The calendar that `calendar_text` found, to go by as `calendar_to_go_by` says."""
    return _read(text, district_id) or DEFAULT_CALENDAR


def _read(text: str | None, district_id: str) -> SchoolCalendar | None:
    try:
        return calendar_of(text)
    except UnreadableCalendar:
        log.error("calendar_unreadable", district_id=district_id)
        return None
