"""The days that the registry can count from."""

from datetime import date
from typing import Annotated

from pydantic import AfterValidator

from shared.http.bodies import Day

_FIRST_YEAR, _LAST_YEAR = 1900, 2200


def _of_our_time(day: date) -> date:
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise ValueError(f"must lie between {_FIRST_YEAR} and {_LAST_YEAR}")
    return day


NearDay = Annotated[Day, AfterValidator(_of_our_time)]
"""A day that terms and deadlines can be counted from without leaving the calendar."""
