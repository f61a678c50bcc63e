"""What a district publishes, as Open Badges 3.0 and the W3C's standards write it. Pure.

Sources: Open Badges 3.0 (1EdTech), sections 8.2 and B; Verifiable Credentials Data Model 2.0; Securing Verifiable
Credentials using JOSE and COSE; Bitstring Status List 1.0; Controlled Identifiers 1.0.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Any
from urllib.parse import quote
from uuid import NAMESPACE_URL, UUID, uuid5

from training_registry.credentials.rules import Alignment, Certified, first_instant, hours_in_words, last_instant

Document = dict[str, Any]

CREDENTIALS_CONTEXT = "https://www.w3.org/ns/credentials/v2"
BADGES_CONTEXT = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
_KEYS_CONTEXT = "https://www.w3.org/ns/cid/v1"

_CLAIMS_OF_TOKENS = frozenset({"iss", "jti", "nbf", "exp"})

LIST_HOLDS_FOR = timedelta(days=1)
"""How long a copy of a status list may be shown: longer, and somebody could show one from before a revocation."""

HOURS = "ext:ContactHours"
"""What the result of a topic counts; Open Badges has no name of its own for hours."""


def issuer_url(public_url: str, district_id: str) -> str:
    """Who the issuer is, and where his profile is read."""
    return f"{public_url}/v1/issuers/{district_id}"


def key_url(public_url: str, district_id: str, key_id: str) -> str:
    """Where a public key is read alone; the `kid` of what it signed."""
    return f"{issuer_url(public_url, district_id)}/keys/{key_id}"


def credential_url(public_url: str, credential_id: UUID) -> str:
    """The id of a credential, and where it is read by those who may."""
    return f"{public_url}/v1/credentials/{credential_id}"


def verification_url(public_url: str, credential_id: UUID) -> str:
    """Where anybody sees whether a credential holds."""
    return f"{credential_url(public_url, credential_id)}/verification"


def status_list_url(public_url: str, status_list_id: UUID) -> str:
    """The id of a status list, and where it is read."""
    return f"{public_url}/v1/status-lists/{status_list_id}"


def profile(public_url: str, district_id: str) -> Document:
    """The issuer, as he stands in every credential."""
    return {"id": issuer_url(public_url, district_id), "type": ["Profile"], "name": district_id}


def profile_with_keys(public_url: str, district_id: str, jwks: Sequence[Mapping[str, object]]) -> Document:
    """The issuer with his keys, as what his id leads to: a verifier needs no other document."""
    issuer = issuer_url(public_url, district_id)
    return {
        "@context": [CREDENTIALS_CONTEXT, BADGES_CONTEXT, _KEYS_CONTEXT],
        **profile(public_url, district_id),
        "verificationMethod": [
            {"id": jwk["kid"], "type": "JsonWebKey", "controller": issuer, "publicKeyJwk": dict(jwk)} for jwk in jwks
        ],
        "assertionMethod": [jwk["kid"] for jwk in jwks],
    }


def credential(
    certified: Certified,
    *,
    credential_id: UUID,
    district_id: str,
    public_url: str,
    status_list_id: UUID,
    status_index: int,
    zone: tzinfo,
) -> Document:
    """The claims of a credential: the credential itself, and what of it JSON Web Tokens have names for."""
    begins = first_instant(certified.completed_on, zone)
    ends = last_instant(certified.expires_on, zone) if certified.expires_on else None
    credential_id_url = credential_url(public_url, credential_id)
    issuer = issuer_url(public_url, district_id)
    status_list = status_list_url(public_url, status_list_id)
    document: Document = {
        "@context": [CREDENTIALS_CONTEXT, BADGES_CONTEXT],
        "id": credential_id_url,
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": certified.course,
        "issuer": profile(public_url, district_id),
        "validFrom": begins.isoformat(),
        "credentialSubject": _subject(certified, issuer, begins),
        "credentialStatus": {
            "id": f"{status_list}#{status_index}",
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": str(status_index),
            "statusListCredential": status_list,
        },
        "iss": issuer,
        "jti": credential_id_url,
        "nbf": int(begins.timestamp()),
    }
    if ends is not None:
        document |= {"validUntil": ends.isoformat(), "exp": int(ends.timestamp())}
    return document


def status_list(encoded: str, *, district_id: str, public_url: str, status_list_id: UUID, now: datetime) -> Document:
    """The claims of a list that says which of its credentials are revoked."""
    url = status_list_url(public_url, status_list_id)
    begins = now.astimezone(UTC).replace(microsecond=0)
    ends = begins + LIST_HOLDS_FOR
    return {
        "@context": [CREDENTIALS_CONTEXT],
        "id": url,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer_url(public_url, district_id),
        "validFrom": f"{begins:%Y-%m-%dT%H:%M:%SZ}",
        "validUntil": f"{ends:%Y-%m-%dT%H:%M:%SZ}",
        "credentialSubject": {
            "id": f"{url}#list",
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": encoded,
        },
        "iss": issuer_url(public_url, district_id),
        "jti": url,
        "nbf": int(begins.timestamp()),
        "exp": int(ends.timestamp()),
    }


def without_token_claims(claims: Mapping[str, Any]) -> Document:
    """The document alone, as verifiers see it once they have verified its text."""
    return {name: value for name, value in claims.items() if name not in _CLAIMS_OF_TOKENS}


def _subject(certified: Certified, issuer: str, begins: datetime) -> Document:
    """Whose it is, told by an id that means nothing outside the district, and for what."""
    achievement_id = _named(issuer, "achievement", certified.course, certified.provider)
    topics = sorted(certified.topics.items())
    measured = {topic: _named(achievement_id, "topic", topic) for topic, _ in topics}
    subject: Document = {
        "type": ["AchievementSubject"],
        "identifier": [
            {
                "type": "IdentityObject",
                "hashed": False,
                "identityHash": certified.officer_id,
                "identityType": "sourcedId",
            }
        ],
        "activityEndDate": begins.isoformat(),
        "creditsEarned": sum(certified.topics.values()) / 100,
        "achievement": {
            "id": achievement_id,
            "type": ["Achievement"],
            "achievementType": "CertificateOfCompletion",
            "name": certified.course,
            "description": f"Completion of {certified.course}, given by {certified.provider}.",
            "criteria": {"narrative": _criteria(certified)},
            "creator": {
                "id": _named(issuer, "provider", certified.provider),
                "type": ["Profile"],
                "name": certified.provider,
            },
        },
    }
    if certified.alignments:
        subject["achievement"]["alignment"] = [_alignment(one, issuer) for one in certified.alignments]
    if topics:
        subject["achievement"]["resultDescription"] = [
            {"id": measured[topic], "type": ["ResultDescription"], "name": topic, "resultType": HOURS}
            for topic, _ in topics
        ]
        subject["result"] = [
            {"type": ["Result"], "resultDescription": measured[topic], "value": hours_in_words(hundredths)}
            for topic, hundredths in topics
        ]
    return subject


def _criteria(certified: Certified) -> str:
    """What had to be done for it, in words."""
    topics = ", ".join(
        f"{topic} ({hours_in_words(hundredths)} h)" for topic, hundredths in sorted(certified.topics.items())
    )
    told = f"The course was completed on {_in_words(certified.completed_on)}"
    return f"{told}: {topics}." if topics else f"{told}."


def _in_words(day: date) -> str:
    return f"{day:%B} {day.day}, {day.year}"


def _alignment(alignment: Alignment, issuer: str) -> Document:
    written = {
        "type": ["Alignment"],
        "targetType": "CFItem",
        "targetName": alignment.name,
        "targetCode": alignment.code,
        # A target needs an address: of one without, it is its place with the issuer, who speaks of it.
        "targetUrl": alignment.url or f"{issuer}#{quote(alignment.code, safe='')}",
    }
    return written | ({"targetDescription": alignment.source} if alignment.source else {})


@lru_cache(10_000)  # many complete the same course
def _named(*parts: str) -> str:
    """An id that is the same for the same thing, whoever asks, and leads nowhere."""
    return uuid5(NAMESPACE_URL, "rapport:" + "\0".join(parts)).urn
