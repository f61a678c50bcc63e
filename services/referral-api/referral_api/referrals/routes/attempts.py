"""What every route that changes one referral works with, and how it answers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Response

from referral_api.referrals.rules import Referral
from referral_api.referrals.views.records import ReferralView, view_for
from shared.auth import Caller
from shared.crypto import KeyRing
from shared.db import Session
from shared.http.etags import IfMatch, etag
from shared.http.runtime import AtHand, Now, WriteSession


@dataclass(frozen=True, slots=True)
class AttemptedChange:
    """A request to change one referral: which, meant for which version, and what there is to do it with."""

    referral_id: UUID
    if_match: str | None
    session: Session
    ring: KeyRing
    now: datetime
    response: Response

    def answer(self, caller: Caller, after: Referral) -> ReferralView:
        """As much of the changed referral as the caller may see, with its new version in the `ETag`."""
        self.response.headers["ETag"] = etag(after.version)
        return view_for(caller, after, self.ring)


async def _attempt(
    referral_id: UUID,
    response: Response,
    session: WriteSession,
    at_hand: AtHand,
    now: Now,
    if_match: IfMatch = None,
) -> AttemptedChange:
    return AttemptedChange(referral_id, if_match, session, at_hand.ring, now, response)


# Named after `caller` in a signature, as the write session that it holds.
Attempt = Annotated[AttemptedChange, Depends(_attempt)]
