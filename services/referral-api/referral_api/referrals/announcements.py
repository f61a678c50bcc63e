"""Which event tells of which step: pure, one event class per fact."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from referral_api.referrals.rules import Referral, Status, newly_reached
from shared.events import referrals as events
from shared.events.referrals import ReferralEvent, Stage

_WITHOUT_REASON: Mapping[Status, type[ReferralEvent]] = {
    Status.ACCEPTED: events.ReferralAccepted,
    Status.COMPLETED: events.ReferralCompleted,
}
_WITH_REASON: Mapping[Status, type[ReferralEvent]] = {
    Status.REJECTED: events.ReferralRejected,
    Status.ON_HOLD: events.ReferralPutOnHold,
    Status.FAILED: events.ReferralFailed,
    Status.CANCELLED: events.ReferralCancelled,
}


def submitted(referral: Referral, *, event_id: UUID, now: datetime) -> ReferralEvent:
    """It was sent."""
    return events.ReferralSubmitted(
        **_common(referral, event_id, now),
        due_at=_known(referral.due_at),
        referrer_role=events.ReferrerRole(referral.submitter_role),
        reopens=referral.reopens,
    )


def step_taken(before: Referral, after: Referral, *, event_id: UUID, now: datetime) -> ReferralEvent:
    """A step beyond sending was taken."""
    common = _common(after, event_id, now)
    to = after.status
    if to is Status.ENTERED_IN_ERROR:
        return events.ReferralEnteredInError(
            **common,
            reached=tuple(s for s in Stage if s in before.reached),
            contacted_at=before.contacted_at,
            due_at=before.due_at,
            was_overdue=before.overdue_at is not None,
        )
    if to is Status.IN_PROGRESS:
        first = newly_reached(before, to) is not None
        return (events.ReferralStarted if first else events.ReferralResumed)(**common)
    if to in _WITH_REASON:
        # Only a cancelled one can have been merged; the other facts do not know the field and leave it out.
        told = {**common, "reason": after.reason, "merged_into": after.merged_into}
        return _WITH_REASON[to].model_validate(told)
    return _WITHOUT_REASON[to](**common)


def contacted(referral: Referral, *, event_id: UUID, now: datetime) -> ReferralEvent:
    """Somebody was reached for the first time."""
    return events.ReferralContacted(
        **_common(referral, event_id, now),
        contacted_at=_known(referral.contacted_at),
        due_at=_known(referral.due_at),
        was_overdue=referral.overdue_at is not None,
    )


def reminded(referral: Referral, *, event_id: UUID, now: datetime) -> ReferralEvent:
    """Its clock runs out soon."""
    common = _common(referral, event_id, now)
    return events.ReferralContactReminded(**common, due_at=_known(referral.due_at))


def overdue(referral: Referral, *, event_id: UUID, now: datetime) -> ReferralEvent:
    """Its clock ran out."""
    common = _common(referral, event_id, now)
    return events.ReferralContactOverdue(**common, due_at=_known(referral.due_at))


def rescheduled(before: Referral, after: Referral, *, event_id: UUID, now: datetime) -> ReferralEvent:
    """It is due at another time: school time changed, or it answers for another one too."""
    common = _common(after, event_id, now)
    return events.ReferralRescheduled(**common, due_at=_known(after.due_at), was_due_at=_known(before.due_at))


def loop_closed(referral: Referral, *, event_id: UUID, now: datetime) -> ReferralEvent:
    """It has an outcome and the referrer knows."""
    return events.ReferralLoopClosed(**_common(referral, event_id, now))


def _common(referral: Referral, event_id: UUID, now: datetime) -> dict[str, Any]:
    """What every event of a referral repeats: where and when it began, and the groups it counts in."""
    return {
        "event_id": event_id,
        "occurred_at": now,
        "district_id": referral.district_id,
        "referral_id": referral.referral_id,
        "version": referral.version,
        "student_id": referral.student_id,
        "school_id": referral.school_id,
        "need": referral.need,
        "urgency": referral.urgency,
        "facets": referral.facets,
        "submitted_at": _known(referral.submitted_at),
        "submitted_on": referral.submitted_on,
    }


def _known(instant: datetime | None) -> datetime:
    """An instant that every sent referral has."""
    if instant is None:
        raise ValueError("a draft announces nothing")
    return instant
