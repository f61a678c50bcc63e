"""What an officer is shown of a student: who he is and where, and nothing of what the school knows about him."""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from referral_api.students.models import student_schools, students
from referral_api.students.views import Student
from shared.db import ReadSession


class StudentIdentity(BaseModel):
    """A student as an officer is shown him."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "student_id": "st-00017",
                    "given_name": "Ana",
                    "family_name": "Lê",
                    "grade": "07",
                    "school_ids": ["s-1"],
                }
            ]
        },
    )

    student_id: str = Field(description="OneRoster sourcedId.")
    given_name: str
    family_name: str
    grade: str | None = Field(description="CEDS code of the highest grade; null for the ungraded.")
    school_ids: list[str] = Field(description="His schools, of those that the officer may see.")


def identity_of(student: Student) -> StudentIdentity:
    """The part of a record that an officer is shown. Source: docs/decisions/0015."""
    return StudentIdentity(
        student_id=student.student_id,
        given_name=student.given_name,
        family_name=student.family_name,
        grade=student.grade,
        school_ids=student.school_ids,
    )


async def schools_of(session: ReadSession, *, district_id: str, student_id: str) -> Sequence[str] | None:
    """The schools a student is at, whoever asks; none for a leaver. None: the district never had him."""
    at = select(student_schools.c.school_id).where(
        student_schools.c.district_id == district_id, student_schools.c.student_id == student_id
    )
    schools = (await session.execute(at.order_by(student_schools.c.school_id))).scalars().all()
    if schools:
        return schools
    there = select(students.c.student_id).where(
        students.c.district_id == district_id, students.c.student_id == student_id
    )
    return None if (await session.execute(there)).first() is None else ()
