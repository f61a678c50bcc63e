"""A small identity provider on a real port of this machine, that can rotate its keys, fail, and be counted."""

import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

Key = RSAKey | ECKey | OKPKey | OctKey


class Issuer:
    """The provider: its documents are plain attributes, for a test to spoil."""

    def __init__(self) -> None:
        self.url = ""
        self.keys: list[dict[str, Any]] = []
        self.asked: Counter[str] = Counter()
        self.status = 200
        self.discovery: dict[str, Any] = {}
        self.raw_keys: bytes | None = None
        self._runner: web.AppRunner | None = None
        self._port = 0

    def add(self, key: Key, **changes: object) -> Key:
        """Publish a key's public half."""
        self.keys.append({**key.as_dict(private=False), **changes})
        return key

    async def start(self) -> None:
        """Listen, at the port it had before if it had one."""
        app = web.Application()
        app.router.add_get("/realm/.well-known/openid-configuration", self._discovery)
        app.router.add_get("/realm/keys", self._keys)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port, reuse_address=True)
        await site.start()
        self._port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{self._port}/realm"
        if not self.discovery:
            self.discovery = {"issuer": self.url, "jwks_uri": f"{self.url}/keys"}

    async def stop(self) -> None:
        """Be away."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _discovery(self, _request: web.Request) -> web.Response:
        self.asked["discovery"] += 1
        return web.json_response(self.discovery, status=self.status)

    async def _keys(self, _request: web.Request) -> web.Response:
        self.asked["keys"] += 1
        body = self.raw_keys if self.raw_keys is not None else json.dumps({"keys": self.keys}).encode()
        return web.Response(body=body, status=self.status, content_type="application/json")


@asynccontextmanager
async def running_issuer() -> AsyncIterator[Issuer]:
    """A provider that listens until the block ends."""
    issuer = Issuer()
    await issuer.start()
    try:
        yield issuer
    finally:
        await issuer.stop()


def signed(key: Key, algorithm: str, claims: dict[str, object], **header: object) -> str:
    """A token of this key."""
    return jwt.encode({"alg": algorithm, "kid": key.kid, **header}, claims, key, algorithms=[algorithm])
