"""Local tokens: one that was issued here lets its caller in, and every other is refused without being repeated."""

import base64
import json
import string
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from joserfc import jws, jwt
from joserfc.jwk import JWKRegistry, KeySet, OctKey, OKPKey

import shared.auth.tokens
from shared.auth import Caller, Role
from shared.auth.errors import InvalidToken
from shared.auth.issuing import issue_token, sign
from shared.auth.local_keys import SigningKey, read_signing_key
from shared.auth.tokens import LocalVerifier, TokenVerifier

NOW = datetime(2026, 10, 5, 9, 0, tzinfo=UTC)


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        """Seconds since 1970."""
        return self.now.timestamp()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def key(tmp_path: Path) -> SigningKey:
    return read_signing_key(tmp_path)


@pytest.fixture
def verifier(tmp_path: Path, clock: Clock) -> LocalVerifier:
    return LocalVerifier(tmp_path, clock=clock)


def some_claims(**changes: object) -> dict[str, object]:
    """A counselor's claims; a change to `...` leaves one out."""
    claims: dict[str, object] = {
        "iss": "urn:rapport:local",
        "aud": "rapport",
        "sub": "c-1",
        "district_id": "demo",
        "role": "counselor",
        "exp": int((NOW + timedelta(hours=1)).timestamp()),
    } | changes
    return {name: value for name, value in claims.items() if value is not ...}


async def test_the_caller_is_who_the_token_was_issued_to(key: SigningKey, verifier: LocalVerifier) -> None:
    token = issue_token(key, sub="c-1", district_id="demo", role=Role.COUNSELOR, now=NOW, school_ids=["s-2", "s-1"])
    assert await verifier.verify(token) == Caller("c-1", "demo", Role.COUNSELOR, frozenset({"s-1", "s-2"}), None)


async def test_a_provider_is_told_by_its_organisation(key: SigningKey, verifier: LocalVerifier) -> None:
    token = issue_token(key, sub="p", district_id="demo", role=Role.PROVIDER, now=NOW, provider_id="p-1")
    assert (await verifier.verify(token)).provider_id == "p-1"


async def test_only_a_provider_carries_an_organisation(key: SigningKey, verifier: LocalVerifier) -> None:
    caller = await verifier.verify(sign(key, some_claims(provider_id="p-1")))
    assert caller.provider_id is None


async def test_without_school_ids_every_school_is_open_and_with_an_empty_list_none(
    key: SigningKey, verifier: LocalVerifier
) -> None:
    everywhere = await verifier.verify(sign(key, some_claims()))
    nowhere = await verifier.verify(sign(key, some_claims(school_ids=[])))
    assert everywhere.sees_school("s-1")
    assert nowhere.school_ids == frozenset()
    assert not nowhere.sees_school("s-1")


SOON = int((NOW + timedelta(minutes=5)).timestamp())


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"iss": "https://elsewhere.example"}, "is from another issuer"),
        ({"iss": ...}, "is from another issuer"),
        ({"aud": "another-app"}, "is for another audience"),
        ({"aud": ["another-app"]}, "is for another audience"),
        ({"aud": ...}, "is for another audience"),
        ({"aud": {"rapport": 1}}, "is for another audience"),
        ({"exp": ...}, "has no end"),
        ({"exp": None}, "has no end"),
        ({"exp": True}, "has an unusable exp"),
        ({"exp": str(SOON)}, "has an unusable exp"),
        ({"exp": float("inf")}, "has an unusable exp"),
        ({"exp": float("nan")}, "has an unusable exp"),
        ({"exp": int((NOW - timedelta(minutes=5)).timestamp())}, "has expired"),
        ({"nbf": SOON}, "is not valid yet"),
        ({"iat": SOON}, "is not valid yet"),
        ({"nbf": "soon"}, "has an unusable nbf"),
        ({"sub": ...}, "has no usable sub"),
        ({"sub": ""}, "has no usable sub"),
        ({"sub": 7}, "has no usable sub"),
        ({"sub": "c" * 201}, "has no usable sub"),
        ({"sub": "c\n1"}, "has no usable sub"),
        ({"district_id": ...}, "has no usable district_id"),
        ({"district_id": "*"}, "has no usable district_id"),
        ({"district_id": "demo'; DROP TABLE x"}, "has no usable district_id"),
        ({"district_id": ["demo"]}, "has no usable district_id"),
        ({"role": ...}, "has no role that is known here"),
        ({"role": "superuser"}, "has no role that is known here"),
        ({"role": "COUNSELOR"}, "has no role that is known here"),
        ({"role": ["counselor"]}, "has no role that is known here"),
        ({"role": "provider"}, "has no usable provider_id"),
        ({"role": "provider", "provider_id": ""}, "has no usable provider_id"),
        ({"school_ids": None}, "has unusable school_ids"),
        ({"school_ids": "s-1"}, "has unusable school_ids"),
        ({"school_ids": [1]}, "has unusable school_ids"),
        ({"school_ids": [""]}, "has unusable school_ids"),
        ({"school_ids": {"s-1": True}}, "has unusable school_ids"),
    ],
)
async def test_a_claim_that_is_missing_or_wrong_is_refused(
    change: dict[str, object], reason: str, key: SigningKey, verifier: LocalVerifier
) -> None:
    await verifier.verify(sign(key, some_claims()))
    with pytest.raises(InvalidToken) as refused:
        await verifier.verify(sign(key, some_claims(**change)))
    assert refused.value.detail == f"The token {reason}."
    assert refused.value.status == 401
    assert refused.value.headers["WWW-Authenticate"] == f'Bearer error="invalid_token", error_description="{reason}"'


async def test_the_issuers_clock_may_be_half_a_minute_off_and_no_more(
    key: SigningKey, verifier: LocalVerifier, clock: Clock
) -> None:
    token = sign(key, some_claims(exp=int(NOW.timestamp()), nbf=int(NOW.timestamp())))
    for seconds in (-29, 0, 29):
        clock.now = NOW + timedelta(seconds=seconds)
        await verifier.verify(token)
    for seconds in (-31, 30):
        clock.now = NOW + timedelta(seconds=seconds)
        with pytest.raises(InvalidToken):
            await verifier.verify(token)


def _flipped(token: str, position: int) -> str:
    letters = string.ascii_letters + string.digits + "-_"
    other = letters[(letters.index(token[position]) + 1) % 64] if token[position] in letters else "A"
    return token[:position] + other + token[position + 1 :]


async def test_a_changed_character_anywhere_is_refused(key: SigningKey, verifier: LocalVerifier) -> None:
    token = sign(key, some_claims())
    await verifier.verify(token)
    for position in range(len(token)):
        with pytest.raises(InvalidToken):
            await verifier.verify(_flipped(token, position))


@pytest.mark.parametrize(
    "torn", [lambda t: t[:-1], lambda t: t[:-3], lambda t: t + "A", lambda t: t + "=", lambda t: ""]
)
async def test_a_torn_token_is_refused(torn: Callable[[str], str], key: SigningKey, verifier: LocalVerifier) -> None:
    with pytest.raises(InvalidToken):
        await verifier.verify(torn(sign(key, some_claims())))


@pytest.mark.parametrize(
    "nonsense",
    ["x", "a.b.c", "..", "é.é.é", "\0", "a" * 20_000, "e30.e30.", "bnVsbA.e30.AAAA", "a.b.c.d.e", " ", "Bearer x"],
)
async def test_nonsense_is_refused_and_never_fails(nonsense: str, verifier: LocalVerifier) -> None:
    with pytest.raises(InvalidToken) as refused:
        await verifier.verify(nonsense)
    assert nonsense not in str(refused.value.headers) or len(nonsense) < 2


async def test_json_nested_too_deep_is_refused_and_never_fails(verifier: LocalVerifier) -> None:
    deep = base64.urlsafe_b64encode(b"[" * 3000).rstrip(b"=").decode()
    with pytest.raises(InvalidToken):
        await verifier.verify(f"{deep}.e30.AAAA")


async def test_a_token_of_another_key_is_refused_whatever_key_it_names(
    tmp_path: Path, key: SigningKey, verifier: LocalVerifier
) -> None:
    stranger = read_signing_key(tmp_path / "other")
    for key_id in (stranger.key_id, key.key_id):
        with pytest.raises(InvalidToken):
            await verifier.verify(sign(SigningKey(stranger.key, key_id), some_claims()))


def _json64(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


async def test_an_unsigned_token_is_refused(verifier: LocalVerifier, key: SigningKey) -> None:
    for algorithm in ("none", "None", "NONE"):
        with pytest.raises(InvalidToken):
            await verifier.verify(f"{_json64({'alg': algorithm, 'kid': key.key_id})}.{_json64(some_claims())}.")


async def test_the_public_key_is_no_shared_secret(tmp_path: Path, key: SigningKey, verifier: LocalVerifier) -> None:
    public = json.loads((tmp_path / "token-verifying.json").read_bytes())["keys"][0]
    for secret in (public["x"], json.dumps(public)):
        forged = jwt.encode({"alg": "HS256", "kid": key.key_id}, some_claims(), OctKey.import_key(secret * 2))
        with pytest.raises(InvalidToken, match="algorithm"):
            await verifier.verify(forged)


async def test_a_key_that_the_token_brings_along_is_not_believed(verifier: LocalVerifier) -> None:
    own = OKPKey.generate_key("Ed25519")
    header = {"alg": "Ed25519", "jwk": own.as_dict(private=False)}
    token = jws.serialize_compact(header, json.dumps(some_claims()), own, algorithms=["Ed25519"])
    with pytest.raises(InvalidToken):
        await verifier.verify(token)


@pytest.mark.parametrize(("kind", "is_let_in"), [("at+jwt", True), ("JWT", True), ("logout+jwt", False), (7, False)])
async def test_only_an_access_token_lets_in(
    kind: object, is_let_in: bool, tmp_path: Path, verifier: LocalVerifier
) -> None:
    private = JWKRegistry.import_key(json.loads((tmp_path / "token-signing.json").read_bytes()))
    header = {"alg": "Ed25519", "kid": private.kid, "typ": kind}
    signing_input = f"{_json64(header)}.{_json64(some_claims())}"
    signature = read_signing_key(tmp_path).key.sign(signing_input.encode())
    token = f"{signing_input}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"
    if is_let_in:
        await verifier.verify(token)
    else:
        with pytest.raises(InvalidToken, match="not an access token"):
            await verifier.verify(token)


async def test_a_payload_that_is_no_object_is_refused(tmp_path: Path, verifier: LocalVerifier) -> None:
    private = JWKRegistry.import_key(json.loads((tmp_path / "token-signing.json").read_bytes()))
    header = {"alg": "Ed25519", "kid": private.kid}
    for payload in ("[]", "null", "not json", '"text"'):
        token = jws.serialize_compact(header, payload, private, algorithms=["Ed25519"])
        with pytest.raises(InvalidToken):
            await verifier.verify(token)


class CountingKeys:
    """Keys that say how often they were asked for, and can be exchanged."""

    def __init__(self, folder: Path) -> None:
        read_signing_key(folder)
        self.keys = KeySet.import_key_set(json.loads((folder / "token-verifying.json").read_bytes()))

    async def current(self) -> KeySet:
        """The keys it was given."""
        return self.keys

    async def looked_up_again(self, key_id: str | None) -> KeySet:
        """The same."""
        return self.keys


def a_verifier(keys: CountingKeys, clock: Clock) -> TokenVerifier:
    return TokenVerifier(keys, issuer="urn:rapport:local", audiences={"rapport"}, algorithms={"Ed25519"}, clock=clock)


async def test_a_verified_token_is_remembered_as_the_same_caller(tmp_path: Path, key: SigningKey, clock: Clock) -> None:
    verifier = a_verifier(CountingKeys(tmp_path), clock)
    token = sign(key, some_claims())
    assert await verifier.verify(token) is await verifier.verify(token)


async def test_a_remembered_token_is_never_remembered_past_its_end(
    key: SigningKey, verifier: LocalVerifier, clock: Clock
) -> None:
    token = sign(key, some_claims())
    first = await verifier.verify(token)
    clock.now = NOW + timedelta(hours=1)
    within_leeway = await verifier.verify(token)
    assert within_leeway == first
    assert within_leeway is not first
    clock.now = NOW + timedelta(hours=1, seconds=30)
    with pytest.raises(InvalidToken, match="has expired"):
        await verifier.verify(token)


async def test_when_the_keys_change_a_remembered_token_is_verified_anew(
    tmp_path: Path, key: SigningKey, clock: Clock
) -> None:
    keys = CountingKeys(tmp_path)
    verifier = a_verifier(keys, clock)
    token = sign(key, some_claims())
    await verifier.verify(token)
    keys.keys = CountingKeys(tmp_path / "other").keys
    with pytest.raises(InvalidToken, match="unknown key"):
        await verifier.verify(token)


async def test_the_memory_is_bounded_and_forgets_who_was_away_longest(
    tmp_path: Path, key: SigningKey, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared.auth.tokens, "MOST_REMEMBERED", 2)
    verifier = a_verifier(CountingKeys(tmp_path), clock)
    first, second, third = [sign(key, some_claims(sub=f"c-{i}")) for i in range(3)]
    caller = await verifier.verify(first)
    other = await verifier.verify(second)
    assert await verifier.verify(first) is caller
    await verifier.verify(third)
    assert await verifier.verify(first) is caller
    assert await verifier.verify(second) is not other


async def test_keys_that_were_exchanged_on_disk_are_found_without_a_restart(
    tmp_path: Path, verifier: LocalVerifier
) -> None:
    for name in ("token-signing.json", "token-verifying.json"):
        (tmp_path / name).unlink()
    await verifier.verify(sign(read_signing_key(tmp_path), some_claims()))
