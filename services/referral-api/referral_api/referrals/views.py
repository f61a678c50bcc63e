"""What can be read of referrals: the full record for those who work them, the status class for those who referred."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnElement, Row, and_, bindparam, false, or_, select, tuple_

from referral_api.referrals.models import referrals
from referral_api.referrals.rules import (
    Referral,
    Status,
    StatusClass,
    may_read_in_full,
    status_class,
)
from shared.auth import Caller, Role
from shared.crypto import KeyRing
from shared.db import ReadSession
from shared.events.base import Instant
from shared.events.facets import Facets
from shared.events.referrals import Need, Stage, StatusReason, Urgency

_EXAMPLE_ID = "0197a4c2-1f00-7c3a-9a51-5b0f0c1d2e3f"


class ReferralRecord(BaseModel):
    """A referral for those who read it in full."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
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
                    "provider_id": None,
                    "reopens": None,
                    "message_to_referrer": None,
                    "updated_at": "2026-11-02T14:05:00Z",
                }
            ]
        }
    )

    referral_id: UUID
    student_id: str
    school_id: str
    need: Need
    urgency: Urgency
    summary: str
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
    reopens: UUID | None
    message_to_referrer: str | None
    updated_at: Instant


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


def referral_of(row: Row[Any]) -> Referral:
    """A stored row as the rules know it."""
    fields = {name: value for name, value in row._mapping.items() if name != "change_no"}
    return Referral(
        **fields
        | {
            "need": Need(row.need),
            "urgency": Urgency(row.urgency),
            "status": Status(row.status),
            "reason": StatusReason(row.reason) if row.reason else None,
            "facets": Facets.model_validate_json(row.facets),
            "reached": frozenset(Stage(word) for word in row.reached.split()),
        }
    )


def view_for(caller: Caller, referral: Referral, ring: KeyRing) -> ReferralView:
    """As much of a referral as the caller may see of it."""
    if may_read_in_full(caller, referral):
        return record_of(referral, ring)
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
        reopens=referral.reopens,
        message_to_referrer=_opened(referral, "message_to_referrer", ring),
        updated_at=referral.updated_at,
    )


def _opened(referral: Referral, column: str, ring: KeyRing) -> str | None:
    sealed: bytes | None = getattr(referral, column)
    if sealed is None:
        return None
    key = seal_key(referral.district_id, referral.referral_id)
    return ring.open(sealed, table="referrals", column=column, key=key)


def seal_key(district_id: str, referral_id: UUID) -> str:
    """What a referral's sealed fields are bound to, so that none can be moved to another row."""
    return f"{district_id}/{referral_id}"


_ONE = select(referrals).where(
    referrals.c.district_id == bindparam("district_id"), referrals.c.referral_id == bindparam("referral_id")
)


async def find_referral(
    session: ReadSession, *, district_id: str, referral_id: UUID, for_update: bool = False
) -> Referral | None:
    """One referral, locked until the transaction ends where it is to change."""
    wanted = _ONE.with_for_update() if for_update else _ONE
    found = await session.execute(wanted, {"district_id": district_id, "referral_id": referral_id})
    row = found.one_or_none()
    return referral_of(row) if row is not None else None


async def list_referrals(
    session: ReadSession,
    caller: Caller,
    *,
    status: Status | None,
    school_id: str | None,
    due_before: datetime | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Referral]:
    """Referrals the caller may see, in full or by status, newest first.

    Shape: at most `limit` referrals behind the key `before`; what was entered in error is left out unless asked for.
    Asked for by exact status or due date, only those that the caller reads in full: the others would give theirs away.
    """
    r = referrals.c
    wanted = select(referrals).where(r.district_id == caller.district_id, visible_to(caller))
    wanted = wanted.where(r.status != Status.ENTERED_IN_ERROR if status is None else r.status == status)
    if school_id is not None:
        wanted = wanted.where(r.school_id == school_id)
    if status is not None or due_before is not None:
        wanted = wanted.where(readable_in_full(caller))
    if due_before is not None:
        wanted = wanted.where(r.due_at < due_before, r.contacted_at.is_(None))
    if before is not None:
        wanted = wanted.where(tuple_(r.created_at, r.referral_id) < before)
    ordered = wanted.order_by(r.created_at.desc(), r.referral_id.desc()).limit(limit)
    return [referral_of(row) for row in await session.execute(ordered)]


def visible_to(caller: Caller) -> ColumnElement[bool]:
    """The rules `may_read_in_full` and `may_read_status` as a condition; a test holds them against each other."""
    if caller.role is Role.PROVIDER:
        return readable_in_full(caller)
    mine = referrals.c.submitted_by == caller.sub
    return or_(mine, readable_in_full(caller)) if caller.role in (Role.COUNSELOR, Role.ADMINISTRATOR) else mine


def readable_in_full(caller: Caller) -> ColumnElement[bool]:
    """The rule `may_read_in_full` as a condition."""
    r = referrals.c
    sent = r.status != Status.DRAFT
    own_draft = and_(r.submitted_by == caller.sub, r.status == Status.DRAFT)
    if caller.role is Role.PROVIDER:
        if caller.provider_id is None:
            return false()
        return and_(sent, r.provider_id == caller.provider_id, r.consent_agreed.is_(True))
    if caller.role not in (Role.COUNSELOR, Role.ADMINISTRATOR):
        return own_draft
    if caller.school_ids is None:
        return or_(own_draft, sent)
    return or_(own_draft, and_(sent, r.school_id.in_(sorted(caller.school_ids))))
