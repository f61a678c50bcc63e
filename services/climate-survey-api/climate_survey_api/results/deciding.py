"""What is kept and announced of a count, decided and written out before any of it is stored."""

import asyncio
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from itertools import islice

from climate_survey_api.administrations.plan import VALUES
from climate_survey_api.administrations.rules import Administration
from climate_survey_api.responses.asking import facets_asked
from climate_survey_api.results.announcements import Counted, results_counted
from climate_survey_api.results.measures.sheets import Sheet, packed
from climate_survey_api.results.measures.showing import GroupCount
from climate_survey_api.results.measures.tally import Tally
from climate_survey_api.source import SOURCE
from shared.bus.base import Message
from shared.events.facets import school_year_of
from shared.events.surveys import RespondentGroup
from shared.outbox import announcements

_SHEETS_AT_ONCE = 3
"""Decided before the process may stop."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """What was in the box: everything added up, and each comment by itself."""

    there: Administration
    minimum: int
    """Under how many respondents nothing is shown, by the district's rules of that moment."""
    tally: Tally
    comments: Sequence[tuple[str, RespondentGroup, str, str]]


@dataclass(frozen=True, slots=True)
class WrittenSheet:
    """A sheet as it is stored and announced.

    Small: those of all schools are in memory together (`make bench BENCH=closing` tells the most that there is).
    """

    row: tuple[object, ...]
    _messages: Sequence[Message]

    @classmethod
    def of(cls, counted: Counted, sheet: Sheet) -> "WrittenSheet":
        """Write it out."""
        key = (sheet.school_id or "", sheet.respondent_group.value, sheet.facet.value if sheet.facet else "")
        rows = packed(sheet.dimensions), packed(sheet.items), packed(sheet.respondents)
        told = announcements(*results_counted(counted, sheet), source=SOURCE)
        small = [replace(message, value=zlib.compress(message.value or b"", 1)) for message in told]
        return cls((counted.district_id, counted.administration_id, *key, counted.minimum, *rows), small)

    def messages(self) -> Iterator[Message]:
        """What is announced of it."""
        for message in self._messages:
            yield replace(message, value=zlib.decompress(message.value or b""))


@dataclass(frozen=True, slots=True)
class Decided:
    """All that a count leaves behind."""

    minimum: int
    now: datetime
    sheets: Sequence[WrittenSheet]
    comments: Sequence[tuple[str, RespondentGroup, str, str]]


async def decide(gathered: Gathered, *, now: datetime, zone: tzinfo) -> Decided:
    """What may be shown of what was gathered, written out. Others get their turn: of many schools it takes long."""
    there = gathered.there
    opened_on, closed_on = (
        instant.astimezone(zone).date() for instant in (there.opens_at, there.closed_at or there.closes_at)
    )
    counted = Counted(
        there.district_id,
        there.administration_id,
        school_year_of(opened_on),
        closed_on,
        gathered.minimum,
        now,
    )
    left = _sheets(gathered.tally, there, gathered.minimum)
    written: list[WrittenSheet] = []
    while some := await asyncio.to_thread(_next, left, counted):
        written += some
    return Decided(gathered.minimum, now, written, gathered.comments)


def _sheets(tally: Tally, there: Administration, minimum: int) -> Iterator[Sheet]:
    """Every group's sheets, one by one: of a large district they are far more than the counters they come from."""
    for group in sorted({unit.respondent_group for unit in there.units}):
        values = {facet: sorted(VALUES[facet]) for facet in facets_asked(there.facets, group)}
        units = {unit.school_id: unit for unit in there.units if unit.respondent_group is group}
        yield from GroupCount(group, tally.layout(group), tally.schools(group), units, minimum).sheets(values)


def _next(left: Iterator[Sheet], counted: Counted) -> list[WrittenSheet]:
    """The next sheets; none after the last."""
    return [WrittenSheet.of(counted, sheet) for sheet in islice(left, _SHEETS_AT_ONCE)]
