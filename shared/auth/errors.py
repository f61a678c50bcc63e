"""Refusals of tokens.

Unauthenticated
└── InvalidToken                        401
Unavailable
└── IdentityProviderUnavailable         503
"""

from shared.errors import Unauthenticated, Unavailable


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
