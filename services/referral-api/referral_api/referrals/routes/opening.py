"""Opening one referral over HTTP, which is a disclosure where an officer does who did not make it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from referral_api.clearance.freshness import StandingPolicy
from referral_api.disclosures.operations.opening import Asking
from referral_api.disclosures.routes.asking import OPENED, REFUSALS, STATED, asking_under, told_to
from referral_api.referrals.errors import ReferralNotFound
from referral_api.referrals.operations.opening import open_referral
from referral_api.referrals.views.officers import OfficersReferral
from referral_api.referrals.views.records import ReferralView
from shared.auth import Caller, Role
from shared.auth.permissions import Permission
from shared.http.etags import etag
from shared.http.problems import problems
from shared.http.runtime import SessionByRole, allowed, writing_for

NOTED = frozenset({Role.OFFICER})
"""Whose reading of a referral is noted in the ledger; everybody else's takes no turn at writing."""


def opening_routes(policy: StandingPolicy) -> APIRouter:
    """The route of one referral; `policy` says how stale what is known of an officer's standing may be."""
    router = APIRouter(prefix="/v1/referrals", tags=["referrals"])

    @router.get(
        "/{referral_id}",
        response_model=ReferralView | OfficersReferral,
        responses=problems(ReferralNotFound, *REFUSALS) | OPENED,
        openapi_extra=STATED,
    )
    async def read_referral(
        caller: Annotated[Caller, Depends(allowed(Permission.REFERRALS_READ))],
        referral_id: UUID,
        request: Request,
        response: Response,
        session: Annotated[SessionByRole, Depends(writing_for(NOTED), scope="function")],
        asking: Annotated[Asking, Depends(asking_under(policy))],
    ) -> ReferralView | OfficersReferral | Response:
        """One referral: in full for those who work it, by status class for who referred.

        An officer who did not make it says what for, and needs current training and an agreement that covers him; that
        he read it, or was refused, is noted in the ledger.
        """
        opened = await open_referral(session, referral_id, asking)
        response.headers["ETag"] = etag(opened.version)
        return told_to(asking, opened.shown, request, response)

    return router
