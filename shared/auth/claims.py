"""What a token must say before anybody is let in: one strict reading for local and foreign tokens."""

import math
from collections.abc import Collection, Mapping
from datetime import timedelta

from shared.auth.caller import Caller, Role
from shared.auth.errors import InvalidToken
from shared.db import may_be_district

LEEWAY = timedelta(seconds=30)
"""How far the issuer's clock may be off."""

_LONGEST_ID = 200
_MOST_SCHOOLS = 10_000


def ensure_meant_for_us(claims: Mapping[str, object], *, issuer: str, audiences: Collection[str]) -> None:
    """Refuse a token of another issuer or for another application. Raises: InvalidToken."""
    if claims.get("iss") != issuer:
        raise InvalidToken("is from another issuer")
    audience = claims.get("aud")
    named = audience if isinstance(audience, list) else [audience]
    if not any(isinstance(a, str) and a in audiences for a in named):
        raise InvalidToken("is for another audience")


def ensure_in_time(claims: Mapping[str, object], now_seconds: float) -> float:
    """When the token ends, in seconds since 1970. Raises: InvalidToken before its time, after it, or without an end."""
    ends = _seconds(claims, "exp")
    if ends is None:
        raise InvalidToken("has no end")
    leeway = LEEWAY.total_seconds()
    if now_seconds >= ends + leeway:
        raise InvalidToken("has expired")
    for claim in ("nbf", "iat"):
        begins = _seconds(claims, claim)
        if begins is not None and now_seconds < begins - leeway:
            raise InvalidToken("is not valid yet")
    return ends


def caller_of(claims: Mapping[str, object]) -> Caller:
    """The caller that a token's claims describe. Raises: InvalidToken."""
    role = _role(claims)
    provider_id = _id(claims, "provider_id") if role is Role.PROVIDER else None
    return Caller(
        sub=_id(claims, "sub"),
        district_id=_district(claims),
        role=role,
        school_ids=_schools(claims),
        provider_id=provider_id,
    )


def _seconds(claims: Mapping[str, object], claim: str) -> float | None:
    value = claims.get(claim)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InvalidToken(f"has an unusable {claim}")
    return value


def _id(claims: Mapping[str, object], claim: str) -> str:
    value = claims.get(claim)
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_ID or not value.isprintable():
        raise InvalidToken(f"has no usable {claim}")
    return value


def _district(claims: Mapping[str, object]) -> str:
    value = claims.get("district_id")
    if not isinstance(value, str) or not may_be_district(value):
        raise InvalidToken("has no usable district_id")
    return value


def _role(claims: Mapping[str, object]) -> Role:
    value = claims.get("role")
    try:
        return Role(str(value))
    except ValueError as error:
        raise InvalidToken("has no role that is known here") from error


def _schools(claims: Mapping[str, object]) -> frozenset[str] | None:
    """None, that is every school, only where the claim is absent: null or an empty list must never widen access."""
    if "school_ids" not in claims:
        return None
    value = claims["school_ids"]
    if (
        not isinstance(value, list)
        or len(value) > _MOST_SCHOOLS
        or not all(isinstance(s, str) and 0 < len(s) <= _LONGEST_ID for s in value)
    ):
        raise InvalidToken("has unusable school_ids")
    return frozenset(value)
