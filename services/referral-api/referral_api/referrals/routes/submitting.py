"""Referring a student over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response

from referral_api.referrals.errors import (
    ConsentInFuture,
    NotedInFuture,
    NotedTooLongAgo,
    NothingToReopen,
    ReferralExists,
    SchoolNotFound,
    StillOpen,
    StudentNotAtSchool,
)
from referral_api.referrals.operations.submitting import SubmitReferral
from referral_api.referrals.operations.submitting import submit_referral as submit
from referral_api.referrals.views.records import ReferralView, record_of, view_for
from shared.auth import Caller
from shared.auth.permissions import Permission
from shared.http.etags import etag
from shared.http.idempotency import KeyReused, RememberedRoute
from shared.http.problems import problems
from shared.http.runtime import AtHand, Now, WriteSession, allowed

router = APIRouter(prefix="/v1/referrals", tags=["referrals"], route_class=RememberedRoute)

Submitter = Annotated[Caller, Depends(allowed(Permission.REFERRALS_SUBMIT))]

_THERE_ALREADY: dict[int | str, dict[str, Any]] = {
    200: {
        "model": ReferralView,
        "description": "It was there already, just so.",
    }
}


@router.post(
    "",
    status_code=201,
    response_model=ReferralView,
    responses=_THERE_ALREADY
    | problems(
        SchoolNotFound,
        StudentNotAtSchool,
        NotedInFuture,
        NotedTooLongAgo,
        ConsentInFuture,
        NothingToReopen,
        StillOpen,
        ReferralExists,
        KeyReused,
    ),
)
async def submit_referral(
    caller: Submitter, command: SubmitReferral, response: Response, session: WriteSession, at_hand: AtHand, now: Now
) -> ReferralView:
    """Refer a student, or save a draft. Its author is shown once what he sent, later what a referrer may know."""
    referral, is_new = await submit(session, command, caller=caller, ring=at_hand.ring, now=now)
    response.status_code = 201 if is_new else 200
    response.headers["Location"] = f"/v1/referrals/{referral.referral_id}"
    response.headers["ETag"] = etag(referral.version)
    return record_of(referral, at_hand.ring) if is_new else view_for(caller, referral, at_hand.ring)
