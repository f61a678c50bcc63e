"""What reading a view may be refused for.

NotFound
└── UnknownSchool
Unavailable
└── BusAway
"""

from shared.errors import NotFound, Unavailable


class UnknownSchool(NotFound):
    """The caller knows of no such school."""


class BusAway(Unavailable):
    """The bus cannot be reached, so nobody can say how far behind the views are."""
