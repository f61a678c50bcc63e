"""Refusals around results.

ServiceError
├── SchoolNotSurveyed           404
├── EarlierWaveNotFound         404
├── ResultsNotCounted           409
├── EarlierWaveNotCounted       409
└── FacetNotAsked               422
"""

from shared.errors import Conflict, Invalid, NotFound


class SchoolNotSurveyed(NotFound):
    """Nobody at this school was asked, as far as the caller may know."""


class EarlierWaveNotFound(NotFound):
    """There is no such survey to compare with."""


class ResultsNotCounted(Conflict):
    """There are no results yet."""


class EarlierWaveNotCounted(Conflict):
    """The survey to compare with has no results yet."""


class FacetNotAsked(Invalid):
    """The survey did not ask its respondents this about themselves."""
