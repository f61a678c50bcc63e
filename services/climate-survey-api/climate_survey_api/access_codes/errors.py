"""Refusals around access codes.

ServiceError
├── NotFound
│   ├── CodeUnknown                404
│   ├── BatchNotFound              404
│   └── SchoolNotFound             404
├── Conflict
│   ├── SurveyOver                 409
│   ├── NobodyIsKnown              409
│   ├── CodesMadeBefore            409
│   ├── NoPlacesLeft               409
│   └── RecipientsNotToBeAsked     409
├── Gone
│   └── CodeUsed                   410
└── Invalid
    ├── UnitNotAsked               422
    ├── RecipientsUnwanted         422
    ├── RecipientsMissing          422
    └── TooManyForOneSheet         422
"""

from shared.errors import Conflict, Gone, Invalid, NotFound


class CodeUnknown(NotFound):
    """This is no code, or one that opens nothing."""


class CodeUsed(Gone):
    """This code has been used: it opens the survey once."""


class BatchNotFound(NotFound):
    """The survey has no such batch of codes, or the caller may not know of it."""


class SchoolNotFound(NotFound):
    """The survey asks nobody at this school, or the caller may not know of it."""


class SurveyOver(Conflict):
    """The survey is over: nobody could use these codes."""


class NobodyIsKnown(Conflict):
    """The survey is anonymous: nobody knows who has answered."""


class CodesMadeBefore(Conflict):
    """Codes were made under this Idempotency-Key before; they are shown once and cannot be shown again."""


class NoPlacesLeft(Conflict):
    """The school has fewer students who may be asked than these codes are for."""


class RecipientsNotToBeAsked(Conflict):
    """Some of these people may not be asked, or have a code already."""


class UnitNotAsked(Invalid):
    """The survey does not ask this group at this school."""


class RecipientsUnwanted(Invalid):
    """The survey is anonymous: nobody may know who has which code."""


class RecipientsMissing(Invalid):
    """The survey is confidential: every code has a recipient of its own."""


class TooManyForOneSheet(Invalid):
    """So many codes are not printed as one document."""
