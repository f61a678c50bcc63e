"""Makes local bearer tokens: what `make token` prints and tests hand in."""

import json
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from shared.auth.caller import Role
from shared.auth.local_keys import SigningKey, encoded, read_signing_key

LOCAL_ISSUER = "urn:rapport:local"
LOCAL_AUDIENCE = "rapport"
ALGORITHM = "Ed25519"
"""RFC 9864; its older name `EdDSA` is deprecated because it does not say which curve."""


def issue_token(
    keys: SigningKey | Path,
    *,
    sub: str,
    district_id: str,
    role: Role,
    now: datetime,
    school_ids: Collection[str] | None = None,
    provider_id: str | None = None,
    lifetime: timedelta = timedelta(hours=12),
) -> str:
    """A signed token for one caller. `school_ids=None` opens every school of the district, an empty list none."""
    claims: dict[str, object] = {
        "iss": LOCAL_ISSUER,
        "aud": LOCAL_AUDIENCE,
        "sub": sub,
        "district_id": district_id,
        "role": role.value,
        "iat": int(now.timestamp()),
        "exp": int((now + lifetime).timestamp()),
    }
    if school_ids is not None:
        claims["school_ids"] = sorted(school_ids)
    if provider_id is not None:
        claims["provider_id"] = provider_id
    return sign(read_signing_key(keys) if isinstance(keys, Path) else keys, claims)


def sign(key: SigningKey, claims: Mapping[str, object]) -> str:
    """A JWT over any claims, also ones that a verifier must refuse."""
    header = {"alg": ALGORITHM, "kid": key.key_id, "typ": "JWT"}
    signed = ".".join(encoded(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims))
    return f"{signed}.{encoded(key.key.sign(signed.encode()))}"
