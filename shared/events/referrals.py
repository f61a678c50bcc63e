"""Facts on the topic `referrals`: the life of a referral. Announced by referral-api.

Every event carries the school, need, urgency and facets *of the submission*, so that a cell's later stages never
exceed its earlier ones. None carries a name or a narrative.
"""

from datetime import date
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from shared.events.base import Event, Instant
from shared.events.facets import Facets


class Need(StrEnum):
    """What the student needs help with."""

    MENTAL_HEALTH = "mental_health"
    SUBSTANCE_USE = "substance_use"
    GRIEF = "grief"
    FAMILY_CONFLICT = "family_conflict"
    BULLYING = "bullying"
    SELF_HARM = "self_harm"
    VIOLENCE_RISK = "violence_risk"
    BASIC_NEEDS = "basic_needs"
    ATTENDANCE = "attendance"
    BEHAVIOR = "behavior"
    OTHER = "other"


class Urgency(StrEnum):
    """How soon somebody must reach the student."""

    IMMINENT = "imminent"
    URGENT = "urgent"
    SOON = "soon"
    ROUTINE = "routine"


class ReferrerRole(StrEnum):
    """Who may refer: the roles that submit referrals."""

    OFFICER = "officer"
    COUNSELOR = "counselor"
    ADMINISTRATOR = "administrator"
    STAFF = "staff"


class Stage(StrEnum):
    """The stages of the funnel; a referral reaches each at most once."""

    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    CONTACTED = "contacted"
    STARTED = "started"
    COMPLETED = "completed"
    FAILED = "failed"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    LOOPED = "looped"


class StatusReason(StrEnum):
    """Why a referral was rejected, failed, cancelled or put on hold."""

    FAMILY_DECLINED = "family_declined"
    STUDENT_DECLINED = "student_declined"
    UNABLE_TO_CONTACT = "unable_to_contact"
    NOT_ELIGIBLE = "not_eligible"
    WAITLISTED = "waitlisted"
    TRANSFERRED = "transferred"
    ALREADY_SERVED = "already_served"
    DUPLICATE = "duplicate"
    OTHER = "other"


class ReferralEvent(Event):
    """What every fact about a referral carries; not announced itself."""

    topic: ClassVar[str] = "referrals"

    referral_id: UUID = Field(description="The referral.")
    version: int = Field(description="The referral's version after this fact: 1, 2, 3 …")
    student_id: str = Field(description="OneRoster sourcedId of the student.")
    school_id: str = Field(description="OneRoster sourcedId of the school it was submitted for.")
    need: Need = Field(description="What the student needs help with.")
    urgency: Urgency = Field(description="How soon somebody must reach the student.")
    facets: Facets = Field(description="The student's groups on the day of submission.")
    submitted_at: Instant = Field(description="When it was sent; the contact clock starts here.")
    submitted_on: date = Field(
        description="The day it counts under, local to the district: when an offline phone noted it, else of arrival."
    )

    @property
    def key(self) -> str:
        """Facts about one referral stay in order."""
        return str(self.referral_id)


class ReferralSubmitted(ReferralEvent):
    """A referral was sent. Its clock runs; it counts in the funnel from now on."""

    name: ClassVar[str] = "referral.submitted.v1"
    due_at: Instant = Field(description="When somebody must have reached the student.")
    referrer_role: ReferrerRole = Field(description="Role of the person who referred.")
    reopens: UUID | None = Field(default=None, description="The closed referral that this one reopens.")


class ReferralAccepted(ReferralEvent):
    """Somebody will act on it."""

    name: ClassVar[str] = "referral.accepted.v1"


class ReferralRejected(ReferralEvent):
    """It was refused before anybody acted."""

    name: ClassVar[str] = "referral.rejected.v1"
    reason: StatusReason = Field(description="Why.")


class ReferralStarted(ReferralEvent):
    """Work began, for the first time."""

    name: ClassVar[str] = "referral.started.v1"


class ReferralPutOnHold(ReferralEvent):
    """Work waits, for instance on a waiting list."""

    name: ClassVar[str] = "referral.put_on_hold.v1"
    reason: StatusReason = Field(description="Why.")


class ReferralResumed(ReferralEvent):
    """Work went on after a hold; it had begun before."""

    name: ClassVar[str] = "referral.resumed.v1"


class ReferralCompleted(ReferralEvent):
    """What was asked for was done."""

    name: ClassVar[str] = "referral.completed.v1"


class ReferralFailed(ReferralEvent):
    """It was tried and could not be done."""

    name: ClassVar[str] = "referral.failed.v1"
    reason: StatusReason = Field(description="Why.")


class ReferralCancelled(ReferralEvent):
    """Either side ended it."""

    name: ClassVar[str] = "referral.cancelled.v1"
    reason: StatusReason = Field(description="Why.")
    merged_into: UUID | None = Field(
        default=None, description="The referral about the same need that goes on instead, when the two were merged."
    )


class ReferralRescheduled(ReferralEvent):
    """When somebody must have reached the student has moved: with the calendar, or to that of a merged one due sooner.

    Only while the clock runs: what was escalated or reached stays as it was counted.
    """

    name: ClassVar[str] = "referral.rescheduled.v1"
    due_at: Instant = Field(description="When somebody must have reached the student from now on.")
    was_due_at: Instant = Field(description="When it was due before.")


class ReferralContactReminded(ReferralEvent):
    """The contact clock runs out soon and nobody was reached yet."""

    name: ClassVar[str] = "referral.contact_reminded.v1"
    due_at: Instant = Field(description="When somebody must have reached the student.")


class ReferralContactOverdue(ReferralEvent):
    """The contact clock ran out while it was open and nobody was reached: the escalation, once per referral."""

    name: ClassVar[str] = "referral.contact_overdue.v1"
    due_at: Instant = Field(description="When somebody should have reached the student.")


class ReferralContacted(ReferralEvent):
    """The student or family was reached for the first time; the contact clock stops."""

    name: ClassVar[str] = "referral.contacted.v1"
    contacted_at: Instant = Field(description="When they were reached.")
    due_at: Instant = Field(description="When they should have been reached.")
    was_overdue: bool = Field(
        default=False, description="Whether ReferralContactOverdue had been announced for this referral."
    )


class ReferralLoopClosed(ReferralEvent):
    """It has an outcome and the referrer has been told."""

    name: ClassVar[str] = "referral.loop_closed.v1"


class ReferralEnteredInError(ReferralEvent):
    """It should never have been; it counts nowhere.

    One that the first release announced tells neither `contacted_at` nor `due_at` nor `was_overdue`: the stages are
    taken back, and the contact, if there was one, stays in the contact times.
    """

    name: ClassVar[str] = "referral.entered_in_error.v1"
    reached: tuple[Stage, ...] = Field(description="The stages that this takes back.")
    contacted_at: Instant | None = Field(
        default=None, description="When the student or family was reached, if they were: takes the contact time back."
    )
    due_at: Instant | None = Field(
        default=None, description="When they should have been reached: as ReferralContacted told it, else the latest."
    )
    was_overdue: bool = Field(
        default=False, description="Whether ReferralContactOverdue had been announced for this referral."
    )
