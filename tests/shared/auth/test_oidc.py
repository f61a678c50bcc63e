"""Tokens of the district's provider, verified against a real HTTP issuer that rotates keys, fails and comes back."""

import asyncio
import json
import time
from typing import Any

import pytest
from joserfc import jws
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from joserfc.registry import HeaderParameter

from shared.auth import Caller, Role
from shared.auth.errors import IdentityProviderUnavailable, InvalidToken
from shared.auth.oidc import OidcVerifier, ProviderKeys
from tests.shared.auth.issuer import Issuer, Key, signed


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """The seconds so far."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def verifier(issuer: Issuer, clock: Clock) -> OidcVerifier:
    return a_verifier(issuer, clock)


def a_verifier(issuer: Issuer, clock: Clock) -> OidcVerifier:
    return OidcVerifier(issuer.url, "rapport", keys=ProviderKeys(issuer.url, clock=clock))


def a_key() -> ECKey:
    return ECKey.generate_key("P-256", {"use": "sig"}, auto_kid=True)


def claims(issuer: Issuer, **changes: object) -> dict[str, object]:
    return {
        "iss": issuer.url,
        "aud": ["account", "rapport"],
        "sub": "c-1",
        "district_id": "demo",
        "role": "counselor",
        "school_ids": ["s-1"],
        "exp": int(time.time()) + 600,
    } | changes


async def settled(verifier: OidcVerifier, token: str) -> None:
    """Verify once and let the refresh that it may have begun behind it come to its end."""
    await verifier.verify(token)
    tasks = [t for t in asyncio.all_tasks() if "ProviderKeys._refresh" in repr(t)]
    await asyncio.gather(*tasks)


RSA = RSAKey.generate_key(2048, {"use": "sig"}, auto_kid=True)


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (RSA, "RS256"),
        (RSA, "PS512"),
        (ECKey.generate_key("P-256", auto_kid=True), "ES256"),
        (ECKey.generate_key("P-384", auto_kid=True), "ES384"),
        (OKPKey.generate_key("Ed25519", auto_kid=True), "Ed25519"),
    ],
)
async def test_a_token_of_the_provider_lets_its_caller_in(
    key: Key, algorithm: str, issuer: Issuer, verifier: OidcVerifier
) -> None:
    issuer.add(key)
    caller = await verifier.verify(signed(key, algorithm, claims(issuer)))
    assert caller == Caller("c-1", "demo", Role.COUNSELOR, frozenset({"s-1"}), None)


async def test_a_provider_that_still_writes_eddsa_is_understood_without_a_warning(
    issuer: Issuer, verifier: OidcVerifier
) -> None:
    key = issuer.add(OKPKey.generate_key("Ed25519", auto_kid=True))
    with pytest.warns(SecurityWarning):
        token = signed(key, "EdDSA", claims(issuer))
    assert (await verifier.verify(token)).sub == "c-1"


async def test_documents_are_read_once_for_many_tokens(issuer: Issuer, verifier: OidcVerifier) -> None:
    key = issuer.add(a_key())
    tokens = [signed(key, "ES256", claims(issuer, sub=f"c-{i}")) for i in range(20)]
    await asyncio.gather(*[verifier.verify(t) for t in tokens])
    assert issuer.asked == {"discovery": 1, "keys": 1}


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "https://elsewhere.example"},
        {"aud": "account"},
        {"exp": 1},
        {"role": "realm-admin"},
        {"school_ids": None},
    ],
)
async def test_the_same_claims_are_asked_of_a_foreign_token(
    change: dict[str, object], issuer: Issuer, verifier: OidcVerifier
) -> None:
    key = issuer.add(a_key())
    await verifier.verify(signed(key, "ES256", claims(issuer)))
    with pytest.raises(InvalidToken):
        await verifier.verify(signed(key, "ES256", claims(issuer, **change)))


async def test_a_symmetric_key_that_the_provider_publishes_verifies_nothing(
    issuer: Issuer, verifier: OidcVerifier
) -> None:
    issuer.add(a_key())
    secret = OctKey.generate_key(256, auto_kid=True)
    issuer.keys.append(secret.as_dict(private=True))
    with pytest.raises(InvalidToken, match="algorithm"):
        await verifier.verify(signed(secret, "HS256", claims(issuer)))


async def test_a_key_for_encryption_verifies_no_signature(issuer: Issuer, verifier: OidcVerifier) -> None:
    issuer.add(a_key())
    other = a_key()
    issuer.add(other, use="enc")
    with pytest.raises(InvalidToken, match="unknown key"):
        await verifier.verify(signed(other, "ES256", claims(issuer)))


async def test_a_key_that_cannot_be_used_spoils_none_of_the_others(issuer: Issuer, verifier: OidcVerifier) -> None:
    issuer.keys += [{"kty": "EC", "crv": "P-256", "x": "!", "y": "!", "kid": "bad"}, {"kty": "AKP", "kid": "new"}]
    issuer.keys.append("text")  # type: ignore[arg-type]  # a provider may send anything
    key = issuer.add(a_key())
    assert (await verifier.verify(signed(key, "ES256", claims(issuer)))).sub == "c-1"


async def test_a_providers_own_header_parameters_and_a_certificate_chain_are_passed_over(
    issuer: Issuer, verifier: OidcVerifier
) -> None:
    registry = jws.JWSRegistry(strict_check_header=False)
    registry.max_header_length = 4096
    key = issuer.add(a_key())
    header = {"alg": "ES256", "kid": key.kid, "pi.atm": "x1", "x5c": ["M" * 2000]}
    token = jws.serialize_compact(header, json.dumps(claims(issuer)), key, registry=registry)
    assert (await verifier.verify(token)).sub == "c-1"


async def test_a_header_parameter_that_must_be_understood_and_is_not_refuses_the_token(
    issuer: Issuer, verifier: OidcVerifier
) -> None:
    registry = jws.JWSRegistry({"exp2": HeaderParameter("A rule to come", "str")})
    key = issuer.add(a_key())
    header = {"alg": "ES256", "kid": key.kid, "crit": ["exp2"], "exp2": "x"}
    token = jws.serialize_compact(header, json.dumps(claims(issuer)), key, registry=registry)
    with pytest.raises(InvalidToken):
        await verifier.verify(token)


async def test_a_key_of_another_kind_than_the_algorithm_is_refused(issuer: Issuer, verifier: OidcVerifier) -> None:
    issuer.add(a_key(), kid="k")
    forged = signed(RSA, "RS256", claims(issuer), kid="k")
    with pytest.raises(InvalidToken):
        await verifier.verify(forged)


async def test_a_rotated_key_is_found_at_once_and_a_withdrawn_one_opens_nothing(
    issuer: Issuer, verifier: OidcVerifier
) -> None:
    old = issuer.add(a_key())
    old_token = signed(old, "ES256", claims(issuer))
    await verifier.verify(old_token)
    issuer.keys.clear()
    new = issuer.add(a_key())
    assert (await verifier.verify(signed(new, "ES256", claims(issuer, sub="c-2")))).sub == "c-2"
    with pytest.raises(InvalidToken, match="unknown key"):
        await verifier.verify(old_token)


async def test_a_storm_of_unknown_keys_makes_one_look_in_thirty_seconds(
    issuer: Issuer, verifier: OidcVerifier, clock: Clock
) -> None:
    key = issuer.add(a_key())
    await verifier.verify(signed(key, "ES256", claims(issuer)))
    assert issuer.asked["keys"] == 1
    storm = [signed(a_key(), "ES256", claims(issuer)) for _ in range(50)]

    async def refused(token: str) -> None:
        with pytest.raises(InvalidToken, match="unknown key"):
            await verifier.verify(token)

    await asyncio.gather(*[refused(t) for t in storm])
    assert issuer.asked["keys"] == 2
    clock.now += 29.9
    await refused(storm[0])
    assert issuer.asked["keys"] == 2
    clock.now += 0.1
    await refused(storm[0])
    assert issuer.asked["keys"] == 3
    assert issuer.asked["discovery"] == 1


async def test_keys_are_read_again_after_ten_minutes_behind_the_requests(
    issuer: Issuer, verifier: OidcVerifier, clock: Clock
) -> None:
    key = issuer.add(a_key())
    token = signed(key, "ES256", claims(issuer))
    await settled(verifier, token)
    clock.now += 599
    await settled(verifier, token)
    assert issuer.asked["keys"] == 1
    clock.now += 1
    await settled(verifier, token)
    assert issuer.asked == {"discovery": 1, "keys": 2}


async def test_the_discovery_document_is_read_again_after_a_day(
    issuer: Issuer, verifier: OidcVerifier, clock: Clock
) -> None:
    token = signed(issuer.add(a_key()), "ES256", claims(issuer))
    await settled(verifier, token)
    clock.now += 24 * 3600
    await settled(verifier, token)
    assert issuer.asked == {"discovery": 2, "keys": 2}


async def test_keys_that_did_not_change_leave_verified_tokens_remembered(
    issuer: Issuer, verifier: OidcVerifier, clock: Clock
) -> None:
    token = signed(issuer.add(a_key()), "ES256", claims(issuer))
    caller = await verifier.verify(token)
    clock.now += 600
    await settled(verifier, token)
    assert issuer.asked["keys"] == 2
    assert await verifier.verify(token) is caller


async def test_while_the_issuer_is_down_its_last_keys_serve_and_it_is_asked_now_and_then(
    issuer: Issuer, verifier: OidcVerifier, clock: Clock
) -> None:
    key = issuer.add(a_key())
    await settled(verifier, signed(key, "ES256", claims(issuer)))
    await issuer.stop()
    for _ in range(3):
        clock.now += 3600
        await settled(verifier, signed(key, "ES256", claims(issuer, sub=f"c-{clock.now}")))
    await issuer.start()
    clock.now += 1
    await settled(verifier, signed(key, "ES256", claims(issuer)))
    assert issuer.asked["keys"] == 1, "it was asked again sooner than five seconds after a failure"
    clock.now += 5
    await settled(verifier, signed(key, "ES256", claims(issuer)))
    assert issuer.asked["keys"] == 2


async def test_an_issuer_that_answers_with_errors_counts_as_down(
    issuer: Issuer, verifier: OidcVerifier, clock: Clock
) -> None:
    token = signed(issuer.add(a_key()), "ES256", claims(issuer))
    await settled(verifier, token)
    spoiled: list[dict[str, Any]] = [{"status": 500}, {"raw_keys": b"<html>"}, {"raw_keys": b'{"keys": []}'}]
    for spoil in spoiled:
        for name, value in spoil.items():
            setattr(issuer, name, value)
        clock.now += 600
        await settled(verifier, token)


async def test_without_any_keys_yet_the_answer_is_503_and_recovers_without_a_restart(
    issuer: Issuer, verifier: OidcVerifier, clock: Clock
) -> None:
    token = signed(issuer.add(a_key()), "ES256", claims(issuer))
    await issuer.stop()
    with pytest.raises(IdentityProviderUnavailable) as refused:
        await verifier.verify(token)
    assert (refused.value.status, refused.value.headers) == (503, {"Retry-After": "5"})
    await issuer.start()
    with pytest.raises(IdentityProviderUnavailable):
        await verifier.verify(token)
    clock.now += 5
    assert (await verifier.verify(token)).sub == "c-1"


@pytest.mark.parametrize(
    "change",
    [
        {"issuer": "https://elsewhere.example"},
        {"issuer": None},
        {"jwks_uri": None},
        {"jwks_uri": "file:///etc/passwd"},
    ],
)
async def test_a_discovery_document_that_is_not_the_issuers_is_not_followed(
    change: dict[str, object], issuer: Issuer, verifier: OidcVerifier
) -> None:
    token = signed(issuer.add(a_key()), "ES256", claims(issuer))
    issuer.discovery |= change
    with pytest.raises(IdentityProviderUnavailable):
        await verifier.verify(token)
    assert issuer.asked["keys"] == 0


async def test_a_document_larger_than_a_mebibyte_is_not_read(issuer: Issuer, verifier: OidcVerifier) -> None:
    token = signed(issuer.add(a_key()), "ES256", claims(issuer))
    issuer.raw_keys = b" " * (2 << 20)
    with pytest.raises(IdentityProviderUnavailable):
        await verifier.verify(token)


async def test_a_request_that_is_cancelled_does_not_spoil_the_look_for_the_others(
    issuer: Issuer, verifier: OidcVerifier
) -> None:
    token = signed(issuer.add(a_key()), "ES256", claims(issuer))
    first = asyncio.create_task(verifier.verify(token))
    second = asyncio.create_task(verifier.verify(token))
    while not any("ProviderKeys._refresh" in repr(t) for t in asyncio.all_tasks()):
        await asyncio.sleep(0)
    first.cancel()
    assert (await second).sub == "c-1"
    assert issuer.asked == {"discovery": 1, "keys": 1}
