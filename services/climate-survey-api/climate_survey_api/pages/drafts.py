"""A respondent's answers so far: they travel with his pages, sealed, and are kept by his own device and nobody else.

In a hidden field of the form, and as a cookie that only the form's own address is sent. Sealed, so that the next
person at a shared device learns nothing from it; bound to the code, so that it fits no other form.
"""

import base64
from dataclasses import dataclass, field, replace
from typing import Self

import orjson
from pydantic import ConfigDict, TypeAdapter

from shared.crypto import KeyRing, SealBroken

COOKIE = "draft"
MOST_IN_A_COOKIE = 3_500
"""Bytes: browsers keep 4,096 with the cookie's name and what else is said of it. Source: RFC 6265, 6.1."""
MOST_IN_A_FIELD = 200_000
"""Characters of a hidden field that are looked at."""
_BLOCK = 256
"""Bytes that a draft is filled up to a multiple of: its length does not tell how many questions were answered."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody has answered by now, and where he stands. It names nobody."""

    answers: dict[str, int | None] = field(default_factory=dict)
    """By item; null: he prefers not to answer."""
    facets: dict[str, str | None] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)
    step: str = ""
    turn: int = 0
    """How often it was sent: of two drafts the one with the higher turn is the newer."""
    reviewed: bool = False
    """Whether he has seen all his answers together by now."""
    language: str = ""
    cut: bool = False
    """Whether what he wrote was too long to be kept, and lies in the hidden field alone."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been sent yet."""
        return self.turn == 0

    def without_words(self) -> Self:
        """The same without what he wrote in his own words."""
        return replace(self, words={}, cut=True)


_PARTS = TypeAdapter(
    tuple[dict[str, int | None], dict[str, str | None], dict[str, str], str, int, bool, str, bool],
    config=ConfigDict(strict=True),
)


def seal_draft(ring: KeyRing, draft: Draft, *, digest: bytes) -> str:
    """The draft as text that only this service can read, and only with the code it belongs to."""
    parts = (draft.answers, draft.facets, draft.words, draft.step, draft.turn, draft.reviewed, draft.language)
    written = orjson.dumps((*parts, draft.cut)).decode()
    filled = written.ljust(len(written) + -len(written.encode()) % _BLOCK)
    sealed = ring.seal(filled, table="drafts", column="answers", key=digest.hex())
    return base64.urlsafe_b64encode(sealed).decode("ascii").rstrip("=")


def open_draft(ring: KeyRing, sealed: str, *, digest: bytes) -> Draft | None:
    """The draft that was sealed; None for what is none, was changed, or belongs to another code."""
    if not sealed or len(sealed) > MOST_IN_A_FIELD:
        return None
    try:
        content = base64.b64decode(sealed + "=" * (-len(sealed) % 4), altchars=b"-_", validate=True)
        read = _PARTS.validate_json(ring.open(content, table="drafts", column="answers", key=digest.hex()))
    except (SealBroken, ValueError):  # a draft of an earlier shape of ours has other parts
        return None
    return Draft(*read)


def for_cookie(ring: KeyRing, draft: Draft, *, digest: bytes) -> tuple[str | None, bool]:
    """What the device keeps of a draft, None where that is too much, and whether that is all of it.

    Long words of his own go first: the rest is more work to give again.
    """
    whole = seal_draft(ring, draft, digest=digest)
    if len(whole) <= MOST_IN_A_COOKIE:
        return whole, True
    rest = seal_draft(ring, draft.without_words(), digest=digest)
    return (rest if len(rest) <= MOST_IN_A_COOKIE else None), False


def newest(carried: Draft | None, kept: Draft | None) -> Draft:
    """Of the draft that a page carried and the one that the device has kept, whichever was sent later.

    A page that somebody went back to carries an old one. Of two that are as new the page's holds more, and what was
    too long to be kept is taken from there in any case.
    """
    if kept is None or (carried is not None and carried.turn >= kept.turn):
        return carried or Draft()
    if kept.cut and carried is not None:
        return replace(kept, words=carried.words, cut=False)
    return kept
