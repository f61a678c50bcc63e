"""A school's students by their groups, as `EnrollmentCounted` announces them: the denominator of every rate."""

import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from shared.events.facets import Disability, Facets, RaceEthnicity, Sex, grade_band
from shared.events.roster import EnrollmentCounted, FacetCount
from shared.outbox import new_event_id

_BATCH = 2000
"""Students counted at once: less time than GROUP BY, which would sort them all."""


Schools = dict[str, Counter[Facets]]
"""Per school how many students of which groups it has; one without students has none."""


@dataclass(frozen=True, slots=True)
class Enrollment:
    """The students of a district's schools on a day."""

    school_year: int
    counted_on: date
    schools: Mapping[str, Mapping[Facets, int]]


def count_students(scratch: sqlite3.Connection, into: Schools) -> Iterator[None]:
    """Count what an import resolved, in steps: every school the district ever had.

    A student at two schools counts at each.
    """
    schools = scratch.execute("SELECT org_id FROM now_orgs WHERE kind = 'school' ORDER BY org_id")
    into.update((school_id, Counter()) for (school_id,) in schools)
    found = scratch.execute(
        "SELECT a.school_id, s.race_ethnicity, s.sex, s.disability, s.english_learner, s.grade"
        " FROM now_student_schools a JOIN now_students s USING (student_id)"
    )
    while rows := found.fetchmany(_BATCH):
        for (school_id, *groups), n in Counter(rows).items():
            into[school_id][_facets(*groups)] += n
        yield


@lru_cache(maxsize=10_000)
def _facets(race_ethnicity: str, sex: str, disability: str, english_learner: int | None, grade: str | None) -> Facets:
    return Facets(
        race_ethnicity=RaceEthnicity(race_ethnicity),
        sex=Sex(sex),
        disability=Disability(disability),
        english_learner=None if english_learner is None else bool(english_learner),
        grade_band=grade_band(grade),
    )


def announcements(
    enrollment: Enrollment, *, district_id: str, version: int, now: datetime
) -> Iterator[EnrollmentCounted]:
    """One event per school, in the order of their ids."""
    for school_id, counts in enrollment.schools.items():
        yield EnrollmentCounted(
            event_id=new_event_id(),
            occurred_at=now,
            district_id=district_id,
            school_id=school_id,
            school_year=enrollment.school_year,
            counted_on=enrollment.counted_on,
            version=version,
            counts=tuple(FacetCount(facets=facets, n=n) for facets, n in counts.items()),
        )
