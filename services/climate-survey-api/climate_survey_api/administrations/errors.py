"""Refusals around administrations.

ServiceError
├── AdministrationNotFound      404
├── ParentalChoiceNotFound      404
├── AdministrationExists        409
├── OpeningForbidden            409, one of these:
│   ├── AlreadyClosed
│   ├── WindowOver
│   ├── WindowNotBegun
│   ├── ConsentTooWeak
│   └── ParentsNotTold
├── NeverOpened                 409
├── PlanIsFixed                 409
├── NothingToDecide             409
├── PlanUnsound                 422
└── ChoiceUnsound               422
"""

from shared.errors import Conflict, Invalid, NotFound


class AdministrationNotFound(NotFound):
    """There is no such survey."""


class ParentalChoiceNotFound(NotFound):
    """The student's parents have decided nothing about this survey."""


class AdministrationExists(Conflict):
    """Another survey was planned under this id."""


class OpeningForbidden(Conflict):
    """The survey may not open now."""


class AlreadyClosed(OpeningForbidden):
    """The survey is closed."""


class WindowOver(OpeningForbidden):
    """The survey's window is over."""


class WindowNotBegun(OpeningForbidden):
    """The survey's window has not begun."""


class ConsentTooWeak(OpeningForbidden):
    """Items that students are asked need more of parents than the plan gives them."""


class ParentsNotTold(OpeningForbidden):
    """Parents were not told early enough of items that students are asked."""


class NeverOpened(Conflict):
    """The survey was never open: there is nothing to close."""


class PlanIsFixed(Conflict):
    """This part of the plan cannot be changed any more."""


class NothingToDecide(Conflict):
    """Parents decide nothing about this survey: its plan gives them neither a way out nor a say."""


class PlanUnsound(Invalid):
    """The survey cannot be held as it is planned."""


class ChoiceUnsound(Invalid):
    """What parents decided cannot be recorded as it was sent."""
