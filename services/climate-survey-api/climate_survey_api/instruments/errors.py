"""Refusals around instruments.

ServiceError
├── InstrumentNotFound        404
├── InstrumentIsShipped       409
└── InstrumentUnsound         422
"""

from shared.errors import Conflict, Invalid, NotFound


class InstrumentNotFound(NotFound):
    """The district knows no such instrument, or not this version of it."""


class InstrumentIsShipped(Conflict):
    """An instrument of this name is shipped; the district's own takes another."""


class InstrumentUnsound(Invalid):
    """The instrument cannot be asked as it is written."""
