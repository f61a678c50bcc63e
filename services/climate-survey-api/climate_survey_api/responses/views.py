"""What can be read of answers: by nobody but the count."""

from collections.abc import AsyncIterator
from uuid import UUID

from climate_survey_api.responses.rules import Ballot
from shared.crypto import KeyRing
from shared.db import ReadSession


def opened_ballots(
    session: ReadSession, ring: KeyRing, *, district_id: str, administration_id: UUID
) -> AsyncIterator[Ballot]:
    """Every ballot of an administration, in no order, a few hundred at a time in memory."""
    raise NotImplementedError
