"""Working on completions over HTTP: outside courses are decided upon, what was recorded is corrected or revoked."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from shared.auth import Caller
from shared.auth.permissions import Permission
from shared.http.etags import ChangedMeanwhile, IfMatch
from shared.http.idempotency import KeyReused
from shared.http.problems import problems
from shared.http.runtime import AtHand, Now, WriteSession, allowed
from training_registry.completions.errors import (
    AlreadyRevoked,
    CompletionHasFaults,
    CompletionNotFound,
    DecidedOtherwise,
    NothingToApprove,
    OwnCompletion,
)
from training_registry.completions.operations import correcting, deciding
from training_registry.completions.operations.correcting import CorrectCompletion
from training_registry.completions.operations.deciding import DecideCompletion, RevokeCompletion
from training_registry.completions.routes.clerks import Clerks, as_it_stands
from training_registry.completions.views.records import CompletionView

Recorder = Annotated[Caller, Depends(allowed(Permission.COMPLETIONS_RECORD))]


def add_working_routes(router: APIRouter, clerks: Clerks) -> None:
    """The routes by which completions are changed."""

    @router.put(
        "/{completion_id:uuid}",
        response_model=CompletionView,
        responses=problems(CompletionNotFound, OwnCompletion, AlreadyRevoked, CompletionHasFaults, ChangedMeanwhile),
    )
    async def correct_completion(
        caller: Recorder,
        completion_id: UUID,
        command: CorrectCompletion,
        session: WriteSession,
        response: Response,
        at_hand: AtHand,
        now: Now,
        if_match: IfMatch = None,
    ) -> CompletionView:
        """Put all that is said of a completion right; what it said before stays in its history.

        Where what it certifies changed, its credential is revoked and a new one issued; an outside course waits anew.
        """
        clerk = clerks.clerk(caller, at_hand, now)
        await correcting.correct_completion(session, completion_id, command, clerk, if_match=if_match)
        return await as_it_stands(session, completion_id, clerk, response)

    @router.post(
        "/{completion_id:uuid}/approval",
        response_model=CompletionView,
        responses=problems(
            CompletionNotFound,
            OwnCompletion,
            NothingToApprove,
            AlreadyRevoked,
            DecidedOtherwise,
            ChangedMeanwhile,
            KeyReused,
        ),
    )
    async def decide_completion(
        caller: Recorder,
        completion_id: UUID,
        command: DecideCompletion,
        session: WriteSession,
        response: Response,
        at_hand: AtHand,
        now: Now,
        if_match: IfMatch = None,
    ) -> CompletionView:
        """Approve an outside course, which then counts and is certified, or refuse it. Once: the same again is told."""
        clerk = clerks.clerk(caller, at_hand, now)
        await deciding.decide_completion(session, completion_id, command, clerk, if_match=if_match)
        return await as_it_stands(session, completion_id, clerk, response)

    @router.post(
        "/{completion_id:uuid}/revocation",
        response_model=CompletionView,
        responses=problems(CompletionNotFound, OwnCompletion, ChangedMeanwhile, KeyReused),
    )
    async def revoke_completion(
        caller: Recorder,
        completion_id: UUID,
        command: RevokeCompletion,
        session: WriteSession,
        response: Response,
        at_hand: AtHand,
        now: Now,
        if_match: IfMatch = None,
    ) -> CompletionView:
        """Revoke a completion: it counts no more, and its credential is revoked with it. The first reason stands."""
        clerk = clerks.clerk(caller, at_hand, now)
        await deciding.revoke_completion(session, completion_id, command, clerk, if_match=if_match)
        return await as_it_stands(session, completion_id, clerk, response)
