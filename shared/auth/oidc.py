"""Verifies the tokens of the district's identity provider, with the keys that its discovery document names.

The provider may be away for hours without anybody being locked out: keys once read serve until newer ones arrive.
"""

import asyncio
import json
import time
import warnings
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from urllib.parse import urlsplit

import structlog
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import JWKRegistry, KeySet

from shared.auth.errors import IdentityProviderUnavailable
from shared.auth.tokens import TokenVerifier

log = structlog.get_logger(__name__)

# No `none`, and nothing symmetric: with HS256 the public key would be the secret.
ALGORITHMS = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"}
)
DISCOVERY_LIFETIME = timedelta(hours=24)
KEYS_LIFETIME = timedelta(minutes=10)
BETWEEN_LOOKUPS = timedelta(seconds=30)
"""How long after a look for an unknown key the next one may follow: anybody can send unknown keys."""
BETWEEN_ATTEMPTS = timedelta(seconds=5)
"""How long after a failed attempt the next one follows."""

_LARGEST_DOCUMENT = 1 << 20
_TIMEOUT_SECONDS = 5.0

Fetch = Callable[[str], Awaitable[bytes]]


class DocumentUnusable(Exception):
    """The provider answered with something other than what OpenID Connect Discovery prescribes."""


class ProviderKeys:
    """The provider's public keys: read when first needed, refreshed behind the requests, kept when it is away."""

    def __init__(self, issuer: str, *, fetch: Fetch | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` gives seconds that only grow; `fetch` gives a document's bytes or raises OSError."""
        self._issuer = issuer
        self._fetch = fetch or fetch_document
        self._clock = clock
        self._keys: KeySet | None = None
        self._keys_read_at = 0.0
        self._keys_url: str | None = None
        self._discovered_at = 0.0
        self._failed_at: float | None = None
        self._looked_up_at: float | None = None
        self._refreshing: asyncio.Task[None] | None = None

    async def current(self) -> KeySet:
        """The keys read last; when they are old, fresh ones are fetched without letting this request wait."""
        if self._keys is None:
            if self._may_try():
                await self._refreshed()
            if self._keys is None:
                raise IdentityProviderUnavailable
        elif self._is_older(self._keys_read_at, KEYS_LIFETIME) and self._may_try():
            self._refresh_in_background()
        return self._keys

    async def looked_up_again(self, key_id: str | None) -> KeySet:
        """The keys after a look for one that is not among them; however many ask, one looks."""
        if self._refreshing is not None:
            await self._refreshed()
        elif self._looked_up_at is None or self._is_older(self._looked_up_at, BETWEEN_LOOKUPS):
            self._looked_up_at = self._clock()
            await self._refreshed()
        return await self.current()

    def _may_try(self) -> bool:
        return (
            self._refreshing is not None or self._failed_at is None or self._is_older(self._failed_at, BETWEEN_ATTEMPTS)
        )

    def _is_older(self, since: float, age: timedelta) -> bool:
        return self._clock() - since >= age.total_seconds()

    async def _refreshed(self) -> None:
        # Shielded: the request that began it may be cancelled while others wait for the same answer.
        await asyncio.shield(self._refresh_in_background())

    def _refresh_in_background(self) -> "asyncio.Task[None]":
        if self._refreshing is None:
            self._refreshing = asyncio.create_task(self._refresh())
        return self._refreshing

    async def _refresh(self) -> None:
        try:
            fresh = _key_set(await self._fetch(await self._where_the_keys_are()))
        except (OSError, TimeoutError, DocumentUnusable) as error:
            self._failed_at = self._clock()
            self._keys_url = None  # perhaps the keys moved: the next attempt asks where they are
            log.warning("identity_provider_keys_not_read", error=type(error).__qualname__)
        else:
            # The same object while nothing changed, so that verified tokens stay remembered.
            if self._keys is None or fresh.as_dict() != self._keys.as_dict():
                self._keys = fresh
            self._keys_read_at = self._clock()
            self._failed_at = None
        finally:
            self._refreshing = None

    async def _where_the_keys_are(self) -> str:
        if self._keys_url is None or self._is_older(self._discovered_at, DISCOVERY_LIFETIME):
            document = await self._fetch(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
            self._keys_url = _keys_url(_object(document), self._issuer)
            self._discovered_at = self._clock()
        return self._keys_url


class OidcVerifier(TokenVerifier):
    """Verifies the tokens of one OpenID Connect provider."""

    def __init__(
        self,
        issuer: str,
        audience: str,
        *,
        keys: ProviderKeys | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(
            keys or ProviderKeys(issuer), issuer=issuer, audiences={audience}, algorithms=ALGORITHMS, clock=clock
        )


async def fetch_document(url: str) -> bytes:
    """A document's bytes. Raises: OSError (or its TimeoutError) for every way in which HTTP can fail."""
    import aiohttp  # here, because it costs memory that a suite with local keys does not need

    timeout = aiohttp.ClientTimeout(total=_TIMEOUT_SECONDS)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as client,
            client.get(url, allow_redirects=False, headers={"Accept": "application/json"}) as response,
        ):
            if response.status != 200:
                raise OSError(f"status {response.status}")
            content = bytearray()
            async for chunk in response.content.iter_chunked(1 << 16):
                content += chunk
                if len(content) > _LARGEST_DOCUMENT:
                    raise OSError("the document is too large")
            return bytes(content)
    except (aiohttp.ClientError, ValueError) as error:
        raise OSError(type(error).__qualname__) from error


def _object(document: bytes) -> Mapping[str, object]:
    try:
        value: object = json.loads(document)
    except (ValueError, RecursionError) as error:
        raise DocumentUnusable("not JSON") from error
    if not isinstance(value, dict):
        raise DocumentUnusable("not an object")
    return value


def _keys_url(document: Mapping[str, object], issuer: str) -> str:
    """Where the keys are. Source: OpenID Connect Discovery 1.0, section 4.3: the issuer must be the very one asked."""
    if document.get("issuer") != issuer:
        raise DocumentUnusable("names another issuer")
    url = document.get("jwks_uri")
    schemes = {"https"} if urlsplit(issuer).scheme == "https" else {"http", "https"}
    if not isinstance(url, str) or urlsplit(url).scheme not in schemes:
        raise DocumentUnusable("names no usable jwks_uri")
    return url


def _key_set(document: bytes) -> KeySet:
    """The keys that may verify signatures; one that cannot be used spoils none of the others."""
    listed = _object(document).get("keys")
    keys = []
    for jwk in listed if isinstance(listed, list) else ():
        if not isinstance(jwk, dict) or jwk.get("kty") not in ("RSA", "EC", "OKP") or jwk.get("use", "sig") != "sig":
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("error", SecurityWarning)  # weak keys are unusable ones
            try:
                key = JWKRegistry.import_key(jwk)
                key.check_key_op("verify")
                keys.append(key)
            except (JoseError, ValueError, TypeError, KeyError, SecurityWarning):
                log.warning("identity_provider_key_unusable")
    if not keys:
        raise DocumentUnusable("holds no usable key")
    return KeySet(keys)
