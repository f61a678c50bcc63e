"""A cursor stands for the place that its list gave out, and for nothing that somebody made up."""

import base64

import orjson
import pytest
from fastapi import Request, Response
from hypothesis import given
from hypothesis import strategies as st

from shared.http.paging import CursorUnusable, decode_cursor, encode_cursor, link_next


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
