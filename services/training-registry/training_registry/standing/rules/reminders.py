"""Which deadlines an officer is to be reminded of."""

from collections.abc import Iterable
from datetime import date, timedelta

from shared.events.training import StandingStatus
from training_registry.completions.rules import Completion
from training_registry.officers.rules import Officer
from training_registry.requirements.rules import Requirement
from training_registry.standing.rules.evaluation import standing_on

REMIND_AHEAD = (7, 30, 60, 90)
"""So many days before a deadline, nearest first."""


def reminders_of(
    requirement: Requirement, officer: Officer, completions: Iterable[Completion], after: date, through: date
) -> list[tuple[date, int]]:
    """The deadlines to be reminded of now, with the days ahead, for the days after `after` through `through`.

    As things stand on `through`: what has been met meanwhile, or has passed, is not brought up any more, and of several
    reminders of one deadline only the nearest is. A deadline is the first one, the last day before what is met lapses,
    or the last day of grace after that.
    """
    found = standing_on(requirement, officer, completions, through)
    deadline = found.deadline_on
    if found.status not in (StandingStatus.CURRENT, StandingStatus.DUE) or deadline is None or deadline < through:
        return []
    for ahead in REMIND_AHEAD:
        if deadline - timedelta(days=ahead) <= through:
            return [(deadline, ahead)] if deadline - timedelta(days=ahead) > after else []
    return []
