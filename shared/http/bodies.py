"""What comes in: strict models, size limits, and bytes that no database could store refused at the door."""

import re
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.errors import BodyTooLarge, Invalid
from shared.events.base import Instant
from shared.http.problems import NoSuchRoute, answer


class StrictBody(BaseModel):
    """A request body: unknown fields, wrong types and out-of-range values are faults; nothing is coerced."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


_YEAR_FIRST = re.compile(r"\d{4}-\d{2}-\d{2}")


def _text_only(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError("must be text")
    return value


def _dated_text(otherwise: str, *, date_alone: bool = False) -> BeforeValidator:
    # Else text that holds a number would pass as seconds since 1970, and midnight of any zone as a date.
    is_dated = _YEAR_FIRST.fullmatch if date_alone else _YEAR_FIRST.match

    def written_year_first(value: Any) -> Any:
        if not is_dated(_text_only(value)):
            raise ValueError(otherwise)
        return value

    return BeforeValidator(written_year_first)


def _one_text(**limits: Any) -> StringConstraints:
    # PostgreSQL stores no NUL in text.
    return StringConstraints(pattern=r"^[^\x00]*$", **limits)


SourcedId = Annotated[str, _one_text(min_length=1, max_length=255)]
"""A OneRoster sourcedId, as the district's SIS gave it."""
ChosenId = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^/\x00-\x1f\x7f]+$")]
"""An id that the district chooses and that stands in a path: one segment of an address, so it has no slash."""
Line = Annotated[str, _one_text(min_length=1, max_length=200)]
"""A short text."""
Narrative = Annotated[str, _one_text(min_length=1, max_length=20_000)]
"""A text about a person: encrypted at rest, in no event, in no log."""
Id = Annotated[UUID, Field(strict=False), BeforeValidator(_text_only)]
"""A UUID; the caller may choose it."""
Moment = Annotated[Instant, Field(strict=False), _dated_text("must be an instant with its zone")]
"""An instant with its zone, as RFC 3339 text."""
Day = Annotated[date, Field(strict=False), _dated_text("must be a date", date_alone=True)]
"""A date, as ISO 8601 text: without a time of day."""


class Unstorable(Invalid):
    """The request holds a character that cannot be stored."""


class Door:
    """Refuses bodies over the limit and addresses that hold a NUL, before anything reads them. Pure ASGI.

    Routes that stream their body keep their own limit: their paths are named in `streamed`.
    """

    def __init__(self, app: ASGIApp, *, limit_bytes: int, streamed: frozenset[str]) -> None:
        self.app = app
        self.limit_bytes = limit_bytes
        self.streamed = streamed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer a problem."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if "\x00" in scope["path"]:
            await _refuse(NoSuchRoute(), scope, receive, send)
            return
        if b"%00" in scope["query_string"]:
            await _refuse(Unstorable("The address holds a NUL character."), scope, receive, send)
            return
        if scope["path"] in self.streamed:
            await self.app(scope, receive, send)
            return
        length = _content_length(scope)
        if length is None:
            taken = await self._take(receive)
            if taken is None:
                await _refuse(self._too_large(), scope, receive, send)
                return
            await self.app(scope, _again(taken, receive), send)
        elif length > self.limit_bytes:
            await _refuse(self._too_large(), scope, receive, send)
        else:
            await self.app(scope, receive, send)

    def _too_large(self) -> BodyTooLarge:
        return BodyTooLarge(f"At most {self.limit_bytes} bytes.", headers={"Connection": "close"})

    async def _take(self, receive: Receive) -> list[Message] | None:
        """The whole body of a request that does not say its length; None when it is over the limit."""
        taken: list[Message] = []
        size = 0
        while True:
            message = await receive()
            taken.append(message)
            size += len(message.get("body", b""))
            if size > self.limit_bytes:
                return None
            if message["type"] != "http.request" or not message.get("more_body"):
                return taken


def _content_length(scope: Scope) -> int | None:
    """The length the request states; 0 when it states neither a length nor a stream."""
    headers = dict(scope["headers"])
    if b"content-length" in headers:
        text: bytes = headers[b"content-length"]
        return int(text) if text.isdigit() else 1 << 62
    return None if b"transfer-encoding" in headers else 0


def _again(taken: list[Message], receive: Receive) -> Receive:
    waiting = iter(taken)

    async def next_message() -> Message:
        message = next(waiting, None)
        return message if message is not None else await receive()

    return next_message


async def _refuse(error: Invalid | BodyTooLarge | NoSuchRoute, scope: Scope, receive: Receive, send: Send) -> None:
    await answer(Request(scope), error)(scope, receive, send)
