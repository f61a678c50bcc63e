"""What a code looks like, and what is kept of it. Pure."""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from shared.events.surveys import RespondentGroup

ALPHABET = "23456789CDFHJKMNPRTVWX"
"""The 22 symbols of a code. Letters and digits without 0 O Q, 1 I L; without vowels and Y, so that no code is a word;
and of those that pass for a digit in haste or in handwriting (B for 8, G for 6, S for 5, Z for 2) the digit alone.
Source: docs/decisions/0020."""

GROUPS, SYMBOLS_PER_GROUP = 3, 4
SYMBOLS = GROUPS * SYMBOLS_PER_GROUP
"""Of a code. Source: docs/decisions/0020."""

_MOST_TYPED = 64
"""Characters that are looked at; what is longer is no code with spaces in it."""
_SEPARATORS = str.maketrans("", "", " -\t\u00a0\u2010\u2011\u2012\u2013\u2014\u2212_.")
"""What people, and phones that improve what they type, put between groups."""


@dataclass(frozen=True, slots=True)
class Presented:
    """A code that somebody presented and that was once made."""

    digest: bytes
    district_id: str
    administration_id: UUID
    school_id: str
    respondent_group: RespondentGroup
    is_used: bool


def code_from(choose: Callable[[str], str]) -> str:
    """A code as it is printed, each of its symbols chosen out of the alphabet."""
    return printed("".join(choose(ALPHABET) for _ in range(SYMBOLS)))


def printed(symbols: str) -> str:
    """The symbols of a code in groups, as people read them."""
    return "-".join(symbols[at : at + SYMBOLS_PER_GROUP] for at in range(0, SYMBOLS, SYMBOLS_PER_GROUP))


def normalise(typed: str) -> str | None:
    """The symbols of what somebody typed, in whatever case, with or without dashes and spaces; None: it is no code."""
    if len(typed) > _MOST_TYPED:
        return None
    symbols = typed.translate(_SEPARATORS).upper()
    if len(symbols) != SYMBOLS or not all(symbol in ALPHABET for symbol in symbols):
        return None
    return symbols


def digest_of(symbols: str, pepper: bytes) -> bytes:
    """What is kept of a code: 32 bytes that tell nothing without the pepper."""
    return hmac.digest(pepper, b"code\0" + symbols.encode(), hashlib.sha256)


def recipient_digest_of(recipient: str, pepper: bytes, *, administration_id: UUID, group: RespondentGroup) -> bytes:
    """What tells whether somebody has a code of a survey already, and cannot be compared between surveys."""
    whose = f"recipient\0{administration_id}\0{group}\0{recipient}"
    return hmac.digest(pepper, whose.encode(), hashlib.sha256)
