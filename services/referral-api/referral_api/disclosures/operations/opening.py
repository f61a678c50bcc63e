"""An officer asks for a record: it takes a stated purpose, training, and an agreement. All that comes of it is noted.

A refusal is returned and not raised: raised, it would take the note of it back.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from referral_api.clearance.errors import OfficerNotCleared, StandingTooStale
from referral_api.clearance.freshness import StandingAge
from referral_api.clearance.rules import Missing
from referral_api.clearance.views import keys_of
from referral_api.disclosures.operations.recording import record_disclosure
from referral_api.disclosures.rules import Outcome, Sent, Statement, purpose_named, statement_of
from shared.auth import Caller
from shared.crypto import KeyRing
from shared.db import Session
from shared.errors import Malformed, NotFound, ServiceError


@dataclass(frozen=True, slots=True)
class Asking:
    """A request for a record: who asks, what for, when, and how well his standing is known just now."""

    caller: Caller
    sent: Sent
    standing: StandingAge
    ring: KeyRing
    now: datetime


async def open_to_officer(
    session: Session,
    asking: Asking,
    *,
    student_id: str,
    school_ids: Collection[str],
    record: str,
    not_found: NotFound,
) -> Statement | ServiceError:
    """The purpose for which the record is opened to the officer, or why it is not; either stands in the ledger.

    `school_ids` are the student's schools that the officer may see. Where there are none he is told `not_found`, as of
    a student who does not exist, whatever else his request lacks.
    Refusals: PurposeNotStated, PurposeUnknown, EmergencyNotExplained, OfficerNotCleared, StandingTooStale.
    """
    statement, refusal = None, None
    try:
        statement = statement_of(asking.sent, requested_by=asking.caller.sub, now=asking.now)
    except Malformed as malformed:
        refusal = malformed
    answer = (not_found if not school_ids else refusal) or await _keys_missing(session, asking, school_ids)
    await record_disclosure(
        session,
        caller=asking.caller,
        student_id=student_id,
        record=record,
        now=asking.now,
        ring=asking.ring,
        outcome=Outcome.DISCLOSED if answer is None else Outcome.REFUSED,
        purpose=purpose_named(asking.sent),
        emergency=statement.emergency if statement is not None else None,
        because=None if answer is None else answer.detail or answer.title(),
    )
    if answer is not None:
        return answer
    assert statement is not None
    return statement


async def _keys_missing(session: Session, asking: Asking, school_ids: Collection[str]) -> ServiceError | None:
    """Why the officer's own two keys open nothing; None where they fit."""
    standing = asking.standing
    headers = standing.headers()
    if standing.is_too_stale:
        return StandingTooStale(headers=headers, standing_as_of=standing.as_of_text, stale=standing.is_stale)
    keys = await keys_of(session, asking.caller, school_ids=school_ids, now=asking.now)
    if not isinstance(keys, Missing):
        return None
    because = list(keys.because)
    return OfficerNotCleared(
        " ".join(because),
        headers=headers,
        missing=list(keys.keys),
        because=because,
        standing_as_of=standing.as_of_text,
        stale=standing.is_stale,
    )
