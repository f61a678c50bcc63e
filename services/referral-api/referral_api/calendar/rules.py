"""School time as arithmetic: pure functions over a district's calendar."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MOST_CLOSED_DAYS = 366


@dataclass(frozen=True, slots=True)
class SchoolCalendar:
    """When school is open. `weekdays` are ISO numbers, 1 is Monday; times are local to `time_zone`."""

    time_zone: str = "America/New_York"
    day_starts: time = time(8)
    day_ends: time = time(15)
    weekdays: frozenset[int] = frozenset({1, 2, 3, 4, 5})
    closed_on: frozenset[date] = frozenset()

    def is_open_on(self, day: date) -> bool:
        """Whether school is held that day."""
        return day.isoweekday() in self.weekdays and day not in self.closed_on

    def local(self, instant: datetime) -> datetime:
        """The instant as the school's clock on the wall shows it."""
        return instant.astimezone(ZoneInfo(self.time_zone))


DEFAULT_CALENDAR = SchoolCalendar()


def school_days_later(calendar: SchoolCalendar, instant: datetime, days: int) -> datetime:
    """The same local time `days` school days after the clock starts.

    It starts at once while school is open, else at the next opening. An instant in UTC.
    """
    start = _clock_start(calendar, calendar.local(instant))
    day = start.date()
    for _ in range(days):
        day = _next_open_day(calendar, day + timedelta(days=1))
    return datetime.combine(day, start.time(), ZoneInfo(calendar.time_zone)).astimezone(UTC)


def _clock_start(calendar: SchoolCalendar, local: datetime) -> datetime:
    if calendar.is_open_on(local.date()):
        if calendar.day_starts <= local.time() < calendar.day_ends:
            return local
        if local.time() < calendar.day_starts:
            return datetime.combine(local.date(), calendar.day_starts, local.tzinfo)
    day = _next_open_day(calendar, local.date() + timedelta(days=1))
    return datetime.combine(day, calendar.day_starts, local.tzinfo)


def _next_open_day(calendar: SchoolCalendar, day: date) -> date:
    """The first open day from `day` on; `day` itself where a calendar knows none within two years."""
    for ahead in range(2 * MOST_CLOSED_DAYS):
        if calendar.is_open_on(day + timedelta(days=ahead)):
            return day + timedelta(days=ahead)
    return day
