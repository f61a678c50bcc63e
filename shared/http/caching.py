"""No answer is kept on its way or by who asked: it may hold a child's record, and others may use the same machine."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_NOT_KEPT = (b"cache-control", b"no-store")


class NeverKept:
    """Says `Cache-Control: no-store` with every answer (RFC 9111, 5.2.2.5). Pure ASGI.

    A provider who no longer may read a referral is so not shown what his browser has kept of it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and the answer with that header."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_not_kept(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), _NOT_KEPT]
            await send(message)

        await self._app(scope, receive, send_not_kept)
