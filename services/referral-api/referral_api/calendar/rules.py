"""School time as arithmetic: pure functions over a district's calendar."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

import orjson

MOST_CLOSED_DAYS = 366
_WEEK = frozenset(range(1, 8))
LONGEST_CLOSURE = timedelta(days=2 * 366)
_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class SchoolCalendar:
    """When school is open. `weekdays` are ISO numbers, 1 is Monday; times are local to `time_zone`.

    Open from `day_starts` on and no more at `day_ends`, which is the later of the two.
    """

    time_zone: str = "America/New_York"
    day_starts: time = time(8)
    day_ends: time = time(15)
    weekdays: frozenset[int] = frozenset({1, 2, 3, 4, 5})
    closed_on: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        """A calendar without weekdays knows no next school day to count to."""
        if not self.weekdays or not self.weekdays <= _WEEK:
            raise ValueError("a calendar has a weekday on which school is held")

    def is_open_on(self, day: date) -> bool:
        """Whether school is held that day."""
        return day.isoweekday() in self.weekdays and day not in self.closed_on

    def local(self, instant: datetime) -> datetime:
        """The instant as the school's clock on the wall shows it."""
        return instant.astimezone(ZoneInfo(self.time_zone))

    def instant(self, day: date, wall_time: time) -> datetime:
        """When the clock on the wall shows this, in UTC.

        The first time where it shows it twice; where spring skips it, as much later as is skipped.
        Source: RFC 5545, 3.3.5.
        """
        return datetime.combine(day, wall_time.replace(fold=0), ZoneInfo(self.time_zone)).astimezone(UTC)

    def to_json(self) -> str:
        """The calendar as text, the same text for the same calendar."""
        told = {
            "time_zone": self.time_zone,
            "day_starts": f"{self.day_starts:%H:%M}",
            "day_ends": f"{self.day_ends:%H:%M}",
            "weekdays": sorted(self.weekdays),
            "closed_on": sorted(self.closed_on),
        }
        return orjson.dumps(told).decode()


DEFAULT_CALENDAR = SchoolCalendar()
"""School time of a district that has set none."""


class UnreadableCalendar(Exception):
    """What is stored as a district's calendar is none that this release can calculate with."""


@lru_cache(maxsize=256)
def calendar_of(text: str | None) -> SchoolCalendar:
    """The calendar that `to_json` made this text of; the default for None. Raises: UnreadableCalendar.

    Remembered, because every submitted referral brings its district's text along.
    """
    if text is None:
        return DEFAULT_CALENDAR
    try:
        return _calendar_of(orjson.loads(text))
    except (ValueError, TypeError, KeyError) as error:
        raise UnreadableCalendar from error


def _calendar_of(told: Any) -> SchoolCalendar:
    if told["time_zone"] not in time_zones():
        raise ValueError("is no IANA time zone")
    return SchoolCalendar(
        time_zone=told["time_zone"],
        day_starts=time.fromisoformat(told["day_starts"]),
        day_ends=time.fromisoformat(told["day_ends"]),
        weekdays=frozenset(told["weekdays"]),
        closed_on=frozenset(map(date.fromisoformat, told["closed_on"])),
    )


@lru_cache(maxsize=1)
def time_zones() -> frozenset[str]:
    """The IANA zones that can be calculated with on every machine, whatever its own system knows."""
    named = (files("tzdata") / "zones").read_text(encoding="utf-8").split()
    return frozenset(named) - {"Factory"}  # the name for not having chosen one


def opens_often_enough(calendar: SchoolCalendar) -> bool:
    """Whether the closed days nowhere leave two years without a school day."""
    looked_until = date.min
    for day in sorted(calendar.closed_on):
        if day < looked_until:
            continue
        looked_until = next_open_day(calendar, day)
        if looked_until - day > LONGEST_CLOSURE:
            return False
    return True


def school_days_later(calendar: SchoolCalendar, instant: datetime, days: int) -> datetime:
    """The same local time `days` school days after the clock starts.

    It starts at once while school is open, else at the next opening. An instant in UTC.
    """
    day, wall_time = _clock_start(calendar, calendar.local(instant))
    for _ in range(days):
        day = next_open_day(calendar, day + _A_DAY)
    return calendar.instant(day, wall_time)


def opening_before(calendar: SchoolCalendar, instant: datetime) -> datetime:
    """The last opening of a school day that lies before this instant. In UTC."""
    day = calendar.local(instant).date()
    while not calendar.is_open_on(day) or calendar.instant(day, calendar.day_starts) >= instant:
        day -= _A_DAY
    return calendar.instant(day, calendar.day_starts)


def next_open_day(calendar: SchoolCalendar, day: date) -> date:
    """The first school day from `day` on. There always is one: closed days are named one by one."""
    while not calendar.is_open_on(day):
        day += _A_DAY
    return day


def _clock_start(calendar: SchoolCalendar, local: datetime) -> tuple[date, time]:
    """The school day and the time on the wall from which a clock counts."""
    today, now = local.date(), local.time()
    if not calendar.is_open_on(today) or now >= calendar.day_ends:
        return next_open_day(calendar, today + _A_DAY), calendar.day_starts
    return today, max(now, calendar.day_starts)
