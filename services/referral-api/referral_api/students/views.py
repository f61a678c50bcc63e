"""What can be read of the roster: schools, students, and the few facts that a referral needs."""

import asyncio
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Select, and_, bindparam, exists, select

from referral_api.calendar.rules import SchoolCalendar
from referral_api.calendar.views import calendar_in, calendar_text
from referral_api.students.errors import StudentNotFound
from referral_api.students.models import orgs, student_schools, students
from shared.auth import Caller
from shared.crypto import KeyRing
from shared.db import ReadSession
from shared.events.facets import Disability, Facets, RaceEthnicity, Sex, grade_band
from shared.prepared import one_row

_CHUNK = 500
MOST_READ = 10_000
"""Students that one search reads at most: a page may hold few items, or none, and still have a next one."""


class School(BaseModel):
    """A school of the district."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"school_id": "s-1", "name": "Lincoln Middle School", "identifier": "0001"}]}
    )

    school_id: str = Field(description="OneRoster sourcedId.")
    name: str
    identifier: str | None = Field(description="The number that people know it by.")


class Student(BaseModel):
    """A student's record."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "student_id": "st-00017",
                    "given_name": "Ana",
                    "family_name": "Lê",
                    "grade": "07",
                    "school_ids": ["s-1"],
                    "race_ethnicity": "two_or_more",
                    "sex": "female",
                    "disability": "none",
                    "english_learner": None,
                }
            ]
        }
    )

    student_id: str = Field(description="OneRoster sourcedId.")
    given_name: str
    family_name: str
    grade: str | None = Field(description="CEDS code of the highest grade; null for the ungraded.")
    school_ids: list[str] = Field(description="His schools, of those that the caller may see.")
    race_ethnicity: RaceEthnicity
    sex: Sex
    disability: Disability
    english_learner: bool | None


@dataclass(frozen=True, slots=True)
class StudentForReferral:
    """A student as a referral needs him: that he is active at the school, and the groups he is counted in today.

    With him comes the school time that his referral's clock runs in.
    """

    student_id: str
    school_id: str
    facets: Facets
    calendar: SchoolCalendar


_OF_STUDENT = and_(
    student_schools.c.district_id == students.c.district_id,
    student_schools.c.student_id == students.c.student_id,
)
_FOR_REFERRAL = (
    select(
        students.c.grade,
        students.c.race_ethnicity,
        students.c.sex,
        students.c.disability,
        students.c.english_learner,
        calendar_text(bindparam("district_id")).label("calendar"),
    )
    .join(student_schools, _OF_STUDENT)
    .where(
        students.c.district_id == bindparam("district_id"),
        students.c.student_id == bindparam("student_id"),
        student_schools.c.school_id == bindparam("school_id"),
        students.c.active,
    )
)


async def student_for_referral(
    session: ReadSession, *, district_id: str, student_id: str, school_id: str
) -> StudentForReferral | None:
    """The student's groups today; None unless he is active at that school.

    Three primary-key reads in one statement: each further one would be felt in every submission.
    """
    found = await one_row(session, _FOR_REFERRAL, district_id=district_id, student_id=student_id, school_id=school_id)
    if found is None:
        return None
    facets = Facets(
        race_ethnicity=RaceEthnicity(found["race_ethnicity"]),
        sex=Sex(found["sex"]),
        disability=Disability(found["disability"]),
        english_learner=found["english_learner"],
        grade_band=grade_band(found["grade"]),
    )
    calendar = calendar_in(found["calendar"], district_id)
    return StudentForReferral(student_id=student_id, school_id=school_id, facets=facets, calendar=calendar)


async def school_exists(session: ReadSession, *, district_id: str, school_id: str) -> bool:
    """Whether the district has such a school, active or not."""
    wanted = select(orgs.c.org_id).where(
        orgs.c.district_id == district_id, orgs.c.org_id == school_id, orgs.c.kind == "school"
    )
    return (await session.execute(wanted)).first() is not None


async def list_schools(session: ReadSession, *, caller: Caller, after: str, limit: int) -> list[School]:
    """Active schools that the caller may see, by id, behind `after`."""
    wanted = select(orgs.c.org_id, orgs.c.name, orgs.c.identifier).where(
        orgs.c.district_id == caller.district_id, orgs.c.kind == "school", orgs.c.active, orgs.c.org_id > after
    )
    if caller.school_ids is not None:
        wanted = wanted.where(orgs.c.org_id.in_(sorted(caller.school_ids)))
    found = await session.execute(wanted.order_by(orgs.c.org_id).limit(limit))
    return [School(school_id=r.org_id, name=r.name, identifier=r.identifier) for r in found]


async def ensure_visible(session: ReadSession, caller: Caller, student_id: str) -> None:
    """Refuse a student whom the caller may not know of. Raises: StudentNotFound."""
    wanted = select(students.c.student_id).where(
        students.c.district_id == caller.district_id, students.c.student_id == student_id
    )
    if (await session.execute(_at_schools_of(caller, wanted))).first() is None:
        raise StudentNotFound()


async def find_student(session: ReadSession, student_id: str, *, caller: Caller, ring: KeyRing) -> Student:
    """One active student. Raises: StudentNotFound, also when he is at none of the caller's schools."""
    wanted = select(students).where(
        students.c.district_id == caller.district_id, students.c.student_id == student_id, students.c.active
    )
    found = (await session.execute(_at_schools_of(caller, wanted))).first()
    if found is None:
        raise StudentNotFound()
    return (await _with_schools(session, caller, [(found, *_names(found, ring))]))[0]


async def list_students(
    session: ReadSession,
    *,
    caller: Caller,
    ring: KeyRing,
    school_id: str | None,
    grade: str | None,
    q: str | None,
    after: str,
    limit: int,
) -> tuple[list[Student], str | None]:
    """Active students that the caller may see, by id, behind `after`; and the id to go on behind, if there may be more.

    `q` is words that his names have, each by its beginning, or the beginning of his id; of no word it asks nothing.
    Names are encrypted and no index over them exists, because it would give initials away; they are decrypted chunk by
    chunk, outside the event loop.
    """
    wanted = _at_schools_of(caller, _active_students(caller, school_id=school_id, grade=grade))
    wanted = wanted.order_by(students.c.student_id)
    sought = _Sought.by(q or "")
    hits: list[Any] = []
    read = 0
    while read < MOST_READ:
        size = _CHUNK if sought else limit + 1 - len(hits)
        rows = (await session.execute(wanted.where(students.c.student_id > after).limit(size))).all()
        read += len(rows)
        hits += await asyncio.to_thread(_named, rows, ring, sought)
        if len(hits) > limit:
            page = hits[:limit]
            return await _with_schools(session, caller, page), page[-1][0].student_id
        if len(rows) < size:
            return await _with_schools(session, caller, hits), None
        after = rows[-1].student_id
    return await _with_schools(session, caller, hits), after


def _active_students(caller: Caller, *, school_id: str | None, grade: str | None) -> Select[Any]:
    wanted = select(students).where(students.c.district_id == caller.district_id, students.c.active)
    if school_id is not None:
        wanted = wanted.where(exists().where(_OF_STUDENT, student_schools.c.school_id == school_id))
    if grade is not None:
        wanted = wanted.where(students.c.grade == grade)
    return wanted


def _at_schools_of(caller: Caller, wanted: Select[Any]) -> Select[Any]:
    if caller.school_ids is None:
        return wanted
    return wanted.where(exists().where(_OF_STUDENT, student_schools.c.school_id.in_(sorted(caller.school_ids))))


@dataclass(frozen=True, slots=True)
class _Sought:
    """What a search asks for. Whoever types does not know whether `Lê Fam` is one name of a student or two."""

    beginnings: tuple[re.Pattern[str], ...]
    """Each is to be found in the names, where a word begins."""
    id_begins: str | None
    """Enough by itself: of one word nobody knows whether it is a name or an id."""

    @classmethod
    def by(cls, q: str) -> "_Sought | None":
        """What `q` asks for; None where there is no word in it."""
        words = _folded(q).split()
        if not words:
            return None
        return cls(
            tuple(re.compile(rf"(?<![^\W_]){re.escape(word)}") for word in words),
            words[0] if len(words) == 1 else None,
        )

    def fits(self, student_id: str, given_name: str, family_name: str) -> bool:
        """Whether this student is meant."""
        if self.id_begins is not None and _folded(student_id).startswith(self.id_begins):
            return True
        names = _folded(f"{given_name}\n{family_name}")
        return all(beginning.search(names) for beginning in self.beginnings)


def _named(rows: Iterable[Any], ring: KeyRing, sought: _Sought | None) -> list[Any]:
    """Rows with their names in the clear, of those that are sought."""
    named = ((row, *_names(row, ring)) for row in rows)
    return [n for n in named if sought is None or sought.fits(n[0].student_id, n[1], n[2])]


def _names(row: Any, ring: KeyRing) -> tuple[str, str]:
    key = f"{row.district_id}/{row.student_id}"
    return (
        ring.open(row.given_name, table="students", column="given_name", key=key),
        ring.open(row.family_name, table="students", column="family_name", key=key),
    )


def _folded(name: str) -> str:
    """A name without case and accents: `Zoë` and `zoe` are the same."""
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


async def _with_schools(session: ReadSession, caller: Caller, named: Sequence[Any]) -> list[Student]:
    """Named rows as records, each with those of his schools that the caller may see."""
    ids = [row.student_id for row, _, _ in named]
    found = await session.execute(
        select(student_schools.c.student_id, student_schools.c.school_id)
        .where(student_schools.c.district_id == caller.district_id, student_schools.c.student_id.in_(ids))
        .order_by(student_schools.c.school_id)
    )
    schools: dict[str, list[str]] = {student_id: [] for student_id in ids}
    for student_id, school_id in found:
        if caller.sees_school(school_id):
            schools[student_id].append(school_id)
    return [
        Student(
            student_id=row.student_id,
            given_name=given_name,
            family_name=family_name,
            grade=row.grade,
            school_ids=schools[row.student_id],
            race_ethnicity=row.race_ethnicity,
            sex=row.sex,
            disability=row.disability,
            english_learner=row.english_learner,
        )
        for row, given_name, family_name in named
    ]
