"""What a code looks like, and what is kept of it. Pure."""

import hashlib
import hmac
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from climate_survey_api.access_codes.errors import (
    NoPlacesLeft,
    RecipientsMissing,
    RecipientsUnwanted,
    SurveyOver,
    TooManyForOneSheet,
    UnitNotAsked,
)
from climate_survey_api.administrations.rules import Administration, Status, Unit
from shared.errors import Fault
from shared.events.surveys import RespondentGroup, SurveyMode

ALPHABET = "23456789CDFHJKMNPRTVWX"
"""The 22 symbols of a code. Letters and digits without 0 O Q, 1 I L; without vowels and Y, so that no code is a word;
and of those that pass for a digit in haste or in handwriting (B for 8, G for 6, S for 5, Z for 2) the digit alone.
Source: docs/decisions/0020."""

GROUPS, SYMBOLS_PER_GROUP = 3, 4
SYMBOLS = GROUPS * SYMBOLS_PER_GROUP
"""Of a code. Source: docs/decisions/0020."""

_MOST_TYPED = 64
"""Characters that are looked at; what is longer is no code with spaces in it."""
_SEPARATORS = str.maketrans("", "", " -\t\r\n\u00a0\u2010\u2011\u2012\u2013\u2014\u2212_.")
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


@dataclass(frozen=True, slots=True)
class MadeCode:
    """A code that was made just now: as it is printed, and whom it is for where that is known."""

    code: str
    recipient: str | None


POSSIBLE = len(ALPHABET) ** SYMBOLS
"""How many codes there can be: 1.29e16."""


def code_of(number: int) -> str:
    """The symbols of one of the `POSSIBLE` codes, counted from 0."""
    symbols = []
    for _ in range(SYMBOLS):
        number, at = divmod(number, len(ALPHABET))
        symbols.append(ALPHABET[at])
    return "".join(symbols)


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


def row_key(digest: bytes) -> str:
    """The primary key of a code's row as a sealed column of it is bound to; the walk of key rotation says the same."""
    return f"{digest!r}"


def recipient_digest_of(recipient: str, pepper: bytes, *, administration_id: UUID, group: RespondentGroup) -> bytes:
    """What tells whether somebody has a code of a survey already, and cannot be compared between surveys."""
    whose = f"recipient\0{administration_id}\0{group}\0{recipient}"
    return hmac.digest(pepper, whose.encode(), hashlib.sha256)


MOST_MADE = 5000
"""Codes in one batch: a large school's."""
MOST_PRINTED = 1000
"""Codes in one document, which takes some seconds to draw: a hundred pages."""


def ensure_may_make(
    administration: Administration,
    school_id: str,
    group: RespondentGroup,
    *,
    count: int,
    recipients: Sequence[str] | None,
    now: datetime,
) -> Unit:
    """The unit that so many codes may be made for, as far as the plan says it.

    Raises: SurveyOver, UnitNotAsked, RecipientsUnwanted, RecipientsMissing.
    """
    if administration.status is Status.CLOSED or now >= administration.closes_at:
        raise SurveyOver
    unit = administration.unit(school_id, group)
    if unit is None:
        is_at_school = any(unit.school_id == school_id for unit in administration.units)
        fault = (
            Fault("respondent_group", "is not asked at this school")
            if is_at_school
            else Fault("school_id", "is not asked")
        )
        raise UnitNotAsked(errors=[fault])
    if administration.mode is SurveyMode.ANONYMOUS:
        if recipients is not None:
            raise RecipientsUnwanted(errors=[Fault("recipients", "must be left out: the survey is anonymous")])
        return unit
    if recipients is None or len(recipients) != count:
        raise RecipientsMissing(errors=[Fault("recipients", "must be as many as count says")])
    if faults := list(_named_twice(recipients)):
        raise RecipientsMissing(errors=faults)
    return unit


def _named_twice(recipients: Sequence[str]) -> Iterator[Fault]:
    seen: set[str] = set()
    for place, recipient in enumerate(recipients):
        if recipient in seen:
            yield Fault(f"recipients.{place}", "is named before")
        seen.add(recipient)


def ensure_places(places: int | None, *, taken: int, wanted: int) -> None:
    """Students' codes do not outnumber those who may be asked; None: all may. Raises: NoPlacesLeft."""
    if places is not None and taken + wanted > places:
        left = max(places - taken, 0)
        raise NoPlacesLeft(f"{left} more may be made for students of this school.", left=left)


def ensure_printable(count: int) -> None:
    """So many codes can be drawn as one document. Raises: TooManyForOneSheet."""
    if count > MOST_PRINTED:
        raise TooManyForOneSheet(errors=[Fault("count", f"must be at most {MOST_PRINTED} for a document")])
