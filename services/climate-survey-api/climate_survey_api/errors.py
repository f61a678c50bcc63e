"""Refusals at doors that are open to everybody.

ServiceError
└── TooManyRequests
    └── KnocksTooOften      429
"""

from shared.errors import TooManyRequests


class KnocksTooOften(TooManyRequests):
    """Too many tries came from this address within a minute."""
