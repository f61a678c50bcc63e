"""Which form an `Accept` asks for."""

import pytest

from shared.http.negotiation import preferred

JSON, CSV = "application/json", "text/csv"


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        ("text/csv", CSV),
        ("TEXT/CSV ; charset=utf-8", CSV),
        ("text/*", CSV),
        ("text/csv, */*", CSV),
        ("*/*, text/csv", CSV),
        ("text/csv;q=0.5, */*;q=0.1", CSV),
        ("application/json;q=0.2, text/csv; q=0.3", CSV),
        ("application/json;q=0, */*", CSV),
        ("application/*;q=0, */*;q=0.001", CSV),
        ("text/csv, application/json", CSV),
        ("application/json, text/csv", JSON),
        ("text/csv;q=0.1, application/json", JSON),
        ("text/csv;q=0.5, */*", JSON),
        ("text/csv;q=0", JSON),
        ("text/csv;q=0, application/json;q=0", JSON),
        ("text/csv;Q=0.000, text/*", JSON),
        ("text/csv;q=0, */*", JSON),
        ("*/*", JSON),
        ("application/json", JSON),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8", JSON),
        ("text/html", JSON),
        ("text/csvx, csv, text/", JSON),
        ("text/csv;q=2", JSON),
        ("text/csv;q=high, application/json;q=0.1", JSON),
        ("", JSON),
        (",;q=1,;", JSON),
    ],
)
def test_the_form_that_is_wanted_most_is_answered_and_json_where_it_is_all_the_same(accept: str, wanted: str) -> None:
    assert preferred(accept, (JSON, CSV)) == wanted
