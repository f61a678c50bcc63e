"""How a survey's answers become its results: counted once, and destroyed.

No single answer is kept: what may be shown is decided; it is stored and announced, words are handed to `comments`, and
the box and the key to it are destroyed, all in one transaction.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, tzinfo
from itertools import islice
from uuid import UUID

from climate_survey_api.access_codes.operations import forget_recipients
from climate_survey_api.administrations.operations import note_counted
from climate_survey_api.administrations.rules import Status
from climate_survey_api.administrations.views import find_administration
from climate_survey_api.comments.operations import keep_comments
from climate_survey_api.instruments.views import read_instrument
from climate_survey_api.policies.views import policy_of
from climate_survey_api.responses.operations import empty_box
from climate_survey_api.responses.rules import Ballot
from climate_survey_api.responses.views import ballots_of, opened_ballots
from climate_survey_api.results.deciding import Decided, Gathered, decide
from climate_survey_api.results.measures.tally import Tally
from climate_survey_api.results.models import result_sheets
from shared.bulk import bulk_upsert
from shared.crypto import KeyRing
from shared.db import ReadSession, Session
from shared.events.surveys import RespondentGroup
from shared.outbox import record_messages

FEW = 5_000
"""Ballots that are counted within the request that closes a survey, which waits for them: one in twenty of those that
`make bench BENCH=closing` counts."""
_AT_ONCE = 50
"""Ballots added up before others get their turn."""
_SHEETS_AT_ONCE = 50
"""Kept and announced before others get their turn."""

_COLUMNS = (
    *("district_id", "administration_id", "school_id", "respondent_group", "facet"),
    *("minimum", "dimensions", "items", "respondents"),
)


async def see_to_closing(
    session: Session, ring: KeyRing, *, district_id: str, administration_id: UUID, now: datetime, zone: tzinfo
) -> None:
    """A survey has closed: whom its codes were for is forgotten, and its answers are counted.

    Many answers are left to the worker: a request would have to wait for them.
    """
    await forget_recipients(session, district_id=district_id, administration_id=administration_id)
    if await ballots_of(session, administration_id) <= FEW:
        await count(session, ring, district_id=district_id, administration_id=administration_id, now=now, zone=zone)


async def count(
    session: Session, ring: KeyRing, *, district_id: str, administration_id: UUID, now: datetime, zone: tzinfo
) -> None:
    """Count a closed survey's answers; it is announced what was found. Again, nothing doubles."""
    gathered = await gather(session, ring, district_id=district_id, administration_id=administration_id)
    if gathered is not None:
        decided = await decide(gathered, now=now, zone=zone)
        await settle(session, ring, decided, district_id=district_id, administration_id=administration_id)


async def gather(session: ReadSession, ring: KeyRing, *, district_id: str, administration_id: UUID) -> Gathered | None:
    """Open the box of a closed survey and add up what is in it; None where it is not closed, or counted already.

    Reads only: what it finds is as true in a later transaction, because a closed box is opened for nobody else.
    """
    there = await find_administration(session, district_id, administration_id)
    if there.status is not Status.CLOSED or there.counted_at is not None:
        return None
    instrument = await read_instrument(session, district_id, there.instrument_id, there.version)
    minimum = (await policy_of(session, district_id)).minimum
    tally = Tally(instrument.rules, there.facets)
    ballots = opened_ballots(session, ring, district_id=district_id, administration_id=administration_id)
    return Gathered(there, minimum, tally, await _added_up(ballots, tally))


async def _added_up(ballots: AsyncIterator[Ballot], tally: Tally) -> list[tuple[str, RespondentGroup, str, str]]:
    """Add ballots to a tally as they come, and lay their comments apart; others get their turn in between."""
    comments: list[tuple[str, RespondentGroup, str, str]] = []
    added = 0
    async for ballot in ballots:
        tally.add(ballot)
        unit = (ballot.school_id, ballot.respondent_group)
        comments += [(*unit, item_id, text) for item_id, text in ballot.comments.items()]
        added += 1
        if added % _AT_ONCE == 0:
            await asyncio.sleep(0)
    return comments


async def settle(
    session: Session, ring: KeyRing, decided: Decided, *, district_id: str, administration_id: UUID
) -> bool:
    """Keep and announce what was decided, and destroy the answers.

    Of several that settle at once one does: the sheets' key tells the others, which wait for it. False: another did,
    or the district has set another minimum since it was decided, and it has to be decided anew.
    """
    if (await policy_of(session, district_id)).minimum != decided.minimum:
        return False
    left = iter(decided.sheets)
    while some := list(islice(left, _SHEETS_AT_ONCE)):
        rows = [sheet.row for sheet in some]
        if await bulk_upsert(session, result_sheets, _COLUMNS, rows, on_conflict="ignore") < len(rows):
            return False
        await record_messages(session, [message for sheet in some for message in sheet.messages()])
    await keep_comments(
        session, ring, district_id=district_id, administration_id=administration_id, comments=decided.comments
    )
    await empty_box(session, district_id=district_id, administration_id=administration_id)
    await note_counted(session, administration_id, decided.now)
    return True
