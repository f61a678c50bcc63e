"""What may happen to a referral, who may do it, and what follows. Pure.

The ten states and their edges are HL7 SDOHCC's referral task (FHIR Task without `received` and `ready`): `rejected`
before anybody acted, `failed` after trying, `cancelled` by either side; nothing leaves an ended state but a mistake.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from referral_api.referrals.errors import (
    ConsentInFuture,
    ContactInFuture,
    ContactTooEarly,
    NoSuchStep,
    NotedInFuture,
    NotedTooLongAgo,
    NotYourStep,
    ReferralNotFound,
    StatusOnly,
)
from shared.auth import Caller, Role
from shared.errors import Fault
from shared.events.facets import Facets
from shared.events.referrals import Need, Stage, StatusReason, Urgency


class Status(StrEnum):
    """The ten states of a referral."""

    DRAFT = "draft"
    REQUESTED = "requested"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    IN_PROGRESS = "in_progress"
    ON_HOLD = "on_hold"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    ENTERED_IN_ERROR = "entered_in_error"


class Doing(StrEnum):
    """What was done to a referral beside moving it to a status; a move is noted under the status's own name."""

    CONTACTED = "contacted"
    FEEDBACK_GIVEN = "feedback_given"
    CONSENT_RECORDED = "consent_recorded"
    RESCHEDULED = "rescheduled"
    MERGED = "merged"


class StatusClass(StrEnum):
    """All that a referrer learns of the state."""

    RECEIVED = "received"
    CONTACTED = "contacted"
    CLOSED = "closed"


_WORKING = frozenset({Status.ON_HOLD, Status.COMPLETED, Status.FAILED, Status.CANCELLED})
_STEPS: Mapping[Status, frozenset[Status]] = {
    Status.DRAFT: frozenset({Status.REQUESTED}),
    Status.REQUESTED: frozenset({Status.ACCEPTED, Status.REJECTED, Status.CANCELLED}),
    Status.ACCEPTED: _WORKING | {Status.IN_PROGRESS},
    Status.IN_PROGRESS: _WORKING,
    Status.ON_HOLD: _WORKING - {Status.ON_HOLD} | {Status.IN_PROGRESS},
}
OUTCOMES = frozenset({Status.COMPLETED, Status.FAILED, Status.REJECTED, Status.CANCELLED})
OPEN = frozenset({Status.REQUESTED, Status.ACCEPTED, Status.IN_PROGRESS, Status.ON_HOLD})
ENDED = OUTCOMES | {Status.ENTERED_IN_ERROR}
NEEDS_REASON = frozenset({Status.REJECTED, Status.FAILED, Status.CANCELLED, Status.ON_HOLD})
FULL_READERS = frozenset({Role.COUNSELOR, Role.ADMINISTRATOR})
_CLOCK_SKEW = timedelta(minutes=5)
_FARTHEST_EAST = timedelta(hours=14)
_OLDEST_NOTE = timedelta(days=366)
_STAGE_OF = {
    Status.ACCEPTED: Stage.ACCEPTED,
    Status.REJECTED: Stage.REJECTED,
    Status.IN_PROGRESS: Stage.STARTED,
    Status.COMPLETED: Stage.COMPLETED,
    Status.FAILED: Stage.FAILED,
    Status.CANCELLED: Stage.CANCELLED,
}


@dataclass(frozen=True, slots=True)
class Referral:
    """A referral as it is stored. What is about a person is sealed; `reached` are the stages it has come through."""

    district_id: str
    referral_id: UUID
    student_id: str
    school_id: str
    need: Need
    urgency: Urgency
    summary: bytes
    requested_service: bytes | None
    status: Status
    provider_id: str | None
    consent_agreed: bool | None
    consent_by: str | None
    consent_on: date | None
    reopens: UUID | None
    submitted_by: str
    submitter_role: str
    noted_at: datetime | None
    created_at: datetime
    updated_at: datetime
    facets: Facets
    version: int = 1
    submitted_at: datetime | None = None
    submitted_on: date | None = None
    due_at: datetime | None = None
    contacted_at: datetime | None = None
    feedback_at: datetime | None = None
    closed_at: datetime | None = None
    reason: StatusReason | None = None
    message_to_referrer: bytes | None = None
    reached: frozenset[Stage] = frozenset()
    alarm_at: datetime | None = None
    reminded_at: datetime | None = None
    overdue_at: datetime | None = None
    merged_into: UUID | None = None
    inherited_at: datetime | None = None
    inherited_urgency: Urgency | None = None
    was_shared: bool = False


def may_read_in_full(caller: Caller, referral: Referral) -> bool:
    """Counsellors and administrators of the school; the named provider once a parent agreed; a draft's own author."""
    if referral.submitted_at is None:  # a draft, also one that was entered in error: nobody else has seen it
        return caller.sub == referral.submitted_by and caller.role is not Role.PROVIDER
    if caller.role in FULL_READERS:
        return caller.sees_school(referral.school_id)
    # What was entered in error may be another child's; the school itself has to see what it has sent.
    agreed = bool(referral.consent_agreed) and referral.status is not Status.ENTERED_IN_ERROR
    return agreed and _is_named(caller, referral)


def may_read_status(caller: Caller, referral: Referral) -> bool:
    """Whoever referred learns the status class, and no clinical content."""
    return caller.role is not Role.PROVIDER and caller.sub == referral.submitted_by


def may_learn_it_is_gone(caller: Caller, referral: Referral) -> bool:
    """Whether who could once read it is told to forget it: entered in error, or no longer shared with a provider."""
    if caller.role is Role.PROVIDER:
        closed = referral.status is Status.ENTERED_IN_ERROR or not referral.consent_agreed
        return closed and referral.was_shared and _is_named(caller, referral)
    visible = may_read_in_full(caller, referral) or may_read_status(caller, referral)
    return visible and referral.status is Status.ENTERED_IN_ERROR


def _is_named(caller: Caller, referral: Referral) -> bool:
    """Whether the caller is the provider that a referral names."""
    named = caller.provider_id is not None and caller.provider_id == referral.provider_id
    return named and caller.role is Role.PROVIDER


def is_shared(referral: Referral) -> bool:
    """Whether a parent agreed that the provider it names may read it."""
    return referral.provider_id is not None and bool(referral.consent_agreed)


def ensure_visible(caller: Caller, referral: Referral) -> None:
    """Raises: ReferralNotFound, for what the caller may not see does not exist for him."""
    if not (may_read_in_full(caller, referral) or may_read_status(caller, referral)):
        raise ReferralNotFound


def ensure_reads_in_full(caller: Caller, referral: Referral) -> None:
    """Raises: StatusOnly, for who may see it, and no more than how it stands."""
    if not may_read_in_full(caller, referral):
        raise StatusOnly


def ensure_may_take(caller: Caller, referral: Referral, to: Status) -> None:
    """Who reads it in full moves it, a draft's author included; who referred may take it back until it is accepted.

    Only the school's own staff or the referrer may say that it should never have been. Raises: NotYourStep.
    """
    takes_back = to in (Status.CANCELLED, Status.ENTERED_IN_ERROR) and referral.status is Status.REQUESTED
    if may_read_in_full(caller, referral):
        may = caller.role is not Role.PROVIDER or to is not Status.ENTERED_IN_ERROR
    else:
        may = takes_back and may_read_status(caller, referral)
    if not may:
        raise NotYourStep(f"{caller.role} may not take it to {to}.")  # from where, a referrer is not to know


def ensure_goes_on(referral: Referral) -> None:
    """Whoever is reached for a merged referral is reached for the one that goes on. Raises: NoSuchStep."""
    if referral.merged_into is not None:
        raise NoSuchStep("It was merged into another; a contact is noted there.", status_now=str(referral.status))


def ensure_works(caller: Caller, referral: Referral) -> None:
    """Only who reads a sent referral in full contacts the student and tells the referrer.

    Raises: NotYourStep; NoSuchStep for one that should never have been: it counts nowhere, nor may what follows.
    """
    if referral.status is Status.DRAFT or not may_read_in_full(caller, referral):
        raise NotYourStep(f"{caller.role} does not work this referral.")
    if referral.status is Status.ENTERED_IN_ERROR:
        raise NoSuchStep("It was entered in error.", status_now=str(referral.status))


def ensure_keeps_consent(caller: Caller, referral: Referral) -> None:
    """Consent is the school's to record, never the provider's who wants it. Raises: NotYourStep."""
    if caller.role not in FULL_READERS or not may_read_in_full(caller, referral):
        raise NotYourStep(f"{caller.role} does not record consent.")


def ensure_step(status: Status, to: Status) -> None:
    """Raises: NoSuchStep when the life cycle has no edge from here to there."""
    steps = _STEPS.get(status, frozenset()) | {Status.ENTERED_IN_ERROR} - {status}
    if to not in steps:
        told = [str(step) for step in Status if step in steps]
        raise NoSuchStep(f"There is no step from {status} to {to}.", status_now=str(status), steps=told)


def status_class(referral: Referral) -> StatusClass | None:
    """The class a referrer may know, which never goes back; None while a draft has reached nobody."""
    contacted = referral.contacted_at is not None or Stage.STARTED in referral.reached
    return class_of(referral.status, contacted=contacted)


def class_of(status: Status, *, contacted: bool) -> StatusClass | None:
    """The class of a referral in this state; whoever was once helped was contacted, also while the help is on hold."""
    if status is Status.DRAFT:
        return None
    if status in ENDED:
        return StatusClass.CLOSED
    return StatusClass.CONTACTED if contacted or status is Status.IN_PROGRESS else StatusClass.RECEIVED


def take_step(referral: Referral, to: Status, reason: StatusReason | None, now: datetime) -> Referral:
    """The referral after a step; the caller has ensured that it may be taken."""
    stage = newly_reached(referral, to)
    return replace(
        referral,
        status=to,
        reason=reason,
        closed_at=now if to in OUTCOMES else referral.closed_at,
        alarm_at=None if to in ENDED else referral.alarm_at,
        reached=referral.reached | {stage} if stage else referral.reached,
        version=referral.version + 1,
        updated_at=now,
    )


def newly_reached(referral: Referral, to: Status) -> Stage | None:
    """The stage that a step reaches for the first time; None where it reaches none, or none anew."""
    stage = _STAGE_OF.get(to)
    return stage if stage is not None and stage not in referral.reached else None


def closes_loop(referral: Referral) -> bool:
    """Whether outcome and feedback are now both there, for the first time."""
    return referral.status in OUTCOMES and referral.feedback_at is not None and Stage.LOOPED not in referral.reached


def close_loop(referral: Referral) -> Referral:
    """The referral with its loop closed."""
    return replace(referral, reached=referral.reached | {Stage.LOOPED})


def ensure_noted_in_time(noted_at: datetime | None, now: datetime) -> None:
    """A phone's clock may run a little ahead, and it may have been offline for long.

    Raises: NotedInFuture, NotedTooLongAgo.
    """
    if noted_at is None:
        return
    if noted_at > now + _CLOCK_SKEW:
        raise NotedInFuture(errors=[Fault("noted_at", "lies in the future")])
    if noted_at < now - _OLDEST_NOTE:
        raise NotedTooLongAgo(errors=[Fault("noted_at", "is more than a year ago")])


def ensure_contact_happened(contacted_at: datetime, referral: Referral, now: datetime) -> None:
    """A talk may come first and the referral be written after it, but not a year after it.

    Raises: ContactInFuture, ContactTooEarly.
    """
    if contacted_at > now + _CLOCK_SKEW:
        raise ContactInFuture(errors=[Fault("contacted_at", "lies in the future")])
    began = referral.noted_at or referral.submitted_at or referral.created_at
    if contacted_at < began - _OLDEST_NOTE:
        raise ContactTooEarly(errors=[Fault("contacted_at", "is more than a year before the referral")])


def ensure_consent_was_given(on: date, now: datetime, *, field: str) -> None:
    """Raises: ConsentInFuture, for a day that has begun nowhere on earth yet."""
    if on > (now + _FARTHEST_EAST).date():
        raise ConsentInFuture(errors=[Fault(field, "lies in the future")])
