"""What the topic `roster` changes: how many students each school has, the denominator of every rate."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from reporting.codec import Unstorable, pack_students
from reporting.projections.changes import Change, Register
from shared.events import roster
from shared.events.base import Event

# As wide as their columns: an event beyond them is poisoned, and must not take its whole batch with it.
_SCHOOL_YEARS = range(1, 1 << 15)
_VERSIONS = range(1 << 63)
_MOST_STUDENTS = (1 << 31) - 1


def on_enrollment_counted(event: roster.EnrollmentCounted) -> Iterable[Change]:
    """The school's enrolment is this, unless a later count is known. Raises: Unstorable."""
    if event.school_year not in _SCHOOL_YEARS or event.version not in _VERSIONS:
        raise Unstorable("a school year or version that no district has")
    students: dict[int, int] = {}
    for count in event.counts:
        cell = pack_students(count.facets)
        students[cell] = students.get(cell, 0) + count.n
    if sum(students.values()) > _MOST_STUDENTS:
        raise Unstorable("more students than any school has")
    place = (event.district_id, event.school_id)
    return (Register(place, event.school_year, event.version, students),)


PROJECTIONS: Mapping[type[Event], Callable[[Any], Iterable[Change]]] = {
    roster.EnrollmentCounted: on_enrollment_counted,
}
