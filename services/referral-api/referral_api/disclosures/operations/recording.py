"""Writing the ledger: always in the transaction of the read that disclosed, so neither stands without the other."""

from datetime import datetime
from uuid import UUID

import orjson
from sqlalchemy import insert

from referral_api.disclosures.models import disclosures
from referral_api.disclosures.rules import Emergency, Outcome, Purpose
from shared.auth import Caller
from shared.crypto import KeyRing
from shared.db import Session
from shared.outbox import new_event_id


async def record_disclosure(
    session: Session,
    *,
    caller: Caller,
    student_id: str,
    record: str,
    now: datetime,
    ring: KeyRing,
    outcome: Outcome = Outcome.DISCLOSED,
    purpose: Purpose | None = None,
    emergency: Emergency | None = None,
    because: str | None = None,
) -> None:
    """Note that somebody asked for a student's record and what came of it. `record` says which: `student`, `referral`.

    Source: 34 CFR 99.32(a), with the threat and the recipients of an emergency (a)(5); access by school officials is
    noted too, which is more than the rule asks.
    """
    disclosure_id = new_event_id()
    await session.execute(
        insert(disclosures).values(
            disclosure_id=disclosure_id,
            district_id=caller.district_id,
            student_id=student_id,
            requested_by=caller.sub,
            role=caller.role.value,
            purpose=purpose,
            outcome=outcome.value,
            because=because,
            record=record,
            requested_at=now,
            **_of_emergency(ring, disclosure_id, emergency),
        )
    )


def _of_emergency(ring: KeyRing, disclosure_id: UUID, emergency: Emergency | None) -> dict[str, object]:
    if emergency is None:
        return {}
    recipients = orjson.dumps(emergency.recipients).decode()
    return {
        "threat": sealed(ring, "threat", emergency.threat, disclosure_id),
        "recipients": sealed(ring, "recipients", recipients, disclosure_id),
        "expires_at": emergency.expires_at,
    }


def sealed(ring: KeyRing, column: str, text: str, disclosure_id: UUID) -> bytes:
    """A text about people, encrypted for this column of this entry."""
    return ring.seal(text, table="disclosures", column=column, key=str(disclosure_id))
