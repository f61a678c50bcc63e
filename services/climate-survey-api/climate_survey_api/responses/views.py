"""What can be read of answers: by nobody but the count."""

from collections.abc import AsyncIterator
from random import SystemRandom
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Select, func, select

from climate_survey_api.responses.keys import key_of
from climate_survey_api.responses.models import ballots
from climate_survey_api.responses.rules import Ballot
from climate_survey_api.responses.sealing import open_ballot
from shared.crypto import KeyRing
from shared.db import ReadSession
from shared.events.surveys import RespondentGroup

_AT_ONCE = 500
"""Ballots in memory: some 3 MB where there are long texts."""


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
    last: UUID | None = None
    while rows := (await session.execute(_next(district_id, administration_id, last))).all():
        last = rows[-1].ballot_id
        for row in sample(rows, len(rows)):
            yield open_ballot(
                cipher,
                row.sealed,
                administration_id=administration_id,
                ballot_id=row.ballot_id,
                school_id=row.school_id,
                respondent_group=RespondentGroup(row.respondent_group),
            )


def _next(district_id: str, administration_id: UUID, last: UUID | None) -> Select[tuple[UUID, str, str, bytes]]:
    """The next ballots by their ids, which are random."""
    table = ballots
    wanted = select(table.c.ballot_id, table.c.school_id, table.c.respondent_group, table.c.sealed).where(
        table.c.administration_id == administration_id, table.c.district_id == district_id
    )
    if last is not None:
        wanted = wanted.where(table.c.ballot_id > last)
    return wanted.order_by(table.c.ballot_id).limit(_AT_ONCE)
