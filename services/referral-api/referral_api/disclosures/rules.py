"""What may come of a request to see a student's record."""

from enum import StrEnum


class Outcome(StrEnum):
    """What came of a request to see a record."""

    DISCLOSED = "disclosed"
    REFUSED = "refused"
