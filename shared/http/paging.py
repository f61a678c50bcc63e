"""Lists by keyset: an opaque cursor that stands behind the last item, a clamped limit, `Link: rel="next"`."""

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Annotated, Any, Generic, TypeVar, get_args
from urllib.parse import urlencode
from uuid import UUID

import orjson
from fastapi import Query, Request, Response
from pydantic import AfterValidator, BaseModel

from shared.errors import Fault, Invalid

DEFAULT_LIMIT = 50
MOST = 500

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_VERSIONS = (1 << 31) - 1
"""What a column of versions holds at most."""

Item = TypeVar("Item")


class CursorUnusable(Invalid):
    """The cursor is none that this list gave out."""


class Page(BaseModel, Generic[Item]):  # Python 3.11 has no other way
    """One page of a list. `next_cursor` is null on the last one."""

    items: list[Item]
    next_cursor: str | None

    @classmethod
    def model_parametrized_name(cls, params: tuple[Any, ...]) -> str:
        """What OpenAPI calls it: `SchoolPage`; of several kinds of one thing, by what their names share."""
        names = [kind.__name__ for kind in get_args(params[0]) or params]
        shared = takewhile(lambda letters: len(set(letters)) == 1, zip(*names, strict=False))
        return "".join(letters[0] for letters in shared) + "Page"


Limit = Annotated[
    int,
    Query(description=f"Items per page; clamped to 1…{MOST}."),
    AfterValidator(lambda n: max(1, min(n, MOST))),
]
Cursor = Annotated[str | None, Query(description="`next_cursor` of the page before.", max_length=1000)]


def encode_cursor(kind: str, *values: str | int) -> str:
    """A cursor of one kind of list, standing behind these key values."""
    return base64.urlsafe_b64encode(orjson.dumps([kind, *values])).rstrip(b"=").decode()


def decode_cursor(kind: str, text: str, types: Sequence[type], *, parameter: str = "cursor") -> tuple[Any, ...]:
    """The key values a cursor stands behind, which came in this query parameter. Raises: CursorUnusable."""
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        found = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        named, *values = found
    except (UnicodeEncodeError, binascii.Error, orjson.JSONDecodeError, ValueError, TypeError):
        raise unusable(parameter) from None
    fits = named == kind and len(values) == len(types)
    if not fits or any(type(v) is not t for v, t in zip(values, types, strict=True)):
        raise unusable(parameter)
    if any(isinstance(v, str) and "\x00" in v for v in values):
        raise unusable(parameter)
    return tuple(values)


def unusable(parameter: str = "cursor") -> CursorUnusable:
    """The refusal of the cursor in this query parameter."""
    return CursorUnusable(errors=[Fault(f"query.{parameter}", "is none that this list gave out")])


def cursor_at(kind: str, at: datetime, item_id: UUID) -> str:
    """A cursor behind this item of a list that is ordered by an instant, and by id where several share it."""
    return encode_cursor(kind, (at - _EPOCH) // timedelta(microseconds=1), str(item_id))


def behind_instant(kind: str, cursor: str | None) -> tuple[datetime, UUID] | None:
    """The instant and the id that `cursor_at` was given; None on the first page. Raises: CursorUnusable."""
    if cursor is None:
        return None
    since, item_id = decode_cursor(kind, cursor, (int, str))
    try:
        return _EPOCH + timedelta(microseconds=since), UUID(item_id)
    except (ValueError, OverflowError):
        raise unusable() from None


def behind_text(kind: str, cursor: str | None) -> str | None:
    """The one text that the cursor stands behind; None on the first page. Raises: CursorUnusable."""
    return str(decode_cursor(kind, cursor, (str,))[0]) if cursor is not None else None


def behind_id(kind: str, cursor: str | None) -> UUID | None:
    """The one id that the cursor stands behind; None on the first page. Raises: CursorUnusable."""
    text = behind_text(kind, cursor)
    try:
        return UUID(text) if text is not None else None
    except ValueError:
        raise unusable() from None


def cursor_at_version(kind: str, whose: str, version: int) -> str:
    """A cursor behind this version in the history of one thing."""
    return encode_cursor(kind, whose, version)


def behind_version(kind: str, whose: str, cursor: str | None) -> int | None:
    """The version that `cursor_at_version` was given; None on the first page.

    Raises: CursorUnusable, also for a cursor of another's history.
    """
    if cursor is None:
        return None
    given_for, version = decode_cursor(kind, cursor, (str, int))
    if given_for != whose or not 0 <= version <= _MOST_VERSIONS:
        raise unusable()
    return int(version)


def page_of(
    found: Sequence[Item], limit: int, cursor_behind: Callable[[Item], str], *, request: Request, response: Response
) -> Page[Item]:
    """The first page of what was found: ask for one more than `limit`, which is how another page is known of.

    `Link` names the other page.
    """
    items = list(found[:limit])
    next_cursor = cursor_behind(items[-1]) if len(found) > limit else None
    link_next(request, response, next_cursor)
    return Page(items=items, next_cursor=next_cursor)


def link_next(request: Request, response: Response, next_cursor: str | None, *, parameter: str = "cursor") -> None:
    """Name the next page in the `Link` header (RFC 8288), with everything else of the query kept."""
    if next_cursor is not None:
        query = [(k, v) for k, v in request.query_params.multi_items() if k != parameter]
        target = f"{request.url.path}?{urlencode([*query, (parameter, next_cursor)])}"
        response.headers["Link"] = f'<{target}>; rel="next"'
