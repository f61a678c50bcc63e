"""`Idempotency-Key`: the answer is stored in the transaction of the change, and given again to a repeat.

The key is checked *after* the step it protects: the happy path then costs one insert and no look-up. A repeat finds
the key taken (or is refused by the state that the first run left), is rolled back, and gets the first answer.
Stored bodies may hold a narrative, so they are encrypted. Source: draft-ietf-httpapi-idempotency-key-header-07.
"""

import hashlib
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any

import orjson
from fastapi import Request, Response
from fastapi.routing import APIRoute
from sqlalchemy import Column, Integer, LargeBinary, Table, Text, delete, select, tuple_

from shared.bulk import bulk_upsert
from shared.db import Session, UtcDateTime, plumbing
from shared.errors import Conflict, Fault, Invalid, ServiceError

HEADER = "idempotency-key"
MOST_CHARACTERS = 255

KEY_PARAMETER = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "A repeat under the same key gets the first answer again, with `Idempotency-Replayed: true`.",
    "schema": {"type": "string", "minLength": 1, "maxLength": MOST_CHARACTERS, "pattern": "^[ -~]+$"},
}
"""How OpenAPI tells of the header."""

idempotency_keys = Table(
    "idempotency_keys",
    plumbing,
    Column("district_id", Text, primary_key=True),
    Column("sub", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("request_sha256", LargeBinary, nullable=False),
    Column("status", Integer, nullable=False),
    Column("headers", Text, nullable=False),
    Column("body", LargeBinary, nullable=False, info={"sealed": True}),
    Column("stored_at", UtcDateTime, nullable=False, index=True),
)
_COLUMNS = ("district_id", "sub", "key", "request_sha256", "status", "headers", "body", "stored_at")


class KeyTaken(Conflict):
    """A request with this Idempotency-Key has been answered before."""


class KeyReused(Invalid):
    """This Idempotency-Key was used for another request."""


class KeyUnusable(Invalid):
    """An Idempotency-Key has 1 to 255 visible ASCII characters."""


class RememberedRoute(APIRoute):
    """A route whose answers to POST are remembered under the caller's Idempotency-Key."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Store the answer while the route's transaction is still open."""
        handle = super().get_route_handler()
        if "POST" not in (self.methods or ()):
            return handle

        async def handle_and_remember(request: Request) -> Response:
            if HEADER not in request.headers:
                return await handle(request)
            ensure_usable(request.headers[HEADER])
            response = await handle(request)
            await _remember(request, response)
            return response

        return handle_and_remember


def ensure_usable(key: str) -> None:
    """Refuse a key that is empty, long or holds unprintable characters. Raises: KeyUnusable."""
    if not (1 <= len(key) <= MOST_CHARACTERS and key.isascii() and key.isprintable()):
        raise KeyUnusable(errors=[Fault("header.idempotency-key", "must have 1 to 255 visible ASCII characters")])


async def _remember(request: Request, response: Response) -> None:
    runtime, caller = request.app.state.runtime, request.state.caller
    session: Session = request.state.session
    key = request.headers[HEADER]
    headers = {n: v for n, v in response.headers.items() if n in ("content-type", "location", "etag")}
    sealed = runtime.ring.seal(
        bytes(response.body).decode(),
        table="idempotency_keys",
        column="body",
        key=f"{caller.district_id}/{caller.sub}/{key}",
    )
    now: datetime = runtime.clock()
    row = (
        caller.district_id,
        caller.sub,
        key,
        await _digest(request),
        response.status_code,
        orjson.dumps(headers).decode(),
        sealed,
        now,
    )
    if not await bulk_upsert(session, idempotency_keys, _COLUMNS, [row], on_conflict="ignore"):
        raise KeyTaken()


async def recall(request: Request) -> Response | ServiceError | None:
    """The first answer to a repeated request, KeyReused if the key named another one, None if it is new."""
    caller = getattr(request.state, "caller", None)
    key = request.headers.get(HEADER)
    if caller is None or key is None or request.method != "POST":
        return None
    runtime = request.app.state.runtime
    k = idempotency_keys.c
    wanted = select(k.request_sha256, k.status, k.headers, k.body).where(
        k.district_id == caller.district_id, k.sub == caller.sub, k.key == key
    )
    async with runtime.database.read(caller.district_id) as session:
        row = (await session.execute(wanted)).one_or_none()
    if row is None:
        return None
    if row.request_sha256 != await _digest(request):
        return KeyReused(errors=[Fault("header.idempotency-key", "was used for another request")])
    body = runtime.ring.open(
        row.body,
        table="idempotency_keys",
        column="body",
        key=f"{caller.district_id}/{caller.sub}/{key}",
    )
    return Response(body.encode(), row.status, headers={**orjson.loads(row.headers), "idempotency-replayed": "true"})


async def _digest(request: Request) -> bytes:
    """What makes two requests the same: method, path, query, body, and the hat that the caller wears.

    Else somebody who has changed roles would be shown what only the first one sees. A streamed body leaves its own
    digest.
    """
    streamed: bytes | None = getattr(request.state, "body_sha256", None)
    body = streamed if streamed is not None else hashlib.sha256(await request.body()).digest()
    caller = request.state.caller
    hat = f"{caller.role}/{caller.provider_id or ''}"
    scope = request.scope  # and not `request.url`, whose making takes longer than the digest
    head = f"{scope['method']} {scope['path']}?{scope['query_string'].decode('latin-1')}\n{hat}\n"
    return hashlib.sha256(head.encode() + body).digest()


async def forget_keys(session: Session, before: datetime, *, most: int) -> int:
    """Drop up to `most` keys stored before that, the oldest first; how many. A repeat after it is a new request."""
    k = idempotency_keys.c
    old = select(k.district_id, k.sub, k.key).where(k.stored_at < before).order_by(k.stored_at).limit(most)
    dropped = delete(idempotency_keys).where(tuple_(k.district_id, k.sub, k.key).in_(old))
    return (await session.execute(dropped)).rowcount
