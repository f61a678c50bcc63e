"""Refusals around requirements.

ServiceError
├── RequirementNotFound       404
├── NotShipped                404
└── NothingToAdopt            422
"""

from shared.errors import Invalid, NotFound


class RequirementNotFound(NotFound):
    """The district has no such requirement, or had none then."""


class NotShipped(NotFound):
    """No requirement of this name or jurisdiction is shipped."""


class NothingToAdopt(Invalid):
    """An adoption names either a jurisdiction or requirements."""
