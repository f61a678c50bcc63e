"""What a record may be asked for, what may come of it, and who may say afterwards whether an emergency was one."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from referral_api.disclosures.errors import (
    EmergencyNotExplained,
    NothingToReview,
    OwnDisclosure,
    PurposeNotStated,
    PurposeUnknown,
)
from shared.errors import Fault, Malformed

LONGEST_EMERGENCY = timedelta(hours=72)
"""What is disclosed in an emergency is limited to its period (34 CFR 99.36); one that lasts longer is stated anew."""
LONGEST_THREAT = 2000
MOST_RECIPIENTS = 20
LONGEST_RECIPIENT = 200

PURPOSE, THREAT, UNTIL, RECIPIENTS = "Purpose-Of-Use", "Emergency-Threat", "Emergency-Until", "Emergency-Recipients"
"""The headers in which it is stated."""

_YEAR_FIRST = re.compile(r"\d{4}-\d{2}-\d{2}")


class Outcome(StrEnum):
    """What came of a request to see a record."""

    DISCLOSED = "disclosed"
    REFUSED = "refused"


class Purpose(StrEnum):
    """What an officer may need a student's record for."""

    SAFETY_PLAN = "safety_plan"
    THREAT_ASSESSMENT = "threat_assessment"
    HEALTH_SAFETY_EMERGENCY = "health_safety_emergency"
    SCHOOL_OFFICIAL_DUTY = "school_official_duty"


SAFETY_PURPOSES = frozenset({Purpose.SAFETY_PLAN, Purpose.THREAT_ASSESSMENT, Purpose.HEALTH_SAFETY_EMERGENCY})
"""Those for which somebody's safety depends on what was written."""


class ReviewOutcome(StrEnum):
    """What the second person found."""

    UPHELD = "upheld"
    NOT_UPHELD = "not_upheld"


@dataclass(frozen=True, slots=True)
class Sent:
    """What a request's headers say of its purpose, as they were sent."""

    purpose: str | None = None
    threat: str | None = None
    until: str | None = None
    recipients: str | None = None


@dataclass(frozen=True, slots=True)
class Emergency:
    """The articulable and significant threat, who is told, and when what was disclosed for it is to be used no more."""

    threat: str
    recipients: tuple[str, ...]
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Statement:
    """What a record is asked for."""

    purpose: Purpose
    emergency: Emergency | None = None


def statement_of(sent: Sent, *, requested_by: str, now: datetime) -> Statement:
    """What is stated, where it is complete. Who names no recipients of an emergency is its only one.

    Source: 34 CFR 99.32(a)(5), 99.36.
    Raises: PurposeNotStated, PurposeUnknown, EmergencyNotExplained.
    """
    if sent.purpose is None:
        raise PurposeNotStated(errors=[Fault(f"header.{PURPOSE}", "is required")])
    purpose = purpose_named(sent)
    if purpose is None:
        raise PurposeUnknown(errors=[Fault(f"header.{PURPOSE}", f"must be one of {', '.join(Purpose)}")])
    if purpose is not Purpose.HEALTH_SAFETY_EMERGENCY:
        return Statement(purpose)
    return Statement(
        purpose,
        Emergency(
            threat=_threat(sent.threat),
            recipients=_recipients(sent.recipients) or (requested_by,),
            expires_at=_expiry(sent.until, now),
        ),
    )


def statement_if_any(sent: Sent, *, requested_by: str, now: datetime) -> Statement | None:
    """What is stated by those who need not state anything."""
    try:
        return statement_of(sent, requested_by=requested_by, now=now)
    except Malformed:
        return None


def purpose_named(sent: Sent) -> Purpose | None:
    """The purpose that is named; None where none of ours is."""
    named = (sent.purpose or "").strip()
    return next((purpose for purpose in Purpose if purpose == named), None)


def ensure_reviewable(*, reviewer: str, requested_by: str, outcome: Outcome, is_emergency: bool) -> None:
    """A second person reviews what was disclosed in an emergency. Raises: OwnDisclosure, NothingToReview."""
    if reviewer == requested_by:
        raise OwnDisclosure
    if not is_emergency or outcome is not Outcome.DISCLOSED:
        raise NothingToReview


def _threat(text: str | None) -> str:
    threat = (text or "").strip()
    if not threat:
        raise _unexplained(THREAT, "is required: the articulable and significant threat")
    if len(threat) > LONGEST_THREAT:
        raise _unexplained(THREAT, f"must have at most {LONGEST_THREAT} characters")
    return threat


def _expiry(text: str | None, now: datetime) -> datetime:
    try:
        until = datetime.fromisoformat(text.strip()) if text and _YEAR_FIRST.match(text.strip()) else None
    except ValueError:
        until = None
    if until is None or until.tzinfo is None:
        raise _unexplained(UNTIL, "is required: an instant with its zone")
    if not timedelta() < until - now <= LONGEST_EMERGENCY:
        raise _unexplained(UNTIL, "must lie in the future, and at most 72 hours ahead")
    return until


def _recipients(text: str | None) -> tuple[str, ...]:
    named = tuple(dict.fromkeys(name for part in (text or "").split(",") if (name := part.strip())))
    if len(named) > MOST_RECIPIENTS:
        raise _unexplained(RECIPIENTS, f"must name at most {MOST_RECIPIENTS}, separated by commas")
    if any(len(name) > LONGEST_RECIPIENT for name in named):
        raise _unexplained(RECIPIENTS, f"must name each in at most {LONGEST_RECIPIENT} characters")
    return named


def _unexplained(header: str, problem: str) -> EmergencyNotExplained:
    return EmergencyNotExplained(f"The header {header} {problem}.", errors=[Fault(f"header.{header}", problem)])
