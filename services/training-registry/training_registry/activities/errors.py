"""Refusals around the ledger and the drills.

ServiceError
├── Forbidden
│   └── NotYourLedger            403
├── NotFound
│   ├── ActivityNotFound         404
│   ├── DrillNotFound            404
│   └── SchoolNotFound           404
└── Invalid
    ├── ActivityRefused          422
    ├── DrillRefused             422
    └── NoSuchCatalogue          422
"""

from shared.errors import Forbidden, Invalid, NotFound


class NotYourLedger(Forbidden):
    """An officer logs what he did himself."""


class ActivityNotFound(NotFound):
    """There is no such activity that the caller may see."""


class DrillNotFound(NotFound):
    """There is no such drill that the caller may see."""


class SchoolNotFound(NotFound):
    """There is no such school that the caller may see."""


class ActivityRefused(Invalid):
    """The entry cannot stand in the ledger."""


class DrillRefused(Invalid):
    """The drill cannot be recorded so."""


class NoSuchCatalogue(Invalid):
    """No quotas are shipped for this jurisdiction."""
