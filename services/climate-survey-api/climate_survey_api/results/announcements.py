"""Which events tell of what was found: pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from uuid import UUID

from pydantic import TypeAdapter

from climate_survey_api.results.measures.sheets import Sheet
from shared.events.surveys import ResultRow, SurveyResultsCounted
from shared.outbox import new_event_id

MOST_ROWS = 400
"""In one event: with the longest ids that an instrument may have they fit into what the bus takes. A sheet that is not
by a facet has fewer always; one by a facet is told in several events where it has more, each of other rows."""

_ROWS = TypeAdapter(tuple[ResultRow, ...])
"""A sheet's rows as they are announced: of each what both call by the same name."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What all sheets of one count have in common."""

    district_id: str
    administration_id: UUID
    school_year: int
    closed_on: date
    minimum: int
    now: datetime


def results_counted(counted: Counted, sheet: Sheet) -> Iterator[SurveyResultsCounted]:
    """What is told of a sheet: its dimensions, then its items."""
    rows = [*sheet.dimensions, *sheet.items]
    schools, invited = max(((row.schools, row.invited or 0) for row in rows), default=(0, 0))
    left = iter(rows)
    while piece := list(islice(left, MOST_ROWS)):
        yield SurveyResultsCounted(
            event_id=new_event_id(),
            occurred_at=counted.now,
            district_id=counted.district_id,
            administration_id=counted.administration_id,
            school_year=counted.school_year,
            closed_on=counted.closed_on,
            school_id=sheet.school_id,
            respondent_group=sheet.respondent_group,
            facet=sheet.facet,
            schools_counted=schools,
            invited=invited,
            minimum=counted.minimum,
            rows=_ROWS.validate_python(piece, from_attributes=True),
        )
