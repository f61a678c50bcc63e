"""What one referral looks like: the full record for those who work it, the status class for those who referred."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from referral_api.referrals.merges import as_told
from referral_api.referrals.rules import Referral, Status, StatusClass, may_read_in_full, status_class
from shared.auth import Caller
from shared.crypto import KeyRing
from shared.events.base import Instant
from shared.events.referrals import Need, StatusReason, Urgency

_EXAMPLE_ID = "0197a4c2-1f00-7c3a-9a51-5b0f0c1d2e3f"

RECORD_EXAMPLE: dict[str, JsonValue] = {
    "referral_id": _EXAMPLE_ID,
    "student_id": "st-00017",
    "school_id": "s-1",
    "need": "grief",
    "urgency": "soon",
    "summary": "Quiet since the funeral.",
    "requested_service": None,
    "status": "requested",
    "status_class": "received",
    "noted_at": None,
    "submitted_at": "2026-11-02T14:05:00Z",
    "due_at": "2026-11-04T14:05:00Z",
    "contacted_at": None,
    "closed_at": None,
    "reason": None,
    "provider_id": "p-1",
    "consent": {"agreed": True, "by": "parent", "on": "2026-11-01"},
    "reopens": None,
    "merged_into": None,
    "message_to_referrer": None,
    "updated_at": "2026-11-02T14:05:00Z",
}


ConsentGiver = Literal["parent", "guardian", "eligible_student"]
"""Who may agree to sharing beyond the school."""


class RecordedConsent(BaseModel):
    """The consent that stands: without it, or where it was withdrawn, nobody outside the school reads the referral."""

    agreed: bool
    by: ConsentGiver
    on: date


class ReferralFields(BaseModel):
    """What a record says of a referral, whoever reads it."""

    referral_id: UUID
    student_id: str
    school_id: str
    need: Need
    urgency: Urgency
    requested_service: str | None
    status: Status
    status_class: StatusClass | None
    noted_at: Instant | None
    submitted_at: Instant | None
    due_at: Instant | None
    contacted_at: Instant | None
    closed_at: Instant | None
    reason: StatusReason | None
    provider_id: str | None
    consent: RecordedConsent | None = Field(description="Of sharing beyond the school; null where nobody was asked.")
    reopens: UUID | None
    merged_into: UUID | None = Field(description="The referral that goes on in its place; null for a provider.")
    message_to_referrer: str | None
    updated_at: Instant


class ReferralRecord(ReferralFields):
    """A referral for those who read it in full."""

    model_config = ConfigDict(json_schema_extra={"examples": [RECORD_EXAMPLE]})

    summary: str


class ReferralStatus(BaseModel):
    """All that a referrer, an officer included, may know of what became of it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"referral_id": _EXAMPLE_ID, "status_class": "received", "updated_at": "2026-11-02T14:05:00Z"}]
        },
    )

    referral_id: UUID
    status_class: StatusClass | None
    updated_at: Instant
    message_to_referrer: str | None = None


ReferralView = ReferralRecord | ReferralStatus


class ReferralTombstone(BaseModel):
    """Among changes: forget this referral. It was entered in error, or is no longer shared with this provider."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"referral_id": _EXAMPLE_ID, "deleted": True}]},
    )

    referral_id: UUID
    deleted: Literal[True]


ListedReferral = ReferralView | ReferralTombstone


def view_for(caller: Caller, referral: Referral, ring: KeyRing) -> ReferralView:
    """As much of a referral as the caller may see of it."""
    if may_read_in_full(caller, referral):
        return record_of(as_told(caller, referral), ring)
    return ReferralStatus(
        referral_id=referral.referral_id,
        status_class=status_class(referral),
        updated_at=referral.updated_at,
        message_to_referrer=_opened(referral, "message_to_referrer", ring),
    )


def record_of(referral: Referral, ring: KeyRing) -> ReferralRecord:
    """A referral in full."""
    return ReferralRecord(
        referral_id=referral.referral_id,
        student_id=referral.student_id,
        school_id=referral.school_id,
        need=referral.need,
        urgency=referral.urgency,
        summary=_opened(referral, "summary", ring) or "",
        requested_service=_opened(referral, "requested_service", ring),
        status=referral.status,
        status_class=status_class(referral),
        noted_at=referral.noted_at,
        submitted_at=referral.submitted_at,
        due_at=referral.due_at,
        contacted_at=referral.contacted_at,
        closed_at=referral.closed_at,
        reason=referral.reason,
        provider_id=referral.provider_id,
        consent=_consent_of(referral),
        reopens=referral.reopens,
        merged_into=referral.merged_into,
        message_to_referrer=_opened(referral, "message_to_referrer", ring),
        updated_at=referral.updated_at,
    )


def _consent_of(referral: Referral) -> RecordedConsent | None:
    if referral.consent_agreed is None:
        return None
    told = {"agreed": referral.consent_agreed, "by": referral.consent_by, "on": referral.consent_on}
    return RecordedConsent.model_validate(told)


def _opened(referral: Referral, column: str, ring: KeyRing) -> str | None:
    sealed: bytes | None = getattr(referral, column)
    if sealed is None:
        return None
    key = seal_key(referral.district_id, referral.referral_id)
    return ring.open(sealed, table="referrals", column=column, key=key)


def seal_key(district_id: str, referral_id: UUID) -> str:
    """What a referral's sealed fields are bound to, so that none can be moved to another row."""
    return f"{district_id}/{referral_id}"
