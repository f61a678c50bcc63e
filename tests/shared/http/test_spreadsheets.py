"""Cells of a CSV as a spreadsheet is to see them."""

import pytest

from shared.http.spreadsheets import cell


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_text_that_begins_like_a_formula_is_quoted(text: str) -> None:
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize(
    ("value", "shown"),
    [("s-1", "s-1"), ("a=b", "a=b"), ("", ""), (None, ""), (-1, "-1"), (0.5, "0.5"), (True, "true"), (False, "false")],
)
def test_anything_else_is_shown_as_it_is(value: object, shown: str) -> None:
    assert cell(value) == shown
