"""Reading one student's record, which is a disclosure."""

from referral_api.disclosures.operations.opening import Asking, open_to_officer
from referral_api.disclosures.operations.recording import record_disclosure
from referral_api.disclosures.rules import statement_if_any
from referral_api.students.errors import StudentNotFound
from referral_api.students.identity import StudentIdentity, identity_of, schools_of
from referral_api.students.views import Student, find_student
from shared.auth import Role
from shared.db import Session
from shared.errors import ServiceError

RECORD = "student"


async def disclose_student(
    session: Session, student_id: str, asking: Asking
) -> Student | StudentIdentity | ServiceError:
    """The student's record, and in the same transaction the note that it was seen; to an officer who he is, or why not.

    Raises: StudentNotFound when he is at no school that the caller may see; an officer's is noted and returned where
    the district has such a student.
    """
    if asking.caller.role is Role.OFFICER:
        return await _disclose_to_officer(session, student_id, asking)
    caller, now = asking.caller, asking.now
    student = await find_student(session, student_id, caller=caller, ring=asking.ring)
    stated = statement_if_any(asking.sent, requested_by=caller.sub, now=now)
    await record_disclosure(
        session,
        caller=caller,
        student_id=student_id,
        record=RECORD,
        now=now,
        ring=asking.ring,
        purpose=stated.purpose if stated is not None else None,
        emergency=stated.emergency if stated is not None else None,
    )
    return student


async def _disclose_to_officer(session: Session, student_id: str, asking: Asking) -> StudentIdentity | ServiceError:
    caller = asking.caller
    schools = await schools_of(session, district_id=caller.district_id, student_id=student_id)
    if schools is None:
        raise StudentNotFound
    visible = [school_id for school_id in schools if caller.sees_school(school_id)]
    opened = await open_to_officer(
        session, asking, student_id=student_id, school_ids=visible, record=RECORD, not_found=StudentNotFound()
    )
    if isinstance(opened, ServiceError):
        return opened
    return identity_of(await find_student(session, student_id, caller=caller, ring=asking.ring))
