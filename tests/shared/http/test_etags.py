"""A change is taken from whoever saw the newest version, and from whoever does not say."""

import pytest

from shared.http.etags import ChangedMeanwhile, ensure_match, etag


@pytest.mark.parametrize("sent", [None, "*", " * ", etag(7), f"{etag(3)}, {etag(7)}", f' {etag(7)} ,"x"'])
def test_the_newest_version_any_or_nothing_fits(sent: str | None) -> None:
    ensure_match(sent, 7)


# Weak tags never match here: If-Match compares strongly (RFC 9110, 13.1.1).
@pytest.mark.parametrize("sent", ["", '"6"', '"77"', "7", 'W/"7"', '"7', "'7'", '"*"', ",", '"6" "7"'])
def test_anything_else_is_refused(sent: str) -> None:
    with pytest.raises(ChangedMeanwhile):
        ensure_match(sent, 7)
