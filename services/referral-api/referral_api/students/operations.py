"""Reading one student's record, which is a disclosure."""

from datetime import datetime

from referral_api.disclosures.operations import record_disclosure
from referral_api.students.views import Student, find_student
from shared.auth import Caller
from shared.crypto import KeyRing
from shared.db import Session

RECORD = "student"


async def disclose_student(
    session: Session, student_id: str, *, caller: Caller, ring: KeyRing, now: datetime
) -> Student:
    """The student's record, and in the same transaction the note that the caller has seen it.

    Raises: StudentNotFound when he is at no school that the caller may see.
    """
    student = await find_student(session, student_id, caller=caller, ring=ring)
    await record_disclosure(session, caller=caller, student_id=student_id, record=RECORD, now=now)
    return student
