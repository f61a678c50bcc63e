"""What the topic `referrals` changes: the funnel, and which students were referred.

Each stage is counted by exactly one event, under the month, school, need, urgency and facets of the submission, which
every event of a referral carries: so no stage of a cell exceeds the one before it, and no event needs a look-up.
"""

from collections.abc import Callable, Iterable, Mapping
from hashlib import blake2b
from typing import Any

from reporting.codec import CELL_BITS, month_of, pack_referrals
from reporting.projections.changes import Change, Place, Sighting, Slot, Tally
from shared.events import referrals
from shared.events.base import Event
from shared.events.referrals import ReferralEvent, Stage

# Names of our own: looking a member up on its class takes ten times as long, and happens once per event.
SUBMITTED, ACCEPTED, CONTACTED, STARTED, COMPLETED, FAILED, REJECTED, CANCELLED, LOOPED = Stage


def on_referral_submitted(event: referrals.ReferralSubmitted) -> Iterable[Change]:
    """It counts as submitted, and its student as referred."""
    place, slot = _slot(event)
    return (
        Tally(place, slot, SUBMITTED, 1),
        Sighting(place, slot, student_number(event.district_id, event.student_id), 1),
    )


def on_referral_accepted(event: referrals.ReferralAccepted) -> Iterable[Change]:
    """It counts as accepted."""
    place, slot = _slot(event)
    return (Tally(place, slot, ACCEPTED, 1),)


def on_referral_contacted(event: referrals.ReferralContacted) -> Iterable[Change]:
    """It counts as contacted."""
    place, slot = _slot(event)
    return (Tally(place, slot, CONTACTED, 1),)


def on_referral_started(event: referrals.ReferralStarted) -> Iterable[Change]:
    """It counts as started."""
    place, slot = _slot(event)
    return (Tally(place, slot, STARTED, 1),)


def on_referral_completed(event: referrals.ReferralCompleted) -> Iterable[Change]:
    """It counts as completed."""
    place, slot = _slot(event)
    return (Tally(place, slot, COMPLETED, 1),)


def on_referral_failed(event: referrals.ReferralFailed) -> Iterable[Change]:
    """It counts as failed."""
    place, slot = _slot(event)
    return (Tally(place, slot, FAILED, 1),)


def on_referral_rejected(event: referrals.ReferralRejected) -> Iterable[Change]:
    """It counts as rejected."""
    place, slot = _slot(event)
    return (Tally(place, slot, REJECTED, 1),)


def on_referral_cancelled(event: referrals.ReferralCancelled) -> Iterable[Change]:
    """It counts as cancelled."""
    place, slot = _slot(event)
    return (Tally(place, slot, CANCELLED, 1),)


def on_referral_loop_closed(event: referrals.ReferralLoopClosed) -> Iterable[Change]:
    """It counts as looped: the referrer has been told how it ended."""
    place, slot = _slot(event)
    return (Tally(place, slot, LOOPED, 1),)


def on_referral_entered_in_error(event: referrals.ReferralEnteredInError) -> Iterable[Change]:
    """Every stage it had reached is taken back, and its student with the submission."""
    place, slot = _slot(event)
    changes: list[Change] = [Tally(place, slot, stage, -1) for stage in dict.fromkeys(event.reached)]
    if SUBMITTED in event.reached:
        student = student_number(event.district_id, event.student_id)
        changes.append(Sighting(place, slot, student, -1))
    return changes


def _slot(event: ReferralEvent) -> tuple[Place, Slot]:
    cell = pack_referrals(event.need, event.urgency, event.facets)
    return (event.district_id, event.school_id), month_of(event.submitted_on) << CELL_BITS | cell


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
    referrals.ReferralStarted: on_referral_started,
    referrals.ReferralCompleted: on_referral_completed,
    referrals.ReferralFailed: on_referral_failed,
    referrals.ReferralRejected: on_referral_rejected,
    referrals.ReferralCancelled: on_referral_cancelled,
    referrals.ReferralLoopClosed: on_referral_loop_closed,
    referrals.ReferralEnteredInError: on_referral_entered_in_error,
}
