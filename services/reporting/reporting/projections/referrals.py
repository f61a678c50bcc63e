"""What the topic `referrals` changes: the funnel, the contact times, and which students were referred and still wait.

Each stage is counted by exactly one event, under the month, school, need, urgency and facets of the submission, which
every event of a referral carries: so no stage of a cell exceeds the one before it, and no event needs a look-up. A
contact clock that ran out counts when that is announced, until somebody is reached after all; then its time counts.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from hashlib import blake2b
from typing import Any

from reporting.codec import CELL_BITS, NOT_REACHED, month_of, on_day, pack_referrals, timing_of
from reporting.measures.histograms import bucket_of
from reporting.projections.changes import Change, Place, Sighting, Slot, Tally, Timing
from shared.events import referrals
from shared.events.base import Event
from shared.events.referrals import ReferralEvent, Stage

# Names of our own: looking a member up on its class takes ten times as long, and happens once per event.
SUBMITTED, ACCEPTED, CONTACTED, STARTED, COMPLETED, FAILED, REJECTED, CANCELLED, LOOPED = Stage
_OUTCOMES = frozenset({COMPLETED, FAILED, REJECTED, CANCELLED})


def on_referral_submitted(event: referrals.ReferralSubmitted) -> Iterable[Change]:
    """It counts as submitted and open, and its student as referred."""
    place, slot = _slot(event)
    return Tally(place, slot, SUBMITTED, 1), _sighting(event, place, slot, n=1, still_open=1)


def on_referral_accepted(event: referrals.ReferralAccepted) -> Iterable[Change]:
    """It counts as accepted."""
    place, slot = _slot(event)
    return (Tally(place, slot, ACCEPTED, 1),)


def on_referral_contacted(event: referrals.ReferralContacted) -> Iterable[Change]:
    """It counts as contacted, and by how long that took; as not reached no more."""
    place, slot = _slot(event)
    reached = Tally(place, slot, CONTACTED, 1), Timing(place, slot, _timing(event, event.contacted_at, event.due_at), 1)
    return (*reached, Timing(place, slot, NOT_REACHED, -1)) if event.was_overdue else reached


def on_referral_contact_overdue(event: referrals.ReferralContactOverdue) -> Iterable[Change]:
    """It counts as due and not reached."""
    place, slot = _slot(event)
    return (Timing(place, slot, NOT_REACHED, 1),)


def on_referral_started(event: referrals.ReferralStarted) -> Iterable[Change]:
    """It counts as started."""
    place, slot = _slot(event)
    return (Tally(place, slot, STARTED, 1),)


def on_referral_completed(event: referrals.ReferralCompleted) -> Iterable[Change]:
    """It counts as completed, and as open no more."""
    place, slot = _slot(event)
    return Tally(place, slot, COMPLETED, 1), _sighting(event, place, slot, n=0, still_open=-1)


def on_referral_failed(event: referrals.ReferralFailed) -> Iterable[Change]:
    """It counts as failed, and as open no more."""
    place, slot = _slot(event)
    return Tally(place, slot, FAILED, 1), _sighting(event, place, slot, n=0, still_open=-1)


def on_referral_rejected(event: referrals.ReferralRejected) -> Iterable[Change]:
    """It counts as rejected, and as open no more."""
    place, slot = _slot(event)
    return Tally(place, slot, REJECTED, 1), _sighting(event, place, slot, n=0, still_open=-1)


def on_referral_cancelled(event: referrals.ReferralCancelled) -> Iterable[Change]:
    """It counts as cancelled, and as open no more."""
    place, slot = _slot(event)
    return Tally(place, slot, CANCELLED, 1), _sighting(event, place, slot, n=0, still_open=-1)


def on_referral_loop_closed(event: referrals.ReferralLoopClosed) -> Iterable[Change]:
    """It counts as looped: the referrer has been told how it ended."""
    place, slot = _slot(event)
    return (Tally(place, slot, LOOPED, 1),)


def on_referral_entered_in_error(event: referrals.ReferralEnteredInError) -> Iterable[Change]:
    """Every stage it had reached is taken back, its student with the submission, and what its contact clock said."""
    place, slot = _slot(event)
    reached = frozenset(event.reached)
    changes: list[Change] = [Tally(place, slot, stage, -1) for stage in reached]
    if SUBMITTED in reached:
        changes.append(_sighting(event, place, slot, n=-1, still_open=0 if reached & _OUTCOMES else -1))
    if event.contacted_at is not None and event.due_at is not None:
        changes.append(Timing(place, slot, _timing(event, event.contacted_at, event.due_at), -1))
    elif event.was_overdue:
        changes.append(Timing(place, slot, NOT_REACHED, -1))
    return changes


def _slot(event: ReferralEvent) -> tuple[Place, Slot]:
    cell = pack_referrals(event.need, event.urgency, event.facets)
    return (event.district_id, event.school_id), month_of(event.submitted_on) << CELL_BITS | cell


def _sighting(event: ReferralEvent, place: Place, slot: Slot, *, n: int, still_open: int) -> Sighting:
    student = student_number(event.district_id, event.student_id)
    return Sighting(place, on_day(slot, event.submitted_on), student, n, still_open)


def _timing(event: ReferralEvent, contacted_at: datetime, due_at: datetime) -> int:
    return timing_of(bucket_of(contacted_at - event.submitted_at), in_time=contacted_at <= due_at)


def student_number(district_id: str, student_id: str) -> int:
    """A student as a signed 64-bit number, the same for ever and other in every district.

    Narrow rows, and no roster id in the views; any two of a million students share one with a probability of 3 in
    100 million. It does not hide an id from somebody who knows it: the tables are as private as the ids are.
    """
    digest = blake2b(student_id.encode(), digest_size=8, key=district_id.encode()[:64]).digest()
    return int.from_bytes(digest, "big", signed=True)


PROJECTIONS: Mapping[type[Event], Callable[[Any], Iterable[Change]]] = {
    referrals.ReferralSubmitted: on_referral_submitted,
    referrals.ReferralAccepted: on_referral_accepted,
    referrals.ReferralContacted: on_referral_contacted,
    referrals.ReferralContactOverdue: on_referral_contact_overdue,
    referrals.ReferralStarted: on_referral_started,
    referrals.ReferralCompleted: on_referral_completed,
    referrals.ReferralFailed: on_referral_failed,
    referrals.ReferralRejected: on_referral_rejected,
    referrals.ReferralCancelled: on_referral_cancelled,
    referrals.ReferralLoopClosed: on_referral_loop_closed,
    referrals.ReferralEnteredInError: on_referral_entered_in_error,
}
