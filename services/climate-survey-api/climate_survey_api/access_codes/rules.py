"""What a code looks like. Pure."""

from dataclasses import dataclass
from uuid import UUID

from shared.events.surveys import RespondentGroup


@dataclass(frozen=True, slots=True)
class Presented:
    """A code that somebody presented and that was once made."""

    digest: bytes
    district_id: str
    administration_id: UUID
    school_id: str
    respondent_group: RespondentGroup
    is_used: bool
