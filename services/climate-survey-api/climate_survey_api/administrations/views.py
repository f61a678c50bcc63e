"""What can be read of administrations."""

from uuid import UUID

from climate_survey_api.administrations.rules import Administration
from shared.db import ReadSession


async def find_administration(session: ReadSession, district_id: str, administration_id: UUID) -> Administration:
    """An administration with its units. Raises: AdministrationNotFound (404)."""
    raise NotImplementedError


async def administration_anywhere(session: ReadSession, administration_id: UUID) -> Administration:
    """The same for a door that is open to everybody: whatever district it belongs to."""
    raise NotImplementedError
