"""Submitting a referral: from an adult's worry to a clock that runs."""

from datetime import datetime
from typing import Annotated

from pydantic import ConfigDict, Field
from sqlalchemy import select

from referral_api.referrals import announcements, clocks, rules
from referral_api.referrals.errors import (
    NotedTooLongAgo,
    NothingToReopen,
    ReferralExists,
    SchoolNotFound,
    StillOpen,
    StudentNotAtSchool,
)
from referral_api.referrals.models import referral_steps
from referral_api.referrals.operations.consenting import Consent
from referral_api.referrals.operations.reopening import ensure_reopens
from referral_api.referrals.operations.storing import SOURCE, add, sealed
from referral_api.referrals.rules import Referral, Status
from referral_api.referrals.texts import Line, Narrative
from referral_api.referrals.views.finding import find_referral
from referral_api.referrals.views.records import record_of, seal_key
from referral_api.students.views import StudentForReferral, school_exists, student_for_referral
from shared.auth import Caller
from shared.crypto import KeyRing
from shared.db import Session
from shared.errors import Fault
from shared.events.referrals import Need, Urgency
from shared.http.bodies import Id, Moment, SourcedId, StrictBody
from shared.outbox import new_event_id, record


class SubmitReferral(StrictBody):
    """An adult is worried about a student."""

    referral_id: Id | None = Field(None, description="Chosen by the caller, so that an offline phone may create it.")
    student_id: SourcedId
    school_id: SourcedId
    need: Annotated[Need, Field(strict=False)]
    urgency: Annotated[Urgency, Field(strict=False)]
    summary: Narrative
    requested_service: Line | None = None
    provider_id: SourcedId | None = None
    consent: Consent | None = None
    noted_at: Moment | None = Field(None, description="When an offline phone took it down.")
    reopens: Id | None = Field(None, description="The closed referral that this one takes up again.")
    send: bool = Field(True, description="false saves a draft that only its author sees.")

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "student_id": "st-00017",
                    "school_id": "s-1",
                    "need": "grief",
                    "urgency": "soon",
                    "summary": "Quiet since the funeral.",
                }
            ]
        }
    )


_CONTENT = (
    "student_id",
    "school_id",
    "need",
    "urgency",
    "summary",
    "requested_service",
    "provider_id",
    "noted_at",
    "reopens",
)
"""What a referral is about and keeps from its submission on; consent may be replaced by a later one."""


async def submit_referral(
    session: Session, command: SubmitReferral, *, caller: Caller, ring: KeyRing, now: datetime
) -> tuple[Referral, bool]:
    """There is a new referral, sent or as a draft; ReferralSubmitted is announced if it was sent.

    The same id with the same content again, from the same author, is the referral that is there. Returns the referral
    and whether it is new.
    Raises: SchoolNotFound, StudentNotAtSchool, NotedInFuture, NotedTooLongAgo, ConsentInFuture, NothingToReopen,
    StillOpen, ReferralExists.
    """
    district_id = caller.district_id
    try:
        student = await _ensure_may_be_sent(session, command, caller, now)
    except (SchoolNotFound, StudentNotAtSchool, NotedTooLongAgo, NothingToReopen, StillOpen):
        # A phone that heard no answer sends it again, days later too, when the student or its owner may have moved on.
        there = await _find_the_same(session, command, caller=caller, ring=ring)
        if there is None:
            raise
        return there, False
    referral_id = command.referral_id or new_event_id()
    key = seal_key(district_id, referral_id)
    consent = command.consent
    referral = Referral(
        district_id=district_id,
        referral_id=referral_id,
        student_id=command.student_id,
        school_id=command.school_id,
        need=command.need,
        urgency=command.urgency,
        summary=ring.seal(command.summary, table="referrals", column="summary", key=key),
        requested_service=sealed(ring, "requested_service", command.requested_service, referral_id, district_id),
        status=Status.DRAFT,
        provider_id=command.provider_id,
        consent_agreed=consent.agreed if consent else None,
        consent_by=consent.by if consent else None,
        consent_on=consent.on if consent else None,
        reopens=command.reopens,
        submitted_by=caller.sub,
        submitter_role=caller.role,
        noted_at=command.noted_at,
        created_at=now,
        updated_at=now,
        facets=student.facets,
    )
    if command.send:
        referral = clocks.send(referral, now, student.calendar)
    if not await add(session, referral):
        there = await _find_the_same(session, command, caller=caller, ring=ring)
        if there is None:
            raise ReferralExists
        return there, False
    if command.send:
        await record(session, announcements.submitted(referral, event_id=new_event_id(), now=now), source=SOURCE)
    return referral, True


async def _ensure_may_be_sent(
    session: Session, command: SubmitReferral, caller: Caller, now: datetime
) -> StudentForReferral:
    """The student, if everything about him and the command is as it should be.

    Raises: SchoolNotFound, StudentNotAtSchool, NotedInFuture, NotedTooLongAgo, ConsentInFuture, NothingToReopen,
    StillOpen.
    """
    if not caller.sees_school(command.school_id):
        raise SchoolNotFound
    rules.ensure_noted_in_time(command.noted_at, now)
    if command.consent is not None:
        rules.ensure_consent_was_given(command.consent.on, now, field="consent.on")
    student = await student_for_referral(
        session, district_id=caller.district_id, student_id=command.student_id, school_id=command.school_id
    )
    if student is None:
        if not await school_exists(session, district_id=caller.district_id, school_id=command.school_id):
            raise SchoolNotFound
        raise StudentNotAtSchool(errors=[Fault("student_id", "is no student of this school")])
    if command.reopens is not None:
        await ensure_reopens(session, command.reopens, student_id=command.student_id, caller=caller)
    return student


async def _find_the_same(
    session: Session, command: SubmitReferral, *, caller: Caller, ring: KeyRing
) -> Referral | None:
    """The referral with this id, if it is the caller's and what the command asks for; None also where there is none.

    Raises: ReferralExists for a draft that the command would send.
    """
    if command.referral_id is None:
        return None
    there = await find_referral(session, district_id=caller.district_id, referral_id=command.referral_id)
    if there is None or there.submitted_by != caller.sub:
        return None
    if command.send and there.status is Status.DRAFT:
        raise ReferralExists("It is a draft; a transition to requested sends it.")
    stored = record_of(there, ring)
    is_the_same = all(getattr(command, name) == getattr(stored, name) for name in _CONTENT)
    return there if is_the_same and await _consent_is_kept(session, command, there) else None


async def _consent_is_kept(session: Session, command: SubmitReferral, there: Referral) -> bool:
    """Whether the consent that is sent is the one that stands, or was replaced since by one that was recorded."""
    consent = command.consent
    sent = (consent.agreed, consent.by, consent.on) if consent else (None, None, None)
    if sent == (there.consent_agreed, there.consent_by, there.consent_on):
        return True
    steps = referral_steps.c
    recorded = select(steps.version).where(
        steps.district_id == there.district_id,
        steps.referral_id == there.referral_id,
        steps.step == rules.Doing.CONSENT_RECORDED,
    )
    return (await session.execute(recorded.limit(1))).first() is not None
