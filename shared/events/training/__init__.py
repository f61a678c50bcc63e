"""Facts on the topic `training`: who may serve where and open records, and what officers do. By training-registry.

What time alone changes needs no fact of its own: a standing and an agreement say for every day, past and to come, what
holds on it as far as is known now, and a reader that keeps them shuts the door on the day without being told. None
carries an officer's name.
"""

from shared.events.training.activities import (
    ActivityEvent,
    ActivityKind,
    ActivityLogged,
    ActivityTakenBack,
    TriadRole,
)
from shared.events.training.agreements import (
    AgreementChanged,
    AgreementDate,
    AgreementEndApproached,
    AgreementStatus,
    AgreementTurned,
)
from shared.events.training.credentials import (
    CredentialIssued,
    CredentialRevoked,
)
from shared.events.training.drills import (
    DrillHeld,
    DrillQuotaSet,
    DrillType,
    QuotaRow,
)
from shared.events.training.standing import (
    BLOCKING,
    AssignmentTerm,
    Blocks,
    DeadlineApproached,
    OfficerStandingChanged,
    RequirementStanding,
    StandingStatus,
    StandingStep,
    StandingTurned,
)

__all__ = [
    "BLOCKING",
    "ActivityEvent",
    "ActivityKind",
    "ActivityLogged",
    "ActivityTakenBack",
    "AgreementChanged",
    "AgreementDate",
    "AgreementEndApproached",
    "AgreementStatus",
    "AgreementTurned",
    "AssignmentTerm",
    "Blocks",
    "CredentialIssued",
    "CredentialRevoked",
    "DeadlineApproached",
    "DrillHeld",
    "DrillQuotaSet",
    "DrillType",
    "OfficerStandingChanged",
    "QuotaRow",
    "RequirementStanding",
    "StandingStatus",
    "StandingStep",
    "StandingTurned",
    "TriadRole",
]
