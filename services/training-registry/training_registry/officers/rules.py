"""What an officer is to the rules about standing, and what may be said of him. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from shared.errors import Fault
from shared.events.facets import school_year_of
from training_registry.officers.errors import (
    AssignmentOverlaps,
    EndsBeforeItBegins,
    EvaluatedInFuture,
    NotAssignedThere,
    OwnRecord,
)


class Position(StrEnum):
    """What kind of post it is; a requirement binds one kind."""

    SRO = "sro"
    SECURITY_STAFF = "security_staff"


class Panelist(StrEnum):
    """Who sat on the panel that chose an officer for a school."""

    PRINCIPAL = "principal"
    ASSISTANT_PRINCIPAL = "assistant_principal"
    COUNSELOR = "counselor"
    PARENT = "parent"
    STUDENT = "student"
    AGENCY = "agency"
    OTHER = "other"


class Evaluator(StrEnum):
    """Whose view of an officer's year it is."""

    PRINCIPAL = "principal"
    ASSISTANT_PRINCIPAL = "assistant_principal"
    DISTRICT_STAFF = "district_staff"
    AGENCY = "agency"


class Criterion(StrEnum):
    """What an officer is evaluated on, from 1 to 5.

    The three parts of the triad count one each; the others are what agreements promise. Source: NASRO's triad, the
    clauses that state laws and the COPS Office ask of an agreement.
    """

    TEACHING = "teaching"
    MENTORING = "mentoring"
    LAW_ENFORCEMENT = "law_enforcement"
    KEEPS_OUT_OF_DISCIPLINE = "keeps_out_of_discipline"
    RELATIONSHIPS_WITH_STUDENTS = "relationships_with_students"
    RELATIONSHIPS_WITH_STAFF = "relationships_with_staff"
    COMMUNICATION = "communication"
    DE_ESCALATION = "de_escalation"
    STUDENT_RIGHTS = "student_rights"
    INFORMATION_SHARING = "information_sharing"
    FAIRNESS = "fairness"


@dataclass(frozen=True, slots=True)
class Assignment:
    """An officer is assigned to a school from a day to a day, both included."""

    assignment_id: UUID
    school_id: str
    from_on: date
    to_on: date | None


@dataclass(frozen=True, slots=True)
class Officer:
    """An officer as far as rules ask about him: no name."""

    officer_id: str
    agency: str
    position: Position
    appointed_on: date
    certified_on: date | None
    assignments: tuple[Assignment, ...]
    """In the order of their first days; none that was withdrawn."""
    left_on: date | None = None
    """His last day with the agency; None: he is still there."""

    def is_assigned(self, school_id: str, on: date) -> bool:
        """Whether he is assigned to that school on that day."""
        return any(a.school_id == school_id and a.from_on <= on and self._lasts(a, on) for a in self.assignments)

    def last_day(self, assignment: Assignment) -> date | None:
        """An assignment's last day: no later than his own with the agency. None: no end is known."""
        return min((day for day in (assignment.to_on, self.left_on) if day is not None), default=None)

    def _lasts(self, assignment: Assignment, on: date) -> bool:
        last = self.last_day(assignment)
        return last is None or on <= last


@dataclass(frozen=True, slots=True)
class Rated:
    """One school's input to an evaluation, as far as figures are made of it."""

    school_id: str
    ratings: Mapping[Criterion, int]


@dataclass(frozen=True, slots=True)
class Mean:
    """What all that rated a criterion make of it together."""

    mean: float
    n: int


def ensure_not_own(officer_id: str, caller_sub: str) -> None:
    """The sender is never the subject. Raises: OwnRecord."""
    if officer_id == caller_sub:
        raise OwnRecord


def ensure_in_order(first: date, last: date | None, *, field: str, after: str) -> None:
    """A last day is not before the first. Raises: EndsBeforeItBegins."""
    if last is not None and last < first:
        raise EndsBeforeItBegins(errors=[Fault(field, f"must not be before {after}")])


def ensure_no_overlap(new: Assignment, others: Iterable[Assignment]) -> None:
    """One officer is assigned to one school once on any day. Raises: AssignmentOverlaps.

    Refused and not merged: a merged row would say of days that nobody named that he served on them, and would have to
    choose between two principals' parts.
    """
    for other in others:
        if other.assignment_id == new.assignment_id or other.school_id != new.school_id:
            continue
        if _starts_by(new, other.to_on) and _starts_by(other, new.to_on):
            raise AssignmentOverlaps(
                f"Assignment {other.assignment_id} covers some of these days; correct that one.",
                assignment_id=str(other.assignment_id),
            )


def _starts_by(assignment: Assignment, day: date | None) -> bool:
    return day is None or assignment.from_on <= day


def schools_served(assignments: Iterable[Assignment], school_year: int) -> set[str]:
    """The schools that an officer was assigned to on some day of a school year, which ends on 30 June of its number."""
    begins, ends = date(school_year - 1, 7, 1), date(school_year, 6, 30)
    return {a.school_id for a in assignments if a.from_on <= ends and (a.to_on is None or a.to_on >= begins)}


def ensure_may_be_evaluated(
    assignments: Iterable[Assignment], *, school_id: str, school_year: int, evaluated_on: date, today: date
) -> None:
    """An evaluation is of a year in which he served there, and has been made.

    Raises: NotAssignedThere, EvaluatedInFuture.
    """
    if evaluated_on > today:
        raise EvaluatedInFuture(errors=[Fault("evaluated_on", "lies in the future")])
    if school_year > school_year_of(today):
        raise EvaluatedInFuture(errors=[Fault("school_year", "has not begun")])
    if school_id not in schools_served(assignments, school_year):
        raise NotAssignedThere(errors=[Fault("school_id", "is no school of his in that school year")])


def means(rated: Sequence[Rated]) -> dict[Criterion, Mean]:
    """What each criterion comes to over everybody's input.

    Shape: one entry per criterion that somebody rated, in the order of the criteria. Units: the mean of ratings from
    1 to 5, to two places; every input counts the same, also where one school gave several.
    """
    found: dict[Criterion, Mean] = {}
    for criterion in Criterion:
        given = [r.ratings[criterion] for r in rated if criterion in r.ratings]
        if given:
            found[criterion] = Mean(round(sum(given) / len(given), 2), len(given))
    return found
