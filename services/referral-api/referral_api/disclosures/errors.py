"""Refusals of the ledger, and of requests for a record that do not say what it is needed for.

ServiceError
├── PurposeNotStated         400
├── PurposeUnknown           400
├── EmergencyNotExplained    400
├── OwnDisclosure            403
├── DisclosureNotFound       404
├── NothingToReview          409
├── AlreadyReviewed          409
└── StudentNotNamed          422
"""

from shared.errors import Conflict, Forbidden, Invalid, Malformed, NotFound


class PurposeNotStated(Malformed):
    """An officer says in the header Purpose-Of-Use what he needs the record for."""


class PurposeUnknown(Malformed):
    """The header Purpose-Of-Use names none of the purposes for which a record is opened."""


class EmergencyNotExplained(Malformed):
    """An emergency needs the headers Emergency-Threat and Emergency-Until, and may name Emergency-Recipients."""


class OwnDisclosure(Forbidden):
    """A second person reviews an emergency, not the one who asked."""


class DisclosureNotFound(NotFound):
    """There is no such disclosure that the caller may know of."""


class NothingToReview(Conflict):
    """Only what was disclosed in an emergency is reviewed."""


class AlreadyReviewed(Conflict):
    """It was reviewed before, by another or otherwise."""


class StudentNotNamed(Invalid):
    """A caller of single schools asks for one student's disclosures at a time."""
