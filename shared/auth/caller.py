"""Who is asking: what a verified token says, and nothing a request says about itself."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Role(StrEnum):
    """What somebody is to the district; the closed set of the `role` claim."""

    OFFICER = "officer"
    COUNSELOR = "counselor"
    ADMINISTRATOR = "administrator"
    STAFF = "staff"
    PROVIDER = "provider"
    DISTRICT_ADMIN = "district_admin"
    ANALYST = "analyst"
    INTEGRATION = "integration"


@dataclass(frozen=True, slots=True)
class Caller:
    """One caller and the part of one district that is open to him."""

    sub: str
    district_id: str
    role: Role
    school_ids: frozenset[str] | None = None
    """The schools he sees; None means all of the district, an empty set means none."""
    provider_id: str | None = None
    """The organisation a provider works for; None for every other role."""

    def sees_school(self, school_id: str) -> bool:
        """Whether this school of his district is open to him."""
        return self.school_ids is None or school_id in self.school_ids


class Verifier(Protocol):
    """Turns a bearer token into the caller it was issued to."""

    async def verify(self, token: str) -> Caller:
        """The caller. Raises: Unauthenticated for any fault of the token; Unavailable when it cannot be checked."""
