"""What can be done with access codes."""

from climate_survey_api.access_codes.rules import Presented
from shared.crypto import KeyRing
from shared.db import ReadSession, Session


async def present_code(session: ReadSession, ring: KeyRing, code: str) -> Presented:
    """Whose form a code opens. Reads only.

    Raises: CodeUnknown (404) for whatever was never made, or was voided.
    """
    raise NotImplementedError


async def burn_code(session: Session, presented: Presented) -> None:
    """Use a code up: of many at once, one succeeds. Raises: CodeUsed (410)."""
    raise NotImplementedError
