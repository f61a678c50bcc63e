"""Working a referral over HTTP: its steps, tries to reach the student, what the referrer is told, consent, merging."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends

from referral_api.referrals.errors import (
    ConsentInFuture,
    ContactExists,
    ContactInFuture,
    ContactTooEarly,
    NoSuchStep,
    NothingToMergeInto,
    NotYourStep,
    OtherNotOpen,
    ReferralNotFound,
    SchoolNotFound,
    StillOpen,
    StudentNotAtSchool,
)
from referral_api.referrals.operations.answering import GiveFeedback, NoteContact
from referral_api.referrals.operations.answering import give_feedback as give
from referral_api.referrals.operations.answering import note_contact as note
from referral_api.referrals.operations.consenting import Consent
from referral_api.referrals.operations.consenting import record_consent as keep_consent
from referral_api.referrals.operations.merging import MergeReferral
from referral_api.referrals.operations.merging import merge_referral as merge
from referral_api.referrals.operations.moving import MoveReferral
from referral_api.referrals.operations.moving import move_referral as move
from referral_api.referrals.routes.attempts import Attempt
from referral_api.referrals.views.records import ReferralView
from shared.auth import Caller
from shared.auth.permissions import Permission
from shared.http.etags import ChangedMeanwhile
from shared.http.idempotency import KeyReused, RememberedRoute
from shared.http.problems import problems
from shared.http.runtime import allowed

router = APIRouter(prefix="/v1/referrals", tags=["referrals"], route_class=RememberedRoute)

Mover = Annotated[Caller, Depends(allowed(Permission.REFERRALS_MOVE))]
Contacter = Annotated[Caller, Depends(allowed(Permission.REFERRALS_CONTACT))]
Answerer = Annotated[Caller, Depends(allowed(Permission.REFERRALS_FEEDBACK))]
Merger = Annotated[Caller, Depends(allowed(Permission.REFERRALS_MERGE))]
ConsentKeeper = Annotated[Caller, Depends(allowed(Permission.REFERRALS_CONSENT))]


@router.post(
    "/{referral_id}/transitions",
    response_model=ReferralView,
    responses=problems(
        ReferralNotFound,
        SchoolNotFound,
        NotYourStep,
        NoSuchStep,
        StillOpen,
        ChangedMeanwhile,
        StudentNotAtSchool,
        KeyReused,
    ),
)
async def move_referral(caller: Mover, command: MoveReferral, attempt: Attempt) -> ReferralView:
    """Take a step in a referral's life; a step that is not there is refused with those that are."""
    return await attempt.carry_out(partial(move, ring=attempt.ring), command, caller)


@router.post(
    "/{referral_id}/contacts",
    status_code=201,
    response_model=ReferralView,
    responses=problems(
        ReferralNotFound,
        NotYourStep,
        NoSuchStep,
        ContactExists,
        ChangedMeanwhile,
        ContactInFuture,
        ContactTooEarly,
        KeyReused,
    ),
)
async def note_contact(caller: Contacter, command: NoteContact, attempt: Attempt) -> ReferralView:
    """Note a try to reach the student or family; the first success stops the contact clock."""
    return await attempt.carry_out(note, command, caller)


@router.post(
    "/{referral_id}/feedback",
    status_code=201,
    response_model=ReferralView,
    responses=problems(ReferralNotFound, NotYourStep, NoSuchStep, ChangedMeanwhile, KeyReused),
)
async def give_feedback(caller: Answerer, command: GiveFeedback, attempt: Attempt) -> ReferralView:
    """Tell the referrer; with an outcome this closes the loop."""
    return await attempt.carry_out(partial(give, ring=attempt.ring), command, caller)


@router.put(
    "/{referral_id}/consent",
    response_model=ReferralView,
    responses=problems(ReferralNotFound, NotYourStep, ChangedMeanwhile, ConsentInFuture),
)
async def record_consent(caller: ConsentKeeper, command: Consent, attempt: Attempt) -> ReferralView:
    """State whether a parent agreed to sharing beyond the school."""
    return await attempt.carry_out(keep_consent, command, caller)


@router.post(
    "/{referral_id}/merging",
    response_model=ReferralView,
    responses=problems(
        ReferralNotFound, NotYourStep, NoSuchStep, OtherNotOpen, ChangedMeanwhile, NothingToMergeInto, KeyReused
    ),
)
async def merge_referral(caller: Merger, command: MergeReferral, attempt: Attempt) -> ReferralView:
    """Let another referral of the student go on in the place of this one, which ends as a duplicate.

    Until somebody is reached the other answers for both, and is due when the first of them is.
    """
    return await attempt.carry_out(merge, command, caller)
