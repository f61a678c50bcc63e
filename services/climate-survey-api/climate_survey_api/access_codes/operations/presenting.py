"""What can be done with access codes: presented at a door, and used up."""

from sqlalchemy import bindparam, select, update

from climate_survey_api.access_codes.errors import CodeUnknown, CodeUsed
from climate_survey_api.access_codes.models import access_codes
from climate_survey_api.access_codes.pepper import pepper_known
from climate_survey_api.access_codes.rules import Presented, digest_of, normalise
from shared.crypto import KeyRing
from shared.db import ReadSession, Session
from shared.events.surveys import RespondentGroup

_C = access_codes.c
_PRESENTED = select(
    _C.district_id, _C.administration_id, _C.school_id, _C.respondent_group, _C.is_used, _C.is_voided
).where(_C.digest == bindparam("presented"))
_BURN = (
    update(access_codes)
    .where(_C.digest == bindparam("presented"), _C.is_used.is_(False), _C.is_voided.is_(False))
    .values(is_used=True)
)


async def present_code(session: ReadSession, ring: KeyRing, code: str) -> Presented:
    """Whose form a code opens. Reads only.

    Raises: CodeUnknown (404) for whatever is no code, was never made, or was voided.
    """
    symbols = normalise(code)
    pepper = await pepper_known(session, ring) if symbols is not None else None
    if symbols is None or pepper is None:
        raise CodeUnknown
    digest = digest_of(symbols, pepper)
    row = (await session.execute(_PRESENTED, {"presented": digest})).one_or_none()
    if row is None or row.is_voided:
        raise CodeUnknown
    return Presented(
        digest=digest,
        district_id=row.district_id,
        administration_id=row.administration_id,
        school_id=row.school_id,
        respondent_group=RespondentGroup(row.respondent_group),
        is_used=row.is_used,
    )


async def burn_code(session: Session, presented: Presented) -> None:
    """Use a code up: of many at once, one succeeds.

    Raises: CodeUsed (410), CodeUnknown (404) where it was voided since it was presented.
    """
    burnt = await session.execute(_BURN, {"presented": presented.digest})
    if burnt.rowcount == 1:
        return
    is_used = select(_C.is_used).where(_C.digest == presented.digest)
    raise CodeUsed if (await session.execute(is_used)).scalar_one() else CodeUnknown
