"""Deciding upon completions: an outside course is approved or refused, and any may be revoked."""

from dataclasses import replace
from uuid import UUID

from pydantic import ConfigDict, Field, ValidationInfo, field_validator

from shared.db import Session
from shared.http.bodies import Narrative, StrictBody
from shared.http.etags import ensure_match
from training_registry.completions.operations.keeping import Clerk, store, to_change
from training_registry.completions.rules import CompletionStatus, CompletionStep, Recorded, is_decided_so


class DecideCompletion(StrictBody):
    """An outside course is looked at by the district."""

    approved: bool
    because: Narrative | None = Field(None, description="Required with a refusal.", validate_default=True)

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"approved": False, "because": "The provider keeps no attendance."}]}
    )

    @field_validator("because")
    @classmethod
    def _is_given_with_a_refusal(cls, because: str | None, info: ValidationInfo) -> str | None:
        if because is None and info.data.get("approved") is False:
            raise ValueError("is required with a refusal")
        return because


class RevokeCompletion(StrictBody):
    """A completion should never have been recorded, or holds no more."""

    reason: Narrative

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "The officer did not attend."}]})


async def decide_completion(
    session: Session, completion_id: UUID, command: DecideCompletion, clerk: Clerk, *, if_match: str | None
) -> Recorded:
    """An outside course counts from now on and a credential certifies it, or it is refused. Again: nothing changes.

    Raises: CompletionNotFound, OwnCompletion, NothingToApprove, AlreadyRevoked, DecidedOtherwise, ChangedMeanwhile.
    """
    before = await to_change(session, completion_id, clerk)
    if is_decided_so(before.content, before.status, approved=command.approved):
        return before
    ensure_match(if_match, before.version)
    status, step = (
        (CompletionStatus.ACCEPTED, CompletionStep.APPROVED)
        if command.approved
        else (CompletionStatus.REFUSED, CompletionStep.REFUSED)
    )
    return await store(session, before, replace(before, status=status), clerk, step=step, because=command.because)


async def revoke_completion(
    session: Session, completion_id: UUID, command: RevokeCompletion, clerk: Clerk, *, if_match: str | None
) -> Recorded:
    """The completion counts no more, as if it had never been, and its credential is revoked with it.

    Again: nothing changes, the first reason stands. Raises: CompletionNotFound, OwnCompletion, ChangedMeanwhile.
    """
    before = await to_change(session, completion_id, clerk)
    if before.status is CompletionStatus.REVOKED:
        return before
    ensure_match(if_match, before.version)
    after = replace(before, status=CompletionStatus.REVOKED)
    return await store(session, before, after, clerk, step=CompletionStep.REVOKED, because=command.reason)
