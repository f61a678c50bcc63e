"""What the descriptions of the routes show: one credential, its issuer and his key."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from training_registry.credentials import documents
from training_registry.credentials.rules import Alignment, Certified

_PUBLIC_URL = "https://training.example.org"
_DISTRICT = "demo"
_ID = UUID("7d5f2f9e-8f43-4c8e-9d5e-0a4f7a3d9b11")
_LIST_ID = UUID("1b0c3d5e-2a4f-4f6b-8c7d-9e0f1a2b3c4d")
_KEY_ID = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
_CERTIFIED = Certified(
    completion_id=UUID("019c8a5e-7b7a-7c3e-9f10-3d2a6f1b4c55"),
    officer_id="o-1",
    course="Adolescent mental health",
    provider="State Academy",
    topics={"mental_health": 600, "de_escalation": 200},
    completed_on=date(2026, 11, 2),
    expires_on=date(2028, 11, 1),
    alignments=(
        Alignment("Officers in schools", "RCW 28A.320.124", "https://app.leg.wa.gov/rcw/"),
        Alignment("De-escalation", "de_escalation", None, source="RCW 28A.310.515"),
    ),
)
_CLAIMS = documents.credential(
    _CERTIFIED,
    credential_id=_ID,
    district_id=_DISTRICT,
    public_url=_PUBLIC_URL,
    status_list_id=_LIST_ID,
    status_index=94_172,
    zone=ZoneInfo("America/New_York"),
)
_LIST_CLAIMS = documents.status_list(
    "uH4sIAAAAAAAC_-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA",
    district_id=_DISTRICT,
    public_url=_PUBLIC_URL,
    status_list_id=_LIST_ID,
    now=datetime(2026, 11, 26, 14, tzinfo=UTC),
)

JWT = "eyJhbGciOiJFZERTQSJ9.eyJpc3MiOiJodHRwczovL3RyYWluaW5nLmV4YW1wbGUub3JnIn0.c2lnbmF0dXJl"
"""The form of a signed text; a real one is longer."""

JWK: dict[str, Any] = {
    "kty": "OKP",
    "crv": "Ed25519",
    "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    "kid": documents.key_url(_PUBLIC_URL, _DISTRICT, _KEY_ID),
    "alg": "EdDSA",
    "use": "sig",
}
PROFILE: dict[str, Any] = documents.profile_with_keys(_PUBLIC_URL, _DISTRICT, [JWK])
STATUS_LIST: dict[str, Any] = documents.without_token_claims(_LIST_CLAIMS)
CREDENTIAL: dict[str, Any] = {
    "credential_id": str(_ID),
    "completion_id": str(_CERTIFIED.completion_id),
    "officer_id": _CERTIFIED.officer_id,
    "issued_at": "2026-11-03T15:04:05Z",
    "revoked_at": None,
    "verification_url": documents.verification_url(_PUBLIC_URL, _ID),
    "credential": documents.without_token_claims(_CLAIMS),
    "jwt": JWT,
}
VERIFICATION: dict[str, Any] = {
    "result": "valid",
    "credential_id": str(_ID),
    "achievement": {
        "name": _CERTIFIED.course,
        "provider": _CERTIFIED.provider,
        "hours": 8.0,
        "topics": {"mental_health": 6.0, "de_escalation": 2.0},
        "alignments": [
            {"name": one["targetName"], "code": one["targetCode"], "url": one["targetUrl"], "source": source}
            for one, source in zip(
                _CLAIMS["credentialSubject"]["achievement"]["alignment"], (None, "RCW 28A.310.515"), strict=True
            )
        ],
    },
    "issuer": {"id": documents.issuer_url(_PUBLIC_URL, _DISTRICT), "name": _DISTRICT},
    "valid_from_on": "2026-11-02",
    "valid_until_on": "2028-11-01",
    "revoked_on": None,
    "checked_at": "2026-11-26T14:05:00Z",
}
