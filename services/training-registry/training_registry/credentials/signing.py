"""A document as a compact JSON Web Token, signed: header, document and signature in one line of text."""

import base64
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from joserfc import jws
from joserfc.errors import SecurityWarning
from joserfc.jwk import OKPKey


@dataclass(frozen=True, slots=True, repr=False)
class Signer:
    """A private key, and the address at which everybody finds its public part."""

    key: OKPKey
    algorithm: str
    kid: str

    def sign(self, document: Mapping[str, object]) -> str:
        """The document as a token. Its header says nothing but how to verify it, as Open Badges 3.0, 8.2.2 asks."""
        header = {"alg": self.algorithm, "typ": "JWT", "kid": self.kid}
        with warnings.catch_warnings():
            # That RFC 9864 deprecates the name `EdDSA` changes nothing while verifiers know no other.
            warnings.simplefilter("ignore", SecurityWarning)
            return jws.serialize_compact(header, orjson.dumps(document), self.key, algorithms=[self.algorithm])


def document_in(token: str) -> dict[str, Any]:
    """What a token says, unverified: of our own, which lay in our own table."""
    _, payload, _ = token.split(".")
    document: dict[str, Any] = orjson.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return document
