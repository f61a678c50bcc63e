"""Refusals of credentials.

ServiceError
└── NotFound                 404
    ├── CredentialNotFound
    ├── CredentialUnknown
    ├── IssuerUnknown
    └── StatusListUnknown
"""

from shared.errors import NotFound


class CredentialNotFound(NotFound):
    """There is no credential with this id, or none that the caller may read."""


class CredentialUnknown(NotFound):
    """No credential with this id was issued here."""


class IssuerUnknown(NotFound):
    """No district of this id has issued a credential here, or none that was signed with this key."""


class StatusListUnknown(NotFound):
    """There is no status list with this id."""
