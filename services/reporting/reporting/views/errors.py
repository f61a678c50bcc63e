"""What reading a view may be refused for.

NotFound
└── UnknownSchool
Invalid
└── TooFine
Unavailable
└── BusAway
"""

from shared.errors import Invalid, NotFound, Unavailable


class UnknownSchool(NotFound):
    """The caller knows of no such school."""


class TooFine(Invalid):
    """Too many cells are asked for at once for a caller from whom small counts are kept."""


class BusAway(Unavailable):
    """The bus cannot be reached, so nobody can say how far behind the views are."""
