"""Refusals of answers. None of them burns the code.

ServiceError
├── Conflict
│   └── SurveyNotOpen        409
├── Gone
│   └── SurveyClosed         410
└── Invalid
    └── AnswersRefused       422
"""

from shared.errors import Conflict, Gone, Invalid


class SurveyNotOpen(Conflict):
    """This survey has not begun yet."""


class SurveyClosed(Gone):
    """This survey is closed and takes no answers any more."""


class AnswersRefused(Invalid):
    """Some of these answers are not what was asked for; nothing was stored and the code can still be used."""
