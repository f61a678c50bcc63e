"""What every route that changes one referral works with, and how it answers."""

from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Protocol, TypeVar
from uuid import UUID

from fastapi import Depends, Response

from referral_api.referrals.rules import Referral
from referral_api.referrals.views.records import ReferralView, view_for
from shared.auth import Caller
from shared.crypto import KeyRing
from shared.db import Session
from shared.http.bodies import StrictBody
from shared.http.etags import IfMatch, etag
from shared.http.runtime import AtHand, Now, WriteSession

Command = TypeVar("Command", bound=StrictBody, contravariant=True)


class Operation(Protocol[Command]):
    """What can be done to one referral; what an operation needs beside this is bound by its route."""

    def __call__(
        self,
        session: Session,
        referral_id: UUID,
        command: Command,
        /,
        *,
        caller: Caller,
        if_match: str | None,
        now: datetime,
    ) -> Awaitable[Referral]:
        """Carry the command out; the referral after it."""


@dataclass(frozen=True, slots=True)
class AttemptedChange:
    """A request to change one referral: which, meant for which version, and what there is to do it with."""

    referral_id: UUID
    if_match: str | None
    session: Session
    ring: KeyRing
    now: datetime
    response: Response

    async def carry_out(self, operation: Operation[Command], command: Command, caller: Caller) -> ReferralView:
        """As much of the changed referral as the caller may see, with its new version in the `ETag`."""
        after = await operation(
            self.session, self.referral_id, command, caller=caller, if_match=self.if_match, now=self.now
        )
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
