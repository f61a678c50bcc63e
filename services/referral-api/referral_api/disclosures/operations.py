"""Writing the ledger: always in the transaction of the read that disclosed, so neither stands without the other."""

from datetime import datetime

from sqlalchemy import insert

from referral_api.disclosures.models import disclosures
from referral_api.disclosures.rules import Outcome
from shared.auth import Caller
from shared.db import Session
from shared.outbox import new_event_id


async def record_disclosure(
    session: Session,
    *,
    caller: Caller,
    student_id: str,
    record: str,
    now: datetime,
    outcome: Outcome = Outcome.DISCLOSED,
    purpose: str | None = None,
    because: str | None = None,
) -> None:
    """Note that somebody asked for a student's record and what came of it. `record` says which: `student`, `referral`.

    Source: 34 CFR 99.32(a); access by school officials is noted too, which is more than the rule asks.
    """
    await session.execute(
        insert(disclosures).values(
            disclosure_id=new_event_id(),
            district_id=caller.district_id,
            student_id=student_id,
            requested_by=caller.sub,
            role=caller.role.value,
            purpose=purpose,
            outcome=outcome.value,
            because=because,
            record=record,
            requested_at=now,
        )
    )
