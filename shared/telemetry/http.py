"""One look at every request: its id, its access line, its metrics and its span.

Pure ASGI, since one `BaseHTTPMiddleware` costs 59 % of a bare endpoint's speed.
"""

import os
import re
import time
from typing import Any

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars, reset_contextvars

from shared.telemetry import metrics
from shared.telemetry.tracing import is_tracing, server_span

log = structlog.get_logger(__name__)

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# Asked every few seconds by machines: counted, but a line and a span each would bury the others.
_OFTEN_ASKED = frozenset({"/livez", "/readyz", "/metrics"})


class Observed:
    """Wraps a service's app. Tells the route's template, never path, query, headers or bodies: they hold names."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and tell of it when its answer has gone out."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(_given(scope, b"x-request-id"))
        scope.setdefault("state", {})["request_id"] = request_id
        watched = _Watched(send, request_id)
        bound = bind_contextvars(request_id=request_id)
        try:
            if is_tracing() and scope["path"] not in _OFTEN_ASKED:
                await self._traced(scope, receive, watched)
            else:
                await self._told(scope, receive, watched)
        finally:
            reset_contextvars(**bound)

    async def _traced(self, scope: Scope, receive: Receive, watched: "_Watched") -> None:
        method = _method(scope)
        with server_span(method, _given(scope, b"traceparent")) as span:
            try:
                await self._told(scope, receive, watched)
            finally:
                if span is not None:
                    route = _route(scope)
                    span.update_name(f"{method} {route}")
                    span.set_attribute("http.request.method", method)
                    span.set_attribute("http.route", route)
                    span.set_attribute("http.response.status_code", watched.status)

    async def _told(self, scope: Scope, receive: Receive, watched: "_Watched") -> None:
        begun = time.perf_counter()
        try:
            await self._app(scope, receive, watched)
        except Exception as error:
            # The server logs it again, but without the request's id.
            log.error("request_failed", route=_route(scope), method=_method(scope), exc_info=error)
            watched.status = 500
            raise
        finally:
            self._tell(scope, watched.status, time.perf_counter() - begun)

    def _tell(self, scope: Scope, status: int, seconds: float) -> None:
        method, route = _method(scope), _route(scope)
        metrics.count_request(method, route, status, seconds)
        if route in _OFTEN_ASKED and status < 400:
            return
        line: dict[str, Any] = {
            "method": method,
            "route": route,
            "status": status,
            "duration_ms": round(seconds * 1000, 1),
        }
        caller = scope["state"].get("caller")
        if caller is not None:
            line |= {"district_id": caller.district_id, "role": caller.role}
        log.info("request", **line)


class _Watched:
    """Passes an answer on, gives it the request's id and remembers its status."""

    def __init__(self, send: Send, request_id: str) -> None:
        self._send = send
        self._header = (b"x-request-id", request_id.encode("ascii"))
        self.status = 499  # as nginx has it: the client went before there was an answer

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [*message.get("headers", ()), self._header]
        await self._send(message)


def _given(scope: Scope, name: bytes) -> str | None:
    """What a caller with a token calls his request.

    Of nobody else: under an id that he chose, his access code perhaps, the log would join all that he sends.
    """
    return _header(scope, name) if _header(scope, b"authorization") is not None else None


def _header(scope: Scope, name: bytes) -> str | None:
    for header, value in scope["headers"]:
        if header == name:
            return str(value, "latin-1")
    return None


def _request_id(given: str | None) -> str:
    """The caller's own id where it is harmless, so that his logs and ours can be laid side by side."""
    return given if given is not None and _REQUEST_ID.fullmatch(given) else os.urandom(16).hex()


def _method(scope: Scope) -> str:
    """The method; one word for those that nobody takes, since each would be a series of its own."""
    method: str = scope["method"]
    return method if method in _METHODS else "other"


def _route(scope: Scope) -> str:
    """The route's template, `/v1/students/{student_id}`; one word for everything that no route takes."""
    template = getattr(scope.get("route"), "path", None)
    return template if isinstance(template, str) else "unmatched"
