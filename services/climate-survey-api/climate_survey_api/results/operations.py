"""How a survey's answers become its results: counted once, and destroyed.

No single answer is kept: what may be shown is decided, stored and announced, words are handed to `comments`, and the
box and the key to it are destroyed, all in one transaction.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from itertools import islice
from uuid import UUID

from climate_survey_api.access_codes.operations import forget_recipients
from climate_survey_api.administrations.operations import note_counted
from climate_survey_api.administrations.plan import VALUES
from climate_survey_api.administrations.rules import Administration, Status
from climate_survey_api.administrations.views import find_administration
from climate_survey_api.comments.operations import keep_comments
from climate_survey_api.instruments.views import read_instrument
from climate_survey_api.policies.views import policy_of
from climate_survey_api.responses.asking import facets_asked
from climate_survey_api.responses.operations import empty_box
from climate_survey_api.responses.rules import Ballot
from climate_survey_api.responses.views import ballots_of, opened_ballots
from climate_survey_api.results.announcements import Counted, results_counted
from climate_survey_api.results.measures.sheets import Sheet, packed
from climate_survey_api.results.measures.showing import GroupCount
from climate_survey_api.results.measures.tally import Tally
from climate_survey_api.results.models import result_sheets
from climate_survey_api.source import SOURCE
from shared.bulk import bulk_upsert
from shared.crypto import KeyRing
from shared.db import ReadSession, Session
from shared.events.facets import school_year_of
from shared.events.surveys import RespondentGroup, SurveyResultsCounted
from shared.outbox import record

FEW = 5_000
"""Ballots that are counted within the request that closes a survey: a second or two."""
_AT_ONCE = 50
"""Ballots added up before others get their turn: some 10 ms."""
_SHEETS_AT_ONCE = 3
"""Kept and announced before others get their turn."""

_COLUMNS = (
    *("district_id", "administration_id", "school_id", "respondent_group", "facet"),
    *("minimum", "dimensions", "items", "respondents"),
)


@dataclass(frozen=True, slots=True)
class _Some:
    """Some sheets as they are stored, and what is announced of them."""

    rows: list[tuple[object, ...]]
    events: list[SurveyResultsCounted]


@dataclass(frozen=True, slots=True)
class Gathered:
    """What was in the box: everything added up, and each comment by itself."""

    tally: Tally
    comments: Sequence[tuple[str, RespondentGroup, str, str]]


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
        await settle(
            session, ring, gathered, district_id=district_id, administration_id=administration_id, now=now, zone=zone
        )


async def gather(session: ReadSession, ring: KeyRing, *, district_id: str, administration_id: UUID) -> Gathered | None:
    """Open the box of a closed survey and add up what is in it; None where it is not closed, or counted already.

    Reads only: what it finds is as true in a later transaction, because a closed box is opened for nobody else.
    """
    there = await find_administration(session, district_id, administration_id)
    if there.status is not Status.CLOSED or there.counted_at is not None:
        return None
    instrument = await read_instrument(session, district_id, there.instrument_id, there.version)
    ballots = opened_ballots(session, ring, district_id=district_id, administration_id=administration_id)
    return await added_up(ballots, Tally(instrument.rules, there.facets))


async def added_up(ballots: AsyncIterator[Ballot], tally: Tally) -> Gathered:
    """Add ballots to a tally as they come; others get their turn in between."""
    comments: list[tuple[str, RespondentGroup, str, str]] = []
    added = 0
    async for ballot in ballots:
        tally.add(ballot)
        unit = (ballot.school_id, ballot.respondent_group)
        comments += [(*unit, item_id, text) for item_id, text in ballot.comments.items()]
        added += 1
        if added % _AT_ONCE == 0:
            await asyncio.sleep(0)
    return Gathered(tally, comments)


async def settle(
    session: Session,
    ring: KeyRing,
    gathered: Gathered,
    *,
    district_id: str,
    administration_id: UUID,
    now: datetime,
    zone: tzinfo,
) -> bool:
    """Keep and announce of what was gathered what may be shown under the policy of now, and destroy the answers.

    Of several that settle at once one does: the sheets' key tells the others, which wait for it. False: another did.
    """
    there = await find_administration(session, district_id, administration_id)
    minimum = (await policy_of(session, district_id)).minimum
    opened_on, closed_on = (
        instant.astimezone(zone).date() for instant in (there.opens_at, there.closed_at or there.closes_at)
    )
    counted = Counted(district_id, administration_id, school_year_of(opened_on), closed_on, minimum, now)
    sheets = _sheets(gathered.tally, there, minimum)
    # What is decided for a thousand schools takes seconds, in which others are to be answered.
    while some := await asyncio.to_thread(_next, sheets, counted):
        if await bulk_upsert(session, result_sheets, _COLUMNS, some.rows, on_conflict="ignore") < len(some.rows):
            return False
        await record(session, *some.events, source=SOURCE)
    await keep_comments(
        session, ring, district_id=district_id, administration_id=administration_id, comments=gathered.comments
    )
    await empty_box(session, district_id=district_id, administration_id=administration_id)
    await note_counted(session, administration_id, now)
    return True


def _sheets(tally: Tally, there: Administration, minimum: int) -> Iterator[Sheet]:
    """Every group's sheets, one by one: of a large district they are far more than the counters they come from."""
    for group in sorted({unit.respondent_group for unit in there.units}):
        values = {facet: sorted(VALUES[facet]) for facet in facets_asked(there.facets, group)}
        units = {unit.school_id: unit for unit in there.units if unit.respondent_group is group}
        yield from GroupCount(group, tally.layout(group), tally.schools(group), units, minimum).sheets(values)


def _next(sheets: Iterator[Sheet], counted: Counted) -> _Some | None:
    """The next sheets; None after the last."""
    some = _Some([], [])
    for sheet in islice(sheets, _SHEETS_AT_ONCE):
        key = (sheet.school_id or "", sheet.respondent_group.value, sheet.facet.value if sheet.facet else "")
        rows = packed(sheet.dimensions), packed(sheet.items), packed(sheet.respondents)
        some.rows.append((counted.district_id, counted.administration_id, *key, counted.minimum, *rows))
        some.events.extend(results_counted(counted, sheet))
    return some if some.rows else None
