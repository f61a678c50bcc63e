"""Which of the forms that a route can answer in a request asks for: its `Accept` (RFC 9110, 12.5.1)."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

_WEIGHT = re.compile(r"0(\.\d{0,3})?|1(\.0{0,3})?")


class _Range(NamedTuple):
    """What an `Accept` says of some media types: how much they are wanted, and as which of its entries."""

    kind: str
    weight: float
    at: int


def preferred(accept: str, offered: Sequence[str]) -> str:
    """The media type to answer in; the first of those offered where the request does not care.

    A media type weighs what the most specific entry says that it falls under. Of two that weigh the same the one that
    is named more exactly is meant, then the one that is named earlier: `text/csv, */*` asks for CSV, and a browser, to
    which all is the same, does not. Who accepts none of them gets the first, as the RFC allows: it is of more use
    than a refusal.
    """
    ranges = list(_ranges(accept))
    ranks = {kind: _rank(kind, ranges) for kind in offered}
    best = max(offered, key=ranks.__getitem__)
    weight, *_ = ranks[best]
    return best if weight else offered[0]


def _ranges(accept: str) -> Iterator[_Range]:
    """The entries of an `Accept`; one whose weight is none is passed over."""
    for at, entry in enumerate(accept.lower().split(",")):
        kind, *parameters = (part.strip() for part in entry.split(";"))
        named = (parameter.partition("=") for parameter in parameters)
        weight = next((value.strip() for name, _, value in named if name.strip() == "q"), "1")
        if kind and _WEIGHT.fullmatch(weight):
            yield _Range(kind, float(weight), at)


def _rank(kind: str, ranges: Sequence[_Range]) -> tuple[float, int, int]:
    """How much a media type is wanted: by weight, then by how exactly it is named, then by how early."""
    falls_under = (kind, f"{kind.partition('/')[0]}/*", "*/*")
    for wideness, name in enumerate(falls_under):
        for found in ranges:
            if found.kind == name:
                return found.weight, -wideness, -found.at
    return 0, 0, 0
