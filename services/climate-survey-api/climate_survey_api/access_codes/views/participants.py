"""Who of a confidential survey's people has answered, so that the others can be reminded; never what."""

from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import select

from climate_survey_api.access_codes.errors import NobodyIsKnown, SchoolNotFound
from climate_survey_api.access_codes.models import LIVE, access_codes
from climate_survey_api.access_codes.rules import row_key
from climate_survey_api.administrations.views import find_administration
from shared.auth import Caller
from shared.crypto import KeyRing
from shared.db import ReadSession
from shared.events.surveys import RespondentGroup, SurveyMode

_C = access_codes.c


class Participant(BaseModel):
    """Somebody who was given a code."""

    recipient: str
    has_answered: bool

    model_config = ConfigDict(json_schema_extra={"examples": [{"recipient": "st-17", "has_answered": False}]})


async def participants_of(
    session: ReadSession,
    ring: KeyRing,
    administration_id: UUID,
    school_id: str,
    group: RespondentGroup,
    *,
    caller: Caller,
    after: bytes,
    limit: int,
) -> list[tuple[bytes, Participant]]:
    """Whom codes of a unit were made for, each with the digest that the next page begins behind; voided ones are not.

    By digest, which is no order that anybody knows: an address that names a student would be kept in histories.
    Raises: AdministrationNotFound, SchoolNotFound, NobodyIsKnown.
    """
    administration = await find_administration(session, caller.district_id, administration_id)
    if not caller.sees_school(school_id) or administration.unit(school_id, group) is None:
        raise SchoolNotFound
    if administration.mode is SurveyMode.ANONYMOUS:
        raise NobodyIsKnown
    wanted = (
        select(_C.digest, _C.recipient, _C.recipient_digest, _C.is_used)
        .where(
            _C.district_id == administration.district_id,
            _C.administration_id == administration_id,
            _C.school_id == school_id,
            _C.respondent_group == group.value,
            LIVE,
            _C.recipient_digest > after,
        )
        .order_by(_C.recipient_digest)
        .limit(limit)
    )
    rows = (await session.execute(wanted)).all()
    keys = [row_key(row.digest) for row in rows]
    names = ring.open_each([row.recipient for row in rows], keys, table=access_codes.name, column="recipient")
    return [
        (bytes(row.recipient_digest), Participant(recipient=name or "", has_answered=row.is_used))
        for row, name in zip(rows, names, strict=True)
    ]
