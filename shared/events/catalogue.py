"""Every public fact, in the order in which they became public. Written by hand, so that history shows when."""

from collections.abc import Mapping
from types import MappingProxyType

from shared.events import referrals, roster, surveys, training
from shared.events.base import Event

CATALOGUE: tuple[type[Event], ...] = (
    roster.EnrollmentCounted,
    referrals.ReferralSubmitted,
    referrals.ReferralAccepted,
    referrals.ReferralRejected,
    referrals.ReferralStarted,
    referrals.ReferralPutOnHold,
    referrals.ReferralResumed,
    referrals.ReferralCompleted,
    referrals.ReferralFailed,
    referrals.ReferralCancelled,
    referrals.ReferralContacted,
    referrals.ReferralLoopClosed,
    referrals.ReferralEnteredInError,
    referrals.ReferralRescheduled,
    referrals.ReferralContactReminded,
    referrals.ReferralContactOverdue,
    training.OfficerStandingChanged,
    training.AgreementChanged,
    training.StandingTurned,
    training.DeadlineApproached,
    training.AgreementTurned,
    training.AgreementEndApproached,
    training.CredentialIssued,
    training.CredentialRevoked,
    training.ActivityLogged,
    training.ActivityTakenBack,
    training.DrillHeld,
    training.DrillQuotaSet,
    surveys.SurveyOpened,
    surveys.SurveyProgressed,
    surveys.SurveyClosed,
    surveys.SurveyResultsCounted,
    surveys.HelpRequested,
)

BY_NAME: Mapping[str, type[Event]] = MappingProxyType({e.name: e for e in CATALOGUE})
TOPICS: tuple[str, ...] = tuple(dict.fromkeys(e.topic for e in CATALOGUE))
PRODUCERS: Mapping[str, str] = MappingProxyType(
    {
        "roster": "referral-api",
        "referrals": "referral-api",
        "training": "training-registry",
        "surveys": "climate-survey-api",
    }
)
