"""What can be read of the roster: schools, students, and the few facts that a referral needs."""

from dataclasses import dataclass

from sqlalchemy import and_, bindparam, select

from referral_api.students.models import student_schools, students
from referral_api.students.rules import grade_band
from shared.db import ReadSession
from shared.events.facets import Disability, Facets, RaceEthnicity, Sex


@dataclass(frozen=True, slots=True)
class StudentForReferral:
    """A student as a referral needs him: that he is active at the school, and the groups he is counted in today."""

    student_id: str
    school_id: str
    facets: Facets


_FOR_REFERRAL = (
    select(
        students.c.grade, students.c.race_ethnicity, students.c.sex, students.c.disability, students.c.english_learner
    )
    .join(
        student_schools,
        and_(
            student_schools.c.district_id == students.c.district_id,
            student_schools.c.student_id == students.c.student_id,
        ),
    )
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
    """The student's groups today; None unless he is active at that school. Two primary-key reads in one statement."""
    found = (
        await session.execute(
            _FOR_REFERRAL, {"district_id": district_id, "student_id": student_id, "school_id": school_id}
        )
    ).first()
    if found is None:
        return None
    facets = Facets(
        race_ethnicity=RaceEthnicity(found.race_ethnicity),
        sex=Sex(found.sex),
        disability=Disability(found.disability),
        english_learner=found.english_learner,
        grade_band=grade_band(found.grade),
    )
    return StudentForReferral(student_id=student_id, school_id=school_id, facets=facets)
