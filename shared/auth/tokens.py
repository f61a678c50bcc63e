"""Verifies bearer tokens: signature, issuer, audience, times, claims; and remembers what was verified until it ends."""

import hashlib
import json
import time
import warnings
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, Protocol

from joserfc import jws
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import KeySet

from shared.auth.caller import Caller
from shared.auth.claims import caller_of, ensure_in_time, ensure_meant_for_us
from shared.auth.errors import InvalidToken
from shared.auth.issuing import ALGORITHM, LOCAL_AUDIENCE, LOCAL_ISSUER
from shared.auth.local_keys import VERIFYING_FILE, ensure_keys

LONGEST_TOKEN = 16_384
MOST_REMEMBERED = 10_000
# RFC 9068 names access tokens; other types, such as logout tokens, are signed with the same keys and open nothing.
_TYPES = frozenset({None, "jwt", "at+jwt", "application/at+jwt"})


class _Headers(jws.JWSRegistry):
    """What a token's header may be: parameters of the provider's own are passed over, as RFC 7515 (4) demands."""

    max_header_length = 4096  # a certificate chain fits; the library's 512 are for plain headers


class KeySource(Protocol):
    """Where a verifier's public keys come from."""

    async def current(self) -> KeySet:
        """The keys as known now. Raises: IdentityProviderUnavailable when there are none yet."""

    async def looked_up_again(self, key_id: str | None) -> KeySet:
        """The keys after a fresh look, because none of them is `key_id`; the same ones when it is too early for one."""


class TokenVerifier:
    """Verifies tokens of one issuer. Verifying costs 34-85 microseconds, so a token is remembered until it ends."""

    def __init__(
        self,
        keys: KeySource,
        *,
        issuer: str,
        audiences: Collection[str],
        algorithms: Collection[str],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`clock` gives seconds since 1970."""
        self._keys = keys
        self._issuer = issuer
        self._audiences = frozenset(audiences)
        self._headers = _Headers(algorithms=sorted(algorithms), strict_check_header=False)
        self._algorithms = frozenset(algorithms)
        self._clock = clock
        self._remembered: OrderedDict[bytes, tuple[float, Caller]] = OrderedDict()
        self._remembered_under: KeySet | None = None

    async def verify(self, token: str) -> Caller:
        """The caller. Raises: InvalidToken, IdentityProviderUnavailable."""
        if not token.isascii() or len(token) > LONGEST_TOKEN:
            raise InvalidToken("cannot be read")
        keys = await self._keys.current()
        self._forget_if_other(keys)
        digest = hashlib.sha256(token.encode("ascii")).digest()  # a memory dump shall not hold usable tokens
        now = self._clock()
        if (known := self._remembered.get(digest)) is not None:
            if now < known[0]:
                self._remembered.move_to_end(digest)
                return known[1]
            del self._remembered[digest]
        claims = await self._signed_claims(token, keys)
        ensure_meant_for_us(claims, issuer=self._issuer, audiences=self._audiences)
        ends = ensure_in_time(claims, now)
        caller = caller_of(claims)
        if now < ends:
            self._remember(digest, ends, caller)
        return caller

    async def _signed_claims(self, token: str, keys: KeySet) -> Mapping[str, object]:
        header = _header(token, self._headers)
        if header.get("alg") not in self._algorithms:
            raise InvalidToken("is signed with an algorithm that is not accepted")
        kind = header.get("typ")
        if (kind.lower() if isinstance(kind, str) else kind) not in _TYPES:
            raise InvalidToken("is not an access token")
        key_id = header.get("kid")
        if key_id is not None and not isinstance(key_id, str):
            raise InvalidToken("cannot be read")
        if not _holds(keys, key_id):
            keys = await self._keys.looked_up_again(key_id)
            self._forget_if_other(keys)
            if not _holds(keys, key_id):
                raise InvalidToken("is signed with an unknown key")
        return _verified(token, keys, self._headers)

    def _forget_if_other(self, keys: KeySet) -> None:
        """Forget every verified token when the keys changed: a withdrawn key opens nothing any more."""
        if keys is not self._remembered_under:
            self._remembered.clear()
            self._remembered_under = keys

    def _remember(self, digest: bytes, ends: float, caller: Caller) -> None:
        self._remembered[digest] = (ends, caller)
        if len(self._remembered) > MOST_REMEMBERED:
            self._remembered.popitem(last=False)


class LocalKeys:
    """The public keys in the suite's own folder, read again when the file changed."""

    def __init__(self, folder: Path) -> None:
        ensure_keys(folder)
        self._path = folder / VERIFYING_FILE
        self._read()

    async def current(self) -> KeySet:
        """The keys as they were read last."""
        return self._keys

    async def looked_up_again(self, key_id: str | None) -> KeySet:
        """The keys of the file as it is now, if it changed."""
        if self._path.stat().st_mtime_ns != self._read_of:
            self._read()
        return self._keys

    def _read(self) -> None:
        self._read_of = self._path.stat().st_mtime_ns
        self._keys = KeySet.import_key_set(json.loads(self._path.read_bytes()))


class LocalVerifier(TokenVerifier):
    """Verifies the tokens that `make token` prints."""

    def __init__(self, folder: Path, *, clock: Callable[[], float] = time.time) -> None:
        super().__init__(
            LocalKeys(folder),
            issuer=LOCAL_ISSUER,
            audiences={LOCAL_AUDIENCE},
            algorithms={ALGORITHM},
            clock=clock,
        )


def _header(token: str, headers: jws.JWSRegistry) -> Mapping[str, Any]:
    """The protected header, not yet trusted: it only chooses the key."""
    try:
        header: object = jws.extract_compact(token.encode("ascii"), registry=headers).headers()
    except (JoseError, ValueError, RecursionError) as error:  # JSON nested a thousand deep raises the last
        raise InvalidToken("cannot be read") from error
    if not isinstance(header, dict):
        raise InvalidToken("cannot be read")
    return header


def _holds(keys: KeySet, key_id: str | None) -> bool:
    return any(k.kid == key_id for k in keys) or (key_id is None and len(keys.keys) == 1)


def _verified(token: str, keys: KeySet, headers: jws.JWSRegistry) -> Mapping[str, object]:
    try:
        with warnings.catch_warnings():
            # Providers still write `EdDSA`; which curve it is, their key says.
            warnings.simplefilter("ignore", SecurityWarning)
            payload = jws.deserialize_compact(token, keys, registry=headers).payload
    except (JoseError, ValueError, TypeError) as error:
        raise InvalidToken("has a signature that does not fit") from error
    try:
        claims: object = json.loads(payload)
    except ValueError as error:
        raise InvalidToken("cannot be read") from error
    if not isinstance(claims, dict):
        raise InvalidToken("cannot be read")
    return claims
