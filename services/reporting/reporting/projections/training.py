"""What the topic `training` changes: the triad ledger, the drills and what is asked of them, how officers stand.

A standing says for every day how it is on it, as far as is known now: so what time alone changes needs no event, and
any day can be asked about. Nobody's name is in it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from reporting.codec import (
    ANY_TYPE,
    DRILL_TYPES,
    FIRST_DAY,
    GRADE_BANDS,
    KINDS,
    LAST_DAY,
    LONGEST_ID,
    NO_MONTH,
    ROLES,
    STANDINGS,
    TOLD,
    Unstorable,
    month_of,
)
from reporting.projections.changes import (
    Activity,
    ActivityCell,
    Change,
    Drill,
    DrillCell,
    Quota,
    QuotaRow,
    Standing,
    Step,
    Term,
)
from shared.events import training
from shared.events.base import Event

# As wide as their columns: an event beyond them is poisoned, and must not take its whole batch with it.
_VERSIONS = range(1 << 63)
_COUNTS = range(1 << 31)
_MONTHS = range(1, 13)


def on_activity_logged(event: training.ActivityLogged) -> Iterable[Change]:
    """It counts in the triad ledger of its school. Raises: Unstorable."""
    return (_activity(event, 1),)


def on_activity_taken_back(event: training.ActivityTakenBack) -> Iterable[Change]:
    """It counts no more. Raises: Unstorable."""
    return (_activity(event, -1),)


def on_drill_held(event: training.DrillHeld) -> Iterable[Change]:
    """It counts among the drills of its school. Raises: Unstorable."""
    cell = DrillCell(
        (event.district_id, event.school_id),
        month_of(event.held_on),
        DRILL_TYPES[event.type],
        TOLD[event.announced],
        TOLD[event.notice_in_time],
        TOLD[event.trauma_informed],
    )
    return (Drill(cell),)


def on_officer_standing_changed(event: training.OfficerStandingChanged) -> Iterable[Change]:
    """The officer stands and serves so, unless a later version is known. Raises: Unstorable."""
    _ensure_version(event.version)
    requirement_ids = [requirement.requirement_id for requirement in event.requirements]
    _ensure_ids(event.officer_id, *requirement_ids)
    if len(set(requirement_ids)) < len(requirement_ids):
        raise Unstorable("two standings to one requirement")
    steps = [step for requirement in event.requirements for step in _steps(requirement)]
    return (Standing(event.district_id, event.officer_id, event.version, tuple(steps), _terms(event.assignments)),)


def on_drill_quota_set(event: training.DrillQuotaSet) -> Iterable[Change]:
    """This is what the district asks of its schools, unless a later version is known. Raises: Unstorable."""
    _ensure_version(event.version)
    _ensure_ids(*(row.quota_id for row in event.rows))
    return (Quota(event.district_id, event.version, tuple(_quota_row(row) for row in event.rows)),)


def _activity(event: training.ActivityEvent, n: int) -> Activity:
    if event.minutes not in _COUNTS or event.students_reached not in _COUNTS:
        raise Unstorable("minutes or students that no activity has")
    band = event.grade_band if event.kind is training.ActivityKind.LESSON else None
    cell = ActivityCell(
        (event.district_id, event.school_id),
        month_of(event.started_on),
        ROLES[event.role],
        KINDS[event.kind],
        GRADE_BANDS[band],
    )
    return Activity(cell, n, n * event.minutes, n * event.students_reached)


def _steps(requirement: training.RequirementStanding) -> Iterable[Step]:
    """Each step with its last day; before its first day the first one holds too. Raises: Unstorable."""
    begins = [step.from_on.toordinal() for step in requirement.steps]
    if not begins or any(later <= earlier for earlier, later in pairwise(begins)):
        raise Unstorable("a standing without steps, or with steps out of order")
    ends = [*(begin - 1 for begin in begins[1:]), LAST_DAY]
    begins[0] = FIRST_DAY
    for number, (step, from_day, to_day) in enumerate(zip(requirement.steps, begins, ends, strict=True)):
        status, confirmed = STANDINGS[step.status], int(requirement.confirmed)
        yield Step(requirement.requirement_id, number, from_day, to_day, status, confirmed)


def _terms(assignments: Sequence[training.AssignmentTerm]) -> tuple[Term, ...]:
    """Numbered anew at each school, where their rows are."""
    known: dict[str, int] = {}
    terms: list[Term] = []
    for term in assignments:
        number = known[term.school_id] = known.get(term.school_id, -1) + 1
        to_day = LAST_DAY if term.to_on is None else term.to_on.toordinal()
        terms.append(Term(term.school_id, number, term.from_on.toordinal(), to_day))
    return tuple(terms)


def _quota_row(row: training.QuotaRow) -> QuotaRow:
    told = [month for month in (row.from_month, row.to_month) if month is not None]
    if row.least not in _COUNTS or any(month not in _MONTHS for month in told):
        raise Unstorable("drills or months that no school year has")
    return QuotaRow(
        row.quota_id,
        ANY_TYPE if row.type is None else DRILL_TYPES[row.type],
        row.least,
        NO_MONTH if row.from_month is None else row.from_month,
        NO_MONTH if row.to_month is None else row.to_month,
    )


def _ensure_version(version: int) -> None:
    if version not in _VERSIONS:
        raise Unstorable("a version that nothing has")


def _ensure_ids(*ids: str) -> None:
    if any(not 0 < len(one) <= LONGEST_ID or "\0" in one for one in ids):
        raise Unstorable("an id that is empty, too long or has a NUL character")


PROJECTIONS: Mapping[type[Event], Callable[[Any], Iterable[Change]]] = {
    training.ActivityLogged: on_activity_logged,
    training.ActivityTakenBack: on_activity_taken_back,
    training.DrillHeld: on_drill_held,
    training.OfficerStandingChanged: on_officer_standing_changed,
    training.DrillQuotaSet: on_drill_quota_set,
}
