"""Refusals around administrations.

ServiceError
└── AdministrationNotFound      404
"""

from shared.errors import NotFound


class AdministrationNotFound(NotFound):
    """There is no such survey."""
