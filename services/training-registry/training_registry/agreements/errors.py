"""Refusals around agreements.

ServiceError
├── NotFound
│   └── AgreementNotFound            404
├── Forbidden
│   └── SchoolNotCovered             403
├── Conflict
│   ├── AlreadySigned                409
│   └── AgreementTerminated          409
└── Invalid
    ├── SignedInFuture               422
    └── EndsOutsideTerm              422
"""

from shared.errors import Conflict, Forbidden, Invalid, NotFound


class AgreementNotFound(NotFound):
    """There is no such agreement, or none that the caller may see."""


class SchoolNotCovered(Forbidden):
    """The caller does not act for every school of this agreement."""


class AlreadySigned(Conflict):
    """This party has signed these terms already, otherwise than is said now."""


class AgreementTerminated(Conflict):
    """The agreement was terminated; what is agreed anew is another agreement."""


class SignedInFuture(Invalid):
    """An agreement cannot have been signed in the future."""


class EndsOutsideTerm(Invalid):
    """An agreement ends early on a day of its term."""
