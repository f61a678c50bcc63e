"""School time against a slow model that walks the clock on the wall minute by minute."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from referral_api.calendar.rules import (
    DEFAULT_CALENDAR,
    SchoolCalendar,
    calendar_of,
    opening_before,
    opens_often_enough,
    school_days_later,
    time_zones,
)

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
ZONES = ("America/New_York", "America/Phoenix", "America/Adak", "Pacific/Honolulu", "Australia/Lord_Howe", "Asia/Tokyo")
FIRST, LAST = datetime(2026, 1, 1), datetime(2026, 12, 31)  # noqa: DTZ001  # hypothesis adds the zone


@st.composite
def calendars(draw: st.DrawFn) -> SchoolCalendar:
    """Any calendar that a district may set and the model walks in a moment; hours may lie in the night."""
    starts = draw(st.integers(0, 24 * 60 - 2))
    ends = draw(st.integers(starts + 1, 24 * 60 - 1))
    return SchoolCalendar(
        time_zone=draw(st.sampled_from(ZONES)),
        day_starts=time(*divmod(starts, 60)),
        day_ends=time(*divmod(ends, 60)),
        weekdays=draw(st.frozensets(st.integers(1, 7), min_size=1)),
        closed_on=draw(st.frozensets(st.dates(FIRST.date(), LAST.date() + 20 * DAY), max_size=8)),
    )


def is_open(calendar: SchoolCalendar, wall: datetime) -> bool:
    """Whether school is open when the clock on the wall shows this."""
    if wall.weekday() + 1 not in calendar.weekdays or wall.date() in calendar.closed_on:
        return False
    now = (wall.hour, wall.minute)
    starts, ends = calendar.day_starts, calendar.day_ends
    return (starts.hour, starts.minute) <= now < (ends.hour, ends.minute)


def instants_of(wall: datetime, zone: ZoneInfo) -> list[datetime]:
    """Every instant at which the clock on the wall shows this: none, one or two, found by trying all near it."""
    near = wall.replace(tzinfo=UTC)
    tried = [near + timedelta(minutes=30 * n) for n in range(-30, 31)]
    return [t for t in tried if t.astimezone(zone).replace(tzinfo=None) == wall]


def slow_days_later(calendar: SchoolCalendar, instant: datetime, days: int) -> datetime:
    """The same as `school_days_later`, by walking."""
    zone = ZoneInfo(calendar.time_zone)
    wall = instant.astimezone(zone).replace(tzinfo=None, fold=0)
    if not is_open(calendar, wall):
        wall = wall.replace(second=0, microsecond=0)
        while not is_open(calendar, wall):
            wall += MINUTE
    while days:
        wall += DAY
        days -= is_open(calendar, wall)
    return min(instants_of(wall, zone) or instants_of(wall + skipped_around(wall, zone), zone))


def skipped_around(wall: datetime, zone: ZoneInfo) -> timedelta:
    """How much the clock on the wall leaps over where it never shows this, found by walking to both ends."""
    before = after = wall
    while not instants_of(before, zone):
        before -= MINUTE
    while not instants_of(after, zone):
        after += MINUTE
    return after - before - MINUTE


SKIPPED = SchoolCalendar(day_starts=time(2, 30), day_ends=time(2, 31), weekdays=frozenset({1, 7}))
"""Opens on the first day of daylight time at what no clock shows."""


@given(calendars(), st.datetimes(FIRST, LAST, timezones=st.just(UTC)), st.sampled_from((1, 2, 5)))
@example(SKIPPED, datetime(2026, 2, 24, tzinfo=UTC), 2)
def test_school_days_are_counted_as_by_walking_the_wall_clock(
    calendar: SchoolCalendar, instant: datetime, days: int
) -> None:
    assert school_days_later(calendar, instant, days) == slow_days_later(calendar, instant, days)


@given(calendars(), st.datetimes(FIRST, LAST, timezones=st.just(UTC)))
def test_the_last_opening_lies_before_and_no_other_lies_between(calendar: SchoolCalendar, instant: datetime) -> None:
    found = opening_before(calendar, instant)
    openings = [
        calendar.instant(day, calendar.day_starts)
        for day in (instant.date() + n * DAY for n in range(-60, 3))
        if is_open(calendar, datetime.combine(day, calendar.day_starts))
    ]
    assert found == max(o for o in openings if o < instant)


@given(calendars())
def test_a_calendar_comes_back_from_its_text(calendar: SchoolCalendar) -> None:
    assert calendar_of(calendar.to_json()) == calendar


def test_no_text_is_the_default() -> None:
    assert calendar_of(None) == DEFAULT_CALENDAR


@pytest.mark.parametrize(
    ("submitted", "due"),
    [
        ("2026-11-02T07:59:59.999999-05:00", "2026-11-03T08:00:00-05:00"),  # the moment before it opens
        ("2026-11-02T08:00:00-05:00", "2026-11-03T08:00:00-05:00"),  # as it opens
        ("2026-11-02T14:59:59.999999-05:00", "2026-11-03T14:59:59.999999-05:00"),  # the last moment of the day
        ("2026-11-02T15:00:00-05:00", "2026-11-04T08:00:00-05:00"),  # as it closes
        ("2026-11-06T15:00:00-05:00", "2026-11-10T08:00:00-05:00"),  # as the week closes
        ("2026-11-25T09:00:00-05:00", "2026-11-30T09:00:00-05:00"),  # over two closed days and a weekend
        ("2026-11-26T09:00:00-05:00", "2026-12-01T08:00:00-05:00"),  # on a closed day
        ("2026-03-06T10:00:00-05:00", "2026-03-09T10:00:00-04:00"),  # over the beginning of daylight time
    ],
)
def test_the_edges_of_the_school_day(submitted: str, due: str) -> None:
    calendar = SchoolCalendar(closed_on=frozenset({date(2026, 11, 26), date(2026, 11, 27)}))
    assert school_days_later(calendar, datetime.fromisoformat(submitted), 1) == datetime.fromisoformat(due)


@pytest.mark.parametrize(
    ("submitted", "due"),
    [
        ("2026-03-07T02:30:00-05:00", "2026-03-08T03:30:00-04:00"),  # 2:30 is skipped: an hour later
        ("2026-10-31T01:30:00-04:00", "2026-11-01T01:30:00-04:00"),  # 1:30 comes twice: the first
        ("2026-11-01T01:30:00-05:00", "2026-11-02T01:30:00-05:00"),  # sent at the second
    ],
)
def test_an_hour_that_is_skipped_or_comes_twice(submitted: str, due: str) -> None:
    by_night = SchoolCalendar(day_starts=time(1), day_ends=time(4), weekdays=frozenset(range(1, 8)))
    assert school_days_later(by_night, datetime.fromisoformat(submitted), 1) == datetime.fromisoformat(due)


def test_two_years_without_a_school_day_are_seen_wherever_they_lie() -> None:
    mondays = frozenset(date(2030, 1, 7) + 7 * n * DAY for n in range(105))
    assert not opens_often_enough(SchoolCalendar(weekdays=frozenset({1}), closed_on=mondays))
    assert opens_often_enough(SchoolCalendar(weekdays=frozenset({1}), closed_on=mondays - {date(2031, 1, 6)}))
    assert opens_often_enough(SchoolCalendar(weekdays=frozenset({1, 2}), closed_on=mondays))
    assert opens_often_enough(DEFAULT_CALENDAR)


def test_a_calendar_has_a_weekday() -> None:
    with pytest.raises(ValueError, match="weekday"):
        SchoolCalendar(weekdays=frozenset())


def test_every_zone_that_is_taken_can_be_calculated_with() -> None:
    assert {"America/Chicago", "America/Anchorage", "UTC"} <= time_zones()
    for name in time_zones():
        assert datetime(2026, 7, 1, tzinfo=UTC).astimezone(ZoneInfo(name)).utcoffset() is not None
