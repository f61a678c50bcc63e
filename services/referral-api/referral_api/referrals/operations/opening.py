"""Opening one referral: as much of it as who asks may see, noted in the ledger where an officer did not make it."""

from dataclasses import dataclass
from uuid import UUID

from referral_api.disclosures.operations.opening import Asking, open_to_officer
from referral_api.referrals.errors import ReferralNotFound
from referral_api.referrals.rules import Referral, ensure_visible, may_read_status
from referral_api.referrals.views.finding import find_referral
from referral_api.referrals.views.officers import OfficersReferral, opens_to, referral_for_officer
from referral_api.referrals.views.records import ReferralView, view_for
from shared.auth import Role
from shared.db import Session
from shared.errors import ServiceError
from shared.http.runtime import SessionByRole

RECORD = "referral"


@dataclass(frozen=True, slots=True)
class Opened:
    """What is shown of a referral, or why nothing is, and the version that it has."""

    shown: ReferralView | OfficersReferral | ServiceError
    version: int


async def open_referral(session: SessionByRole, referral_id: UUID, asking: Asking) -> Opened:
    """What the caller is shown of a referral.

    An officer's reading of one that he did not make is a disclosure: it stands in the ledger, and so does its refusal,
    which is returned. Raises: ReferralNotFound, for all others also where it is not theirs to see.
    """
    caller = asking.caller
    found = await find_referral(session.reads, district_id=caller.district_id, referral_id=referral_id)
    if found is None:
        raise ReferralNotFound
    if session.writes is None or caller.role is not Role.OFFICER or may_read_status(caller, found):
        ensure_visible(caller, found)
        return Opened(view_for(caller, found, asking.ring), found.version)
    return Opened(await _disclose_to_officer(session.writes, found, asking), found.version)


async def _disclose_to_officer(session: Session, referral: Referral, asking: Asking) -> OfficersReferral | ServiceError:
    opened = await open_to_officer(
        session,
        asking,
        student_id=referral.student_id,
        school_ids=[referral.school_id] if opens_to(asking.caller, referral) else [],
        record=RECORD,
        not_found=ReferralNotFound(),
    )
    if isinstance(opened, ServiceError):
        return opened
    return referral_for_officer(referral, opened.purpose, asking.ring)
