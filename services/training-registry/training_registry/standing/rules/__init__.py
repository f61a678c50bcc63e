"""How an officer stands to a requirement, and what he may do at a school: pure functions of what is known and a day.

`counting` says what counts, `clocks` when it is due, `evaluation` how it stands on a day; `steps` on every day.
"""

from training_registry.standing.rules.answers import RequirementOn
from training_registry.standing.rules.clocks import binds
from training_registry.standing.rules.counting import Rule
from training_registry.standing.rules.evaluation import every_standing_on, standing_on
from training_registry.standing.rules.reminders import REMIND_AHEAD, reminders_of
from training_registry.standing.rules.schools import Missing, SchoolOn, schools_on
from training_registry.standing.rules.steps import steps_of

__all__ = [
    "REMIND_AHEAD",
    "Missing",
    "RequirementOn",
    "Rule",
    "SchoolOn",
    "binds",
    "every_standing_on",
    "reminders_of",
    "schools_on",
    "standing_on",
    "steps_of",
]
