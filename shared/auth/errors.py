"""Refusals of callers.

Unauthenticated
├── NoToken                             401
└── InvalidToken                        401
Forbidden
└── NotPermitted                        403
Unavailable
└── IdentityProviderUnavailable         503
"""

from shared.errors import Forbidden, Unauthenticated, Unavailable


class NoToken(Unauthenticated):
    """The request carries no bearer token."""


class NotPermitted(Forbidden):
    """The caller's role does not have the permission this route needs."""


class InvalidToken(Unauthenticated):
    """The bearer token is not valid."""

    def __init__(self, reason: str) -> None:
        """`reason` is ours alone: it repeats nothing of the token."""
        challenge = f'Bearer error="invalid_token", error_description="{reason}"'
        super().__init__(f"The token {reason}.", headers={"WWW-Authenticate": challenge})


class IdentityProviderUnavailable(Unavailable):
    """The identity provider's keys were never read yet and cannot be read just now; try again."""

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": "5"})
