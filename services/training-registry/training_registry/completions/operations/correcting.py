"""Correcting what was recorded of a completion: what it said before is kept."""

from dataclasses import replace
from uuid import UUID

from pydantic import ConfigDict

from shared.db import Session
from shared.http.etags import ensure_match
from training_registry.completions.operations.contents import StateContent
from training_registry.completions.operations.keeping import Clerk, store, to_change
from training_registry.completions.rules import (
    CompletionStep,
    Recorded,
    ensure_days_fit,
    ensure_not_revoked,
    status_when_corrected,
)
from training_registry.completions.views.records import CONTENT_EXAMPLE


class CorrectCompletion(StateContent):
    """All that is said of a completion, put right. Whose it is cannot change: revoke it and record another."""

    model_config = ConfigDict(json_schema_extra={"examples": [CONTENT_EXAMPLE]})


async def correct_completion(
    session: Session, completion_id: UUID, command: CorrectCompletion, clerk: Clerk, *, if_match: str | None
) -> Recorded:
    """The completion says this from now on. The same again changes nothing.

    Where what it certifies changed its credential is revoked and a new one issued; an outside course waits for
    approval anew.
    Raises: CompletionNotFound, OwnCompletion, ChangedMeanwhile, AlreadyRevoked, CompletionHasFaults.
    """
    before = await to_change(session, completion_id, clerk)
    ensure_match(if_match, before.version)
    ensure_not_revoked(before.status)
    content = command.content()
    if content == before.content:
        return before
    ensure_days_fit(content, clerk.today)
    after = replace(before, content=content, status=status_when_corrected(before.content, before.status, content))
    return await store(session, before, after, clerk, step=CompletionStep.CORRECTED, because=None)
