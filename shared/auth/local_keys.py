"""The suite's own token keys, for a machine without an identity provider: one Ed25519 key pair in a folder.

Written by hand after RFC 8037 and RFC 7638 rather than through the JOSE library, because the program that prints a
token must start in a blink; the tests read every key with the library.
"""

import base64
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.secret_files import create_once, replace

SIGNING_FILE = "token-signing.json"
VERIFYING_FILE = "token-verifying.json"


class NoSigningKey(Exception):
    """The folder holds only the public keys: tokens are verified here and issued elsewhere."""


@dataclass(frozen=True, slots=True, repr=False)
class SigningKey:
    """The private key that local tokens are signed with."""

    key: Ed25519PrivateKey
    key_id: str


def ensure_keys(folder: Path) -> None:
    """Make the key pair if there is none. Safe when several processes start at once: all end with the same pair.

    A folder that holds only the public keys is left as it is.
    """
    signing, verifying = folder / SIGNING_FILE, folder / VERIFYING_FILE
    if not signing.exists():
        if verifying.exists():
            return
        create_once(signing, _as_json(_new_private_jwk()))
    public = {name: value for name, value in json.loads(signing.read_bytes()).items() if name != "d"}
    wanted = _as_json({"keys": [public]})
    # Derived from whichever private key won, so that processes at once write the same bytes.
    if not verifying.exists() or verifying.read_bytes() != wanted:
        replace(verifying, wanted)


def read_signing_key(folder: Path) -> SigningKey:
    """The key to issue tokens with, made if there is none. Raises: NoSigningKey."""
    ensure_keys(folder)
    try:
        jwk = json.loads((folder / SIGNING_FILE).read_bytes())
    except FileNotFoundError as error:
        raise NoSigningKey from error
    return SigningKey(Ed25519PrivateKey.from_private_bytes(_decoded(jwk["d"])), jwk["kid"])


def encoded(value: bytes) -> str:
    """Base64url without padding, as JOSE writes bytes."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode("ascii")


def _new_private_jwk() -> dict[str, str]:
    private = Ed25519PrivateKey.generate()
    essence = {"crv": "Ed25519", "kty": "OKP", "x": encoded(private.public_key().public_bytes_raw())}
    # RFC 7638: the names in this order, without spaces.
    thumbprint = hashlib.sha256(json.dumps(essence, separators=(",", ":"), sort_keys=True).encode()).digest()
    return {
        **essence,
        "kid": encoded(thumbprint),
        "use": "sig",
        "alg": "Ed25519",
        "d": encoded(private.private_bytes_raw()),
    }


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _as_json(value: object) -> bytes:
    return json.dumps(value, indent=2).encode()
