"""Lists by keyset: an opaque cursor that stands behind the last item, a clamped limit, `Link: rel="next"`."""

import base64
import binascii
from collections.abc import Sequence
from itertools import takewhile
from typing import Annotated, Any, Generic, TypeVar, get_args
from urllib.parse import urlencode

import orjson
from fastapi import Query, Request, Response
from pydantic import AfterValidator, BaseModel

from shared.errors import Fault, Invalid

DEFAULT_LIMIT = 50
MOST = 500


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


def link_next(request: Request, response: Response, next_cursor: str | None, *, parameter: str = "cursor") -> None:
    """Name the next page in the `Link` header (RFC 8288), with everything else of the query kept."""
    if next_cursor is not None:
        query = [(k, v) for k, v in request.query_params.multi_items() if k != parameter]
        target = f"{request.url.path}?{urlencode([*query, (parameter, next_cursor)])}"
        response.headers["Link"] = f'<{target}>; rel="next"'
