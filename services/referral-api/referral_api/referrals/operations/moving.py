"""Moving a referral along its life: ten states, their edges, and who may take which."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field, ValidationInfo, field_validator
from sqlalchemy import select

from referral_api.referrals import announcements, clocks, rules
from referral_api.referrals.errors import NoSuchStep, NotYourStep, SchoolNotFound, StudentNotAtSchool
from referral_api.referrals.models import referral_steps
from referral_api.referrals.operations.reopening import ensure_goes_on_nowhere
from referral_api.referrals.operations.storing import SOURCE, note_sealed, store, to_change
from referral_api.referrals.rules import Referral, Status
from referral_api.referrals.texts import Narrative
from referral_api.students.views import StudentForReferral, student_for_referral
from shared.auth import Caller
from shared.crypto import KeyRing
from shared.db import Session
from shared.errors import Fault
from shared.events.referrals import ReferralEvent, StatusReason
from shared.http.bodies import StrictBody
from shared.http.etags import ensure_match
from shared.outbox import new_event_id, record


class MoveReferral(StrictBody):
    """A step in a referral's life."""

    to: Annotated[Status, Field(strict=False)]
    reason: Annotated[StatusReason, Field(strict=False)] | None = Field(
        None, validate_default=True, description=f"Required for {', '.join(sorted(rules.NEEDS_REASON))}."
    )
    note: Narrative | None = Field(None, description="For those who read the referral in full; encrypted.")

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"to": "accepted"}, {"to": "on_hold", "reason": "waitlisted"}]}
    )

    @field_validator("to")
    @classmethod
    def _is_no_draft(cls, to: Status) -> Status:
        if to is Status.DRAFT:
            raise ValueError("nothing becomes a draft again")
        return to

    @field_validator("reason")
    @classmethod
    def _is_given(cls, reason: StatusReason | None, info: ValidationInfo) -> StatusReason | None:
        to = info.data.get("to")
        if to in rules.NEEDS_REASON and reason is None:
            raise ValueError(f"is required for {to}")
        return reason


async def move_referral(
    session: Session,
    referral_id: UUID,
    command: MoveReferral,
    *,
    caller: Caller,
    ring: KeyRing,
    if_match: str | None,
    now: datetime,
) -> Referral:
    """The referral has taken the step; the step's event is announced, and the closing of the loop if that came with it.

    Raises: ReferralNotFound, NotYourStep, ChangedMeanwhile, NoSuchStep; SchoolNotFound, StudentNotAtSchool, StillOpen
    for a draft.
    """
    before = await to_change(session, referral_id, caller)
    try:
        rules.ensure_may_take(caller, before, command.to)
    except NotYourStep:
        await _ensure_not_taken(session, before, command.to, caller)
        raise
    ensure_match(if_match, before.version)
    rules.ensure_step(before.status, command.to)
    event_id = new_event_id()
    event: ReferralEvent | None
    if command.to is Status.REQUESTED:
        if not caller.sees_school(before.school_id):
            raise SchoolNotFound  # its author has left the school since
        student = await _student_today(session, before)
        if before.reopens is not None:  # which another may have done since it was drafted
            await ensure_goes_on_nowhere(session, before.reopens, student_id=before.student_id, caller=caller)
        after = clocks.send(before, now, student.calendar)
        after = replace(after, facets=student.facets, version=before.version + 1)
        event = announcements.submitted(after, event_id=event_id, now=now)
    else:
        after = rules.take_step(before, command.to, command.reason, now)
        # A draft that should never have been was never announced either.
        event = (
            announcements.step_taken(before, after, event_id=event_id, now=now)
            if before.status is not Status.DRAFT
            else None
        )
    closing = rules.closes_loop(after)
    after = rules.close_loop(after) if closing else after
    note = note_sealed(ring, after, command.note)
    await store(session, before, after, caller=caller, step=command.to, note=note)
    events = [event] if event is not None else []
    if closing:
        events.append(announcements.loop_closed(after, event_id=new_event_id(), now=now))
    await record(session, *events, source=SOURCE)
    return after


async def _ensure_not_taken(session: Session, referral: Referral, to: Status, caller: Caller) -> None:
    """Who has sent a draft, or taken it back, reads by status only from then on, and so may take no step any more.

    Asked for it again, his phone is told that it was taken, or, under its Idempotency-Key, what it was told first. Not
    so school staff: what they were told first was the record, which those who have left the school are not shown.
    Raises: NoSuchStep, which does not say where the referral has come to since.
    """
    s = referral_steps.c
    his = select(s.version).where(
        s.district_id == referral.district_id,
        s.referral_id == referral.referral_id,
        s.step == to,
        s.taken_by == caller.sub,
        s.role == caller.role,
    )
    if caller.role not in rules.FULL_READERS and (await session.execute(his.limit(1))).first() is not None:
        raise NoSuchStep(f"You have taken it to {to} already.")


async def _student_today(session: Session, referral: Referral) -> StudentForReferral:
    """A draft's student on the day it is sent. Raises: StudentNotAtSchool when he has left."""
    student = await student_for_referral(
        session, district_id=referral.district_id, student_id=referral.student_id, school_id=referral.school_id
    )
    if student is None:
        raise StudentNotAtSchool(errors=[Fault("student_id", "is no student of this school any more")])
    return student
