"""Refusals for want of a key.

ServiceError
├── OfficerNotCleared        403
└── StandingTooStale         503
"""

from shared.errors import Forbidden, Unavailable


class OfficerNotCleared(Forbidden):
    """An officer opens records only while he is trained and an agreement covers him at the student's school."""


class StandingTooStale(Unavailable):
    """It is too long ago that what is known of officers' standing was surely up to date."""
