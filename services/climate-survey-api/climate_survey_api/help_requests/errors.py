"""Refusals around help requests.

ServiceError
├── NotFound
│   ├── HelpRequestNotFound     404
│   └── SurveyNotFound          404
├── Conflict
│   ├── AlreadyTakenUp          409
│   ├── NotTakenUp              409
│   └── AlreadyClosed           409
├── Gone
│   └── AskingIsOver            410
└── Invalid
    └── SchoolNotAsked          422
"""

from shared.errors import Conflict, Gone, Invalid, NotFound


class HelpRequestNotFound(NotFound):
    """There is no such request at the caller's schools."""


class SurveyNotFound(NotFound):
    """There is no such survey that anybody could ask from."""


class AlreadyTakenUp(Conflict):
    """Somebody else has taken this request up."""


class NotTakenUp(Conflict):
    """Nobody has taken this request up: who closes it must have read it."""


class AlreadyClosed(Conflict):
    """This request is closed."""


class AskingIsOver(Gone):
    """The survey closed so long ago that its link asks nobody any more: go to any adult at the school."""


class SchoolNotAsked(Invalid):
    """The survey is not put to this school."""
