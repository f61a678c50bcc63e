"""When a requirement is due: whom it binds, what starts its clock, training years.

Days are ordinals (`date.toordinal`): one may lie beyond the last date there is ("never"), and they compare far faster.
"""

from calendar import monthrange
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from training_registry.officers.rules import Officer
from training_registry.requirements.rules import Anchor, Assigned, MonthDay, Requirement

NEVER = date.max.toordinal()
"""The last day there is: what ends then never ends."""
_MONTHS_A_YEAR = 12
_HALF_A_YEAR = 183


def day_of(ordinal: int | None) -> date | None:
    """The day, None for none and for never."""
    return None if ordinal is None or ordinal >= NEVER else date.fromordinal(ordinal)


@lru_cache(maxsize=100_000)
def months_later(ordinal: int, months: int) -> int:
    """The same day of a later month, or that month's last; at most `NEVER`."""
    day = date.fromordinal(ordinal)
    years, month = divmod(day.month - 1 + months, _MONTHS_A_YEAR)
    year = day.year + years
    if year > date.max.year:
        return NEVER
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1])).toordinal()


@lru_cache(maxsize=10_000)
def year_start(year: int, starts: MonthDay) -> int:
    """The first day of the training year that begins in this calendar year."""
    if year > date.max.year:
        return NEVER
    return date(max(year, date.min.year), starts.month, starts.day).toordinal()


@lru_cache(maxsize=100_000)
def training_year(ordinal: int, starts: MonthDay) -> int:
    """The training year that a day lies in, by the calendar year in which it begins."""
    day = date.fromordinal(ordinal)
    return day.year if (day.month, day.day) >= starts else day.year - 1


class Begun(NamedTuple):
    """The days from which an officer's clocks run; worked out once for all requirements."""

    appointed: int
    assigned: int | None
    """The first day of his first assignment."""


def begun_of(officer: Officer) -> Begun:
    """When this officer's clocks begin."""
    assigned = first_assigned_on(officer)
    return Begun(officer.appointed_on.toordinal(), None if assigned is None else assigned.toordinal())


def first_bound_year(requirement: Requirement, begun: Begun) -> int:
    """The first training year of which at least half is left when he is appointed and the district has the rule."""
    adopted, starts = requirement.adopted_on, requirement.training_year_starts
    bound = begun.appointed if adopted is None else max(begun.appointed, adopted.toordinal())
    year = training_year(bound, starts)
    return year if year_start(year + 1, starts) - bound >= _HALF_A_YEAR else year + 1


def year_deadline(requirement: Requirement, year: int) -> int:
    """The last day in time of a training year: its end, unless the requirement says how long after its start."""
    starts = requirement.training_year_starts
    start = year_start(year, starts)
    if requirement.due_days is not None:
        return min(start + requirement.due_days, NEVER)
    if requirement.due_months is not None:
        return months_later(start, requirement.due_months)
    return year_start(year + 1, starts) - 1 if year < date.max.year else NEVER


def first_deadline(requirement: Requirement, begun: Begun, first_held: int | None) -> int | None:
    """The last day on which it is met in time for the first time; None: its clock has not begun.

    `first_held` is the day of the completion that starts the clock of anchor `completion`. Not for `training_year`.
    """
    anchor = requirement.anchor
    if anchor is Anchor.ASSIGNMENT:
        anchored = begun.assigned
    elif anchor is Anchor.APPOINTMENT:
        anchored = begun.appointed
    else:
        anchored = first_held
    return None if anchored is None else _due(requirement, anchored)


def _due(requirement: Requirement, anchored: int) -> int:
    if requirement.due_days is not None:
        return min(anchored + requirement.due_days, NEVER)
    if requirement.due_months is not None:
        return months_later(anchored, requirement.due_months)
    if requirement.due_next_year:
        starts = requirement.training_year_starts
        return year_start(training_year(anchored, starts) + 1, starts) - 1
    return anchored


def first_assigned_on(officer: Officer) -> date | None:
    """The first day of his first assignment."""
    return min((assignment.from_on for assignment in officer.assignments), default=None)


def first_day(officer: Officer) -> date:
    """The day from which on his standing is told."""
    assigned = first_assigned_on(officer)
    return officer.appointed_on if assigned is None else min(officer.appointed_on, assigned)


def binds(requirement: Requirement, officer: Officer) -> bool:
    """Whether the requirement is meant for him."""
    return why_not_bound(requirement, officer) is None


def why_not_bound(requirement: Requirement, officer: Officer) -> str | None:
    """Why the requirement is not meant for him; None: it is."""
    if requirement.withdrawn:
        return "It is withdrawn."
    if requirement.position is not officer.position:
        return f"It binds the position {requirement.position}."
    if requirement.appointed_from is not None and officer.appointed_on < requirement.appointed_from:
        return f"It binds who is appointed on or after {requirement.appointed_from}."
    if requirement.assigned is not Assigned.ANY and _assigned(requirement, officer) is not requirement.assigned:
        when = "at the start of" if requirement.assigned is Assigned.AT_YEAR_START else "during"
        return f"It binds who is first assigned {when} a school year."
    return None


def _assigned(requirement: Requirement, officer: Officer) -> Assigned | None:
    day = first_assigned_on(officer)
    if day is None:
        return None
    starts, school = requirement.training_year_starts, requirement.school_starts
    start = year_start(training_year(day.toordinal(), starts), starts)
    opening = year_start(date.fromordinal(start).year + (school < starts), school)
    return Assigned.AT_YEAR_START if day.toordinal() <= opening else Assigned.DURING_YEAR
