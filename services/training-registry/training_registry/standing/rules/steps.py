"""How an officer stands to a requirement on every day, past and to come, as far as is known now."""

from collections.abc import Iterable, Iterator
from datetime import date

from shared.events.training import StandingStatus
from training_registry.completions.rules import Completion
from training_registry.officers.rules import Officer
from training_registry.requirements.rules import Requirement
from training_registry.standing.rules.clocks import (
    NEVER,
    begun_of,
    binds,
    first_day,
    training_year,
    year_deadline,
    year_start,
)
from training_registry.standing.rules.counting import Learnt, Rule
from training_registry.standing.rules.evaluation import History


def steps_of(
    requirement: Requirement, officer: Officer, completions: Iterable[Completion]
) -> tuple[tuple[date, StandingStatus], ...]:
    """The days from which on a status holds until the next one, from the officer's first day on; at least one.

    On each of these days `standing_on` says the same. The last one holds for ever if nothing more is known.
    """
    if not binds(requirement, officer):
        return ((first_day(officer), StandingStatus.EXEMPT),)
    history = History(Rule(requirement), Learnt(completions), begun_of(officer))
    first = first_day(officer).toordinal()
    days = sorted({first, *(day for day in _may_turn(history, first) if first < day <= NEVER)})
    steps: list[tuple[date, StandingStatus]] = []
    for day in days:
        status = history.on(day).status
        if not steps or steps[-1][1] is not status:
            steps.append((date.fromordinal(day), status))
    return tuple(steps)


def _may_turn(history: History, first: int) -> Iterator[int]:
    """Every day on which the status may be another than on the day before."""
    grace = history.rule.requirement.grace_days
    for held in (*history.held, *history.exempting):
        yield from (held.begins, held.ends + 1, held.ends + grace + 1)
    if history.first_held is not None:
        yield history.first_held
    if history.first_deadline is not None:
        yield history.first_deadline + 1
    if history.rule.by_years:
        yield from _year_turns(history, first)


def _year_turns(history: History, first: int) -> Iterator[int]:
    """The beginnings and deadlines of training years, until the one after the last that anything is known of."""
    requirement = history.rule.requirement
    starts, grace = requirement.training_year_starts, requirement.grace_days
    known = {training_year(held.begins, starts) for held in history.held}
    last = max(known | {history.first_year, training_year(first, starts)})
    for year in range(training_year(first, starts), last + 2):
        deadline = year_deadline(requirement, year)
        yield from (year_start(year, starts), deadline + 1, deadline + grace + 1)
