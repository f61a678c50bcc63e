"""What the topic `surveys` changes: when surveys ran, how many answered by which day, and what was found.

What is too small to be told was suppressed before it was announced, for everybody: so nothing of it is decided here.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any

from reporting.codec import AT_OPENING, LAST_DAY, LONGEST_ID, RESPONDENT_GROUPS, WHOLE_DISTRICT, Unstorable
from reporting.projections.changes import (
    Answered,
    Change,
    Closing,
    Count,
    Counting,
    Finding,
    Opening,
    Progress,
    Unit,
)
from shared.events import surveys
from shared.events.base import Event

# As wide as their columns: an event beyond them is poisoned, and must not take its whole batch with it.
_COUNTS = range(1 << 31)
_SCHOOL_YEARS = range(1, 1 << 15)
_FIRST_INSTANT = datetime(1, 1, 1, tzinfo=UTC)


def on_survey_opened(event: surveys.SurveyOpened) -> Iterable[Change]:
    """It runs since that day, and nobody has answered yet. Raises: Unstorable."""
    year, day = _school_year(event.school_year), event.opened_on.toordinal()
    yield Opening(event.district_id, str(event.administration_id), _version(event), year, day)
    for invited in event.units:
        yield Progress(_unit_at(event, invited), _answered(AT_OPENING, invited.invited, None, 0))


def on_survey_progressed(event: surveys.SurveyProgressed) -> Iterable[Change]:
    """So many have answered by the end of that day, unless a later one is known. Raises: Unstorable."""
    by_then = _answered(event.counted_on.toordinal(), event.invited, event.generated, event.used)
    return (Progress(_unit_at(event, event), by_then),)


def on_survey_closed(event: surveys.SurveyClosed) -> Iterable[Change]:
    """It is over, and so many have answered in the end, whatever day told before. Raises: Unstorable."""
    year, day = _school_year(event.school_year), event.closed_on.toordinal()
    yield Closing(event.district_id, str(event.administration_id), _version(event), year, day)
    for used in event.units:
        yield Progress(_unit_at(event, used), _answered(LAST_DAY, used.invited, used.generated, used.used))


def on_survey_results_counted(event: surveys.SurveyResultsCounted) -> Iterable[Change]:
    """This was found, dimension by dimension; items and facets have no view here. Raises: Unstorable."""
    if event.facet is not None:
        return ()
    counting = Counting(
        _school_year(event.school_year),
        event.closed_on.toordinal(),
        _count(event.schools_counted),
        _count(event.invited),
        _count(event.minimum),
    )
    school_id = WHOLE_DISTRICT if event.school_id is None else _school(event.school_id)
    unit = Unit((event.district_id, school_id), str(event.administration_id), RESPONDENT_GROUPS[event.respondent_group])
    return (Count(unit, _version(event), counting, _findings(event.rows)),)


def _findings(rows: Iterable[surveys.ResultRow]) -> dict[str, Finding]:
    findings: dict[str, Finding] = {}
    for row in (row for row in rows if row.item_id is None):
        if row.dimension in findings or not 0 < len(row.dimension) <= LONGEST_ID or "\0" in row.dimension:
            raise Unstorable("a dimension that is told twice, or whose name no table can hold")
        findings[row.dimension] = _SUPPRESSED if row.sums is None else _finding(row.sums)
    return findings


_SUPPRESSED = Finding(None, None, None, None)


def _finding(sums: surveys.AnswerSums) -> Finding:
    if sums.favorable > sums.answers or not isfinite(sums.means):
        raise Unstorable("sums that no answers have")
    return Finding(_count(sums.n), _count(sums.answers), _count(sums.favorable), sums.means)


def _answered(counted_day: int, invited: int, generated: int | None, used: int) -> Answered:
    return Answered(counted_day, _count(invited), None if generated is None else _count(generated), _count(used))


def _unit_at(
    event: surveys.SurveyOpened | surveys.SurveyProgressed | surveys.SurveyClosed,
    said: surveys.UnitInvited | surveys.SurveyProgressed,
) -> Unit:
    place = event.district_id, _school(said.school_id)
    return Unit(place, str(event.administration_id), RESPONDENT_GROUPS[said.respondent_group])


def _school(school_id: str) -> str:
    if school_id == WHOLE_DISTRICT:
        raise Unstorable("an empty id")
    return school_id


def _version(event: Event) -> int:
    """When it was said, in microseconds: a survey is counted once, but for one that had to be counted once more."""
    return (event.occurred_at - _FIRST_INSTANT) // timedelta(microseconds=1)


def _school_year(school_year: int) -> int:
    if school_year not in _SCHOOL_YEARS:
        raise Unstorable("a year that no school has")
    return school_year


def _count(n: int) -> int:
    if n not in _COUNTS:
        raise Unstorable("more people or answers than there are")
    return n


PROJECTIONS: Mapping[type[Event], Callable[[Any], Iterable[Change]]] = {
    surveys.SurveyOpened: on_survey_opened,
    surveys.SurveyProgressed: on_survey_progressed,
    surveys.SurveyClosed: on_survey_closed,
    surveys.SurveyResultsCounted: on_survey_results_counted,
}
