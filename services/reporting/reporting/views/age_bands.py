"""How long ago: the bands of days that open referrals are told by, and where they cut the months of a school year.

A band and a month overlap, and whoever knows both can subtract. So ages are decided by the stretches of days that lie
within one band of one month: months are made of them, as quarters are of months, and bands are runs of them.
"""

from datetime import date, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, literal_column

from reporting.codec import DAY_BITS, MONTHS_IN_YEAR, day_of
from reporting.measures.axes import Axis
from reporting.measures.suppression import Run


class AgeBand(StrEnum):
    """How many days ago, by the calendar: weekends and holidays count. The day of the submission is 0."""

    DAYS_0_1 = "0_1"
    DAYS_2_7 = "2_7"
    DAYS_8_14 = "8_14"
    DAYS_15_30 = "15_30"
    DAYS_31_60 = "31_60"
    OVER_60 = "over_60"


_LAST_DAYS = {
    AgeBand.DAYS_0_1: 1,
    AgeBand.DAYS_2_7: 7,
    AgeBand.DAYS_8_14: 14,
    AgeBand.DAYS_15_30: 30,
    AgeBand.DAYS_31_60: 60,
}
BANDS = tuple(AgeBand)


def band_on(today: date) -> ColumnElement[int]:
    """The band's place in `BANDS` of the day of a row of `students_referred`."""
    # Multiplied, because PostgreSQL shifts two bytes within two bytes.
    submitted_on = f"students_referred.month * {1 << DAY_BITS} + students_referred.day"
    first_days = [(day_of(today - timedelta(days=last)), index) for index, last in enumerate(_LAST_DAYS.values())]
    # Written out, like the keys: an expression with parameters in it cannot be grouped by.
    whens = " ".join(f"WHEN {submitted_on} >= {first_day} THEN {index}" for first_day, index in first_days)
    return literal_column(f"CASE {whens} ELSE {len(first_days)} END")


def days_of(band: int, first_month: int, last_month: int, today: date) -> Run:
    """The days of a band that lie in a period, by their ordinals; none where they do not meet."""
    first = _first_day(first_month)
    last = _first_day(last_month + 1) - 1
    if band < len(_LAST_DAYS):
        first = max(first, _begins(band, today))
    if band:
        last = min(last, _begins(band - 1, today) - 1)
    return Run(first, last)


def stretches(months: Axis, today: date) -> Axis:
    """An axis of months, each cut where one band ends and the next begins.

    A stretch has the ordinal of its first day for a value. Above its own level are those of the months.
    """
    cuts = [_begins(band, today) for band in range(len(_LAST_DAYS))]
    days: list[int] = []
    places: list[int] = []
    for place, month in enumerate(months.values):
        first, next_first = _first_day(month), _first_day(month + 1)
        within = sorted({first, *[day for day in cuts if first < day < next_first]})
        days += within
        places += [place] * len(within)
    blocks = tuple(tuple([labels[place] for place in places]) for labels in (*months.blocks, months.values))
    return Axis(tuple(days), of_students=False, blocks=blocks)


def _begins(band: int, today: date) -> int:
    """The first day, furthest back, of a band that has one."""
    return (today - timedelta(days=list(_LAST_DAYS.values())[band])).toordinal()


def _first_day(month: int) -> int:
    year, index = divmod(month, MONTHS_IN_YEAR)
    return date(year, index + 1, 1).toordinal()
