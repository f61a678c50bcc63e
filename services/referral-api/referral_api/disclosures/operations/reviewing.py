"""A second person says whether what was disclosed in an emergency was right to be (34 CFR 99.36)."""

from datetime import datetime
from uuid import UUID

from pydantic import ConfigDict, Field
from sqlalchemy import select, update

from referral_api.disclosures.errors import AlreadyReviewed, DisclosureNotFound
from referral_api.disclosures.models import disclosures
from referral_api.disclosures.operations.recording import sealed
from referral_api.disclosures.rules import Outcome, ReviewOutcome, ensure_reviewable
from referral_api.disclosures.views import Disclosure, disclosure_of
from referral_api.students.errors import StudentNotFound
from referral_api.students.views import ensure_visible
from shared.auth import Caller
from shared.crypto import KeyRing
from shared.db import Session
from shared.http.bodies import Narrative, StrictBody


class ReviewDisclosure(StrictBody):
    """What the second person found."""

    upheld: bool = Field(description="Whether the threat was articulable and significant, and the recipients fit it.")
    note: Narrative | None = None

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"upheld": True, "note": "The threat was named and the student was met."}]}
    )


async def review_disclosure(
    session: Session, disclosure_id: UUID, command: ReviewDisclosure, *, caller: Caller, ring: KeyRing, now: datetime
) -> Disclosure:
    """The emergency is reviewed, once. The same review by the same person again changes nothing.

    Raises: DisclosureNotFound, OwnDisclosure, NothingToReview, AlreadyReviewed.
    """
    d = disclosures.c
    this = (d.district_id == caller.district_id, d.disclosure_id == disclosure_id)
    before = (await session.execute(select(disclosures).where(*this).with_for_update())).one_or_none()
    if before is None:
        raise DisclosureNotFound
    try:
        await ensure_visible(session, caller, before.student_id)
    except StudentNotFound:
        raise DisclosureNotFound from None
    ensure_reviewable(
        reviewer=caller.sub,
        requested_by=before.requested_by,
        outcome=Outcome(before.outcome),
        is_emergency=before.threat is not None,
    )
    found = disclosure_of(before, ring)
    outcome = ReviewOutcome.UPHELD if command.upheld else ReviewOutcome.NOT_UPHELD
    if found.review is not None:
        if (found.review.by, found.review.outcome, found.review.note) != (caller.sub, outcome, command.note):
            raise AlreadyReviewed
        return found
    note = sealed(ring, "review_note", command.note, disclosure_id) if command.note is not None else None
    await session.execute(
        update(disclosures)
        .where(*this)
        .values(reviewed_by=caller.sub, reviewed_at=now, review_outcome=outcome, review_note=note)
    )
    after = (await session.execute(select(disclosures).where(*this))).one()
    return disclosure_of(after, ring)
