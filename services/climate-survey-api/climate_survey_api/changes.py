"""What nouns need of those that build on them: what follows from a change, and what only they know.

The nouns below take these as parameters of their routes; `app` hands in what the nouns above do.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from shared.crypto import KeyRing
from shared.db import ReadSession, Session
from shared.events.surveys import RespondentGroup


class OnOpening(Protocol):
    """What follows when a survey opens."""

    async def __call__(self, session: Session, ring: KeyRing, *, district_id: str, administration_id: UUID) -> None:
        """Make the box that answers are dropped into. Again, nothing doubles."""


class OnClosing(Protocol):
    """What follows when a survey closes."""

    async def __call__(
        self, session: Session, ring: KeyRing, *, district_id: str, administration_id: UUID, now: datetime
    ) -> None:
        """Count the answers if they are few enough to be counted within a request; a worker counts the others."""


class OnOptedOut(Protocol):
    """What follows when students are not to be asked any more."""

    async def __call__(
        self,
        session: Session,
        ring: KeyRing,
        *,
        district_id: str,
        administration_id: UUID,
        student_ids: Collection[str],
    ) -> None:
        """Void the codes that were made for them, as far as they were not used."""


@dataclass(frozen=True, slots=True)
class SurveyedSchools:
    """The schools that a survey is put to, as far as asking to talk to an adult there goes."""

    district_id: str
    school_ids: frozenset[str]
    closed_at: datetime | None
    """When the survey closed; None: it has not."""


class FindSurveyedSchools(Protocol):
    """How they are found by whoever knows nothing but the survey's id."""

    async def __call__(self, session: ReadSession, administration_id: UUID) -> SurveyedSchools | None:
        """The schools of this survey, whatever district it belongs to; None: there is no such survey."""


class UsedCodes(Protocol):
    """How many access codes a survey has."""

    async def __call__(
        self, session: ReadSession, district_id: str, administration_id: UUID
    ) -> Mapping[tuple[str, RespondentGroup], tuple[int, int]]:
        """By school and group: how many were made and not voided, and how many of them used. None made: absent."""
