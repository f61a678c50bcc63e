"""What an officer is to the rules about standing, and what may be said of him. Pure."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import NAMESPACE_URL, UUID, uuid5


class Position(StrEnum):
    """What kind of post it is; a requirement binds one kind."""

    SRO = "sro"
    SECURITY_STAFF = "security_staff"


@dataclass(frozen=True, slots=True)
class Assignment:
    """An officer is assigned to a school from a day to a day, both included."""

    assignment_id: UUID
    school_id: str
    from_on: date
    to_on: date | None


@dataclass(frozen=True, slots=True)
class Officer:
    """An officer as far as rules ask about him: no name."""

    officer_id: str
    agency: str
    position: Position
    appointed_on: date
    certified_on: date | None
    assignments: tuple[Assignment, ...]


def agency_id(agency: str) -> UUID:
    """The agency that a text names: its case and spaces make no other agency."""
    return uuid5(NAMESPACE_URL, "agency:" + " ".join(agency.split()).casefold())
