"""What an officer is shown of a referral that he did not make."""

from pydantic import ConfigDict

from referral_api.disclosures.rules import SAFETY_PURPOSES, Purpose
from referral_api.referrals.rules import Referral, Status
from referral_api.referrals.views.records import RECORD_EXAMPLE, ReferralFields, record_of
from shared.auth import Caller
from shared.crypto import KeyRing
from shared.events.referrals import Need

_CLINICAL = ("summary", "requested_service", "message_to_referrer")
"""What was written about the student."""
_OF_TREATMENT = ("provider_id", "reason", "consent")
"""What says who treats him, and what came of it."""


class OfficersReferral(ReferralFields):
    """A referral as an officer is shown it who did not make it."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [RECORD_EXAMPLE | dict.fromkeys(_CLINICAL)]}
    )

    summary: str | None


def opens_to(officer: Caller, referral: Referral) -> bool:
    """Whether there is a referral to open for an officer: sent, not in error, and of one of his schools."""
    was_sent = referral.submitted_at is not None and referral.status is not Status.ENTERED_IN_ERROR
    return was_sent and officer.sees_school(referral.school_id)


def referral_for_officer(referral: Referral, purpose: Purpose, ring: KeyRing) -> OfficersReferral:
    """A referral as far as the purpose reaches.

    What was written is shown where somebody's safety depends on it. Of a referral for substance use never, nor who
    treats it or how that went: who gets such help is not to learn of it from the police. Source: docs/decisions/0015.
    """
    hidden: tuple[str, ...] = () if purpose in SAFETY_PURPOSES else _CLINICAL
    if referral.need is Need.SUBSTANCE_USE:
        hidden = _CLINICAL + _OF_TREATMENT
    return OfficersReferral.model_validate(record_of(referral, ring).model_dump() | dict.fromkeys(hidden))
