"""What can be read: the form by whoever has a code, answers by nobody but the count."""

from collections.abc import AsyncIterator
from datetime import datetime
from random import SystemRandom
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Select, func, select

from climate_survey_api.access_codes.errors import CodeUsed
from climate_survey_api.access_codes.operations import present_code
from climate_survey_api.administrations.views import administration_anywhere
from climate_survey_api.responses.forms import SurveyForm, survey_form
from climate_survey_api.responses.keys import key_of
from climate_survey_api.responses.models import ballots
from climate_survey_api.responses.rules import Ballot, ensure_takes_answers
from climate_survey_api.responses.sealing import open_ballot
from shared.crypto import KeyRing
from shared.db import ReadSession
from shared.events.surveys import RespondentGroup

_AT_ONCE = 500
"""Ballots in memory; each is as long as the longest texts that may be in it."""


async def form_behind(session: ReadSession, ring: KeyRing, code: str, *, now: datetime) -> SurveyForm:
    """The form that a code opens.

    Raises: CodeUnknown (404), CodeUsed (410), SurveyNotOpen (409), SurveyClosed (410).
    """
    presented = await present_code(session, ring, code)
    if presented.is_used:
        raise CodeUsed
    administration = await administration_anywhere(session, presented.administration_id)
    ensure_takes_answers(administration, now)
    return await survey_form(session, administration, presented.respondent_group)


async def ballots_of(session: ReadSession, administration_id: UUID) -> int:
    """How many ballots are in the administration's box; none before it opens, and none once they are counted."""
    wanted = select(func.count()).where(ballots.c.administration_id == administration_id)
    return (await session.execute(wanted)).scalar_one()


async def opened_ballots(
    session: ReadSession, ring: KeyRing, *, district_id: str, administration_id: UUID
) -> AsyncIterator[Ballot]:
    """Every ballot of an administration, in no order, a few hundred at a time in memory.

    Raises: BoxMissing when it was never opened, or was counted already.
    """
    cipher = AESGCM(await key_of(session, ring, administration_id))
    sample = SystemRandom().sample
    found = await session.stream(_in_no_order(district_id, administration_id))
    async for rows in found.partitions(_AT_ONCE):
        for row in sample(rows, len(rows)):
            yield open_ballot(
                cipher,
                row.sealed,
                administration_id=administration_id,
                ballot_id=row.ballot_id,
                school_id=row.school_id,
                respondent_group=RespondentGroup(row.respondent_group),
            )


def _in_no_order(district_id: str, administration_id: UUID) -> Select[tuple[UUID, str, str, bytes]]:
    """The ballots by their ids, which are random: as PostgreSQL keeps them, they lie in the order of answering."""
    table = ballots
    wanted = select(table.c.ballot_id, table.c.school_id, table.c.respondent_group, table.c.sealed)
    of_it = (table.c.administration_id == administration_id, table.c.district_id == district_id)
    return wanted.where(*of_it).order_by(table.c.ballot_id)
