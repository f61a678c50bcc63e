"""Refusals around access codes.

ServiceError
├── NotFound
│   ├── CodeUnknown                404
│   └── BatchNotFound              404
├── Conflict
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


class CodesMadeBefore(Conflict):
    """Codes were made under this Idempotency-Key before; they are shown once and cannot be shown again."""


class NoPlacesLeft(Conflict):
    """So many more students than these codes are for may not be asked."""


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
