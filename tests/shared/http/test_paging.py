"""A cursor stands for the place that its list gave out, and for nothing that somebody made up."""

import base64
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

import orjson
import pytest
from fastapi import Request, Response
from hypothesis import given
from hypothesis import strategies as st

from shared.http.paging import (
    CursorUnusable,
    behind_id,
    behind_instant,
    behind_text,
    behind_version,
    cursor_at,
    cursor_at_version,
    decode_cursor,
    encode_cursor,
    link_next,
    page_of,
)


@given(st.integers(-(2**63), 2**63 - 1), st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_a_cursor_comes_back_as_it_was_given_out(number: int, text: str) -> None:
    assert decode_cursor("k", encode_cursor("k", number, text), (int, str)) == (number, text)


@given(st.text() | st.binary().map(lambda b: base64.urlsafe_b64encode(b).decode()))
def test_whatever_else_is_sent_is_refused_and_breaks_nothing(text: str) -> None:
    with pytest.raises(CursorUnusable):
        decode_cursor("k", text, (int, str))


@pytest.mark.parametrize(
    "content",
    [
        ["other", 1, "a"],
        ["k", 1],
        ["k", 1, "a", 2],
        ["k", "1", "a"],
        ["k", True, "a"],
        ["k", 1, "a\0"],
        {"k": 1},
        7,
        [],
    ],
    ids=str,
)
def test_a_cursor_of_another_list_or_shape_is_refused(content: object) -> None:
    with pytest.raises(CursorUnusable) as refused:
        decode_cursor("k", base64.urlsafe_b64encode(orjson.dumps(content)).decode(), (int, str))
    assert [fault.path for fault in refused.value.errors] == ["query.cursor"]


def asked(query: str) -> Request:
    return Request({"type": "http", "path": "/v1/x", "query_string": query.encode(), "headers": [], "method": "GET"})


def test_the_next_page_keeps_everything_else_that_was_asked() -> None:
    response = Response()
    link_next(asked("q=a%26b&cursor=old&limit=2&q=%C3%A9"), response, "new")
    assert response.headers["Link"] == '</v1/x?q=a%26b&limit=2&q=%C3%A9&cursor=new>; rel="next"'


def test_the_last_page_names_no_next() -> None:
    response = Response()
    link_next(asked("cursor=old"), response, None)
    assert "link" not in response.headers


@pytest.mark.parametrize(("found", "items", "next_cursor"), [("", "", None), ("ab", "ab", None), ("abc", "ab", "b")])
def test_a_page_goes_on_where_more_was_found_than_it_holds(found: str, items: str, next_cursor: str | None) -> None:
    response = Response()
    page = page_of(found, 2, str, request=asked(""), response=response)
    assert ("".join(page.items), page.next_cursor) == (items, next_cursor)
    assert ("link" in response.headers) is (next_cursor is not None)


@given(st.datetimes(timezones=st.just(UTC)), st.uuids(), st.integers(0, 2**31 - 1))
def test_what_a_list_is_ordered_by_comes_back(at: datetime, item_id: UUID, version: int) -> None:
    assert behind_instant("k", cursor_at("k", at, item_id)) == (at, item_id)
    assert behind_id("k", encode_cursor("k", str(item_id))) == item_id
    assert behind_text("k", encode_cursor("k", "a")) == "a"
    assert behind_version("k", "a", cursor_at_version("k", "a", version)) == version


def test_the_first_page_is_behind_nothing() -> None:
    found = [behind_instant("k", None), behind_id("k", None), behind_text("k", None), behind_version("k", "a", None)]
    assert found == [None] * 4


@pytest.mark.parametrize(
    "behind",
    [
        lambda: behind_instant("k", encode_cursor("k", 1 << 62, str(UUID(int=1)))),
        lambda: behind_instant("k", encode_cursor("k", 1, "no id")),
        lambda: behind_id("k", encode_cursor("k", "no id")),
        lambda: behind_version("k", "a", cursor_at_version("k", "b", 1)),
        lambda: behind_version("k", "a", cursor_at_version("k", "a", -1)),
        lambda: behind_version("k", "a", cursor_at_version("k", "a", 1 << 31)),
    ],
)
def test_what_no_list_can_be_ordered_by_is_refused(behind: Callable[[], object]) -> None:
    with pytest.raises(CursorUnusable):
        behind()
