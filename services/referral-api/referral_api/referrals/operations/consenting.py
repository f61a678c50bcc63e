"""Consent: whether a parent agreed that a referral goes beyond the school. Without it, it goes to nobody outside."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from pydantic import ConfigDict

from referral_api.referrals import rules
from referral_api.referrals.operations.storing import store, to_change
from referral_api.referrals.rules import Doing, Referral
from referral_api.referrals.views.records import ConsentGiver
from shared.auth import Caller
from shared.db import Session
from shared.http.bodies import Day, StrictBody
from shared.http.etags import ensure_match


class Consent(StrictBody):
    """Whether a parent, guardian or eligible student agreed to sharing beyond the school."""

    agreed: bool
    by: ConsentGiver
    on: Day

    model_config = ConfigDict(json_schema_extra={"examples": [{"agreed": True, "by": "parent", "on": "2026-11-20"}]})


async def record_consent(
    session: Session,
    referral_id: UUID,
    command: Consent,
    *,
    caller: Caller,
    if_match: str | None = None,
    now: datetime,
) -> Referral:
    """Consent is as stated; withdrawn, the provider's view is closed from this moment. The same again changes nothing.

    Raises: ReferralNotFound, NotYourStep, ChangedMeanwhile, ConsentInFuture.
    """
    before = await to_change(session, referral_id, caller)
    rules.ensure_keeps_consent(caller, before)
    ensure_match(if_match, before.version)
    rules.ensure_consent_was_given(command.on, now, field="on")
    if (before.consent_agreed, before.consent_by, before.consent_on) == (command.agreed, command.by, command.on):
        return before
    after = replace(
        before,
        consent_agreed=command.agreed,
        consent_by=command.by,
        consent_on=command.on,
        version=before.version + 1,
        updated_at=now,
    )
    if after.submitted_at is not None:
        after = replace(after, was_shared=before.was_shared or rules.is_shared(after))
    await store(session, before, after, caller=caller, step=Doing.CONSENT_RECORDED)
    return after
