"""What a card says beside its code, in the languages of the survey that we have words in. Pure."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

_ENGLISH = "en"
_MONTHS_IN_SPANISH = (
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
)
_ENCODING = "cp1252"
"""What the fonts that every PDF reader has can show: the letters of Western Europe."""


@dataclass(frozen=True, slots=True)
class Words:
    """What a card says in one language."""

    how: str
    until: str


def words_in(languages: Iterable[str], closes_at: datetime) -> Sequence[Words]:
    """The words in each language, in the order in which the survey offers them; `closes_at` is local.

    A language that we have no words in gets none, and a survey in none of ours the English ones.
    """
    ours = [language for language in languages if language in (_ENGLISH, "es")] or [_ENGLISH]
    return [_english(closes_at) if language == _ENGLISH else _spanish(closes_at) for language in ours]


def shown(text: str) -> str:
    """The text in letters that a card can show: without the accents it cannot, and `?` where nothing is left."""
    return "".join(map(_shown, unicodedata.normalize("NFC", text)))


def _english(closes_at: datetime) -> Words:
    time = f"{closes_at:%I:%M %p}".removeprefix("0")
    return Words(
        "Scan the square with a phone, or open the address. The code works once.",
        f"Open until {closes_at:%B} {closes_at.day}, {closes_at.year}, {time}.",
    )


def _spanish(closes_at: datetime) -> Words:
    month = _MONTHS_IN_SPANISH[closes_at.month - 1]
    return Words(
        "Escanee el cuadro con un teléfono o abra la dirección. El código sirve una sola vez.",
        f"Abierta hasta el {closes_at.day} de {month} de {closes_at.year}, {closes_at:%H:%M}.",
    )


def _shown(letter: str) -> str:
    for candidate in (letter, unicodedata.normalize("NFKD", letter)):
        known = candidate.encode(_ENCODING, "ignore").decode(_ENCODING)
        if known:
            return known if known.isprintable() else " "
    return "?"
