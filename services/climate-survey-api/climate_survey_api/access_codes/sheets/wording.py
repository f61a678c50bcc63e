"""What a card says beside its code, in the languages of the survey that we have words in. Pure."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.events.surveys import RespondentGroup

_ENGLISH = "en"
_LOST = "?"
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
_GROUPS_IN_ENGLISH = {
    RespondentGroup.STUDENT: "Students",
    RespondentGroup.FAMILY: "Families",
    RespondentGroup.STAFF: "Staff",
    RespondentGroup.OFFICER: "School resource officers",
}
_GROUPS_IN_SPANISH = {
    RespondentGroup.STUDENT: "Estudiantes",
    RespondentGroup.FAMILY: "Familias",
    RespondentGroup.STAFF: "Personal",
    RespondentGroup.OFFICER: "Oficiales de recursos escolares",
}
_MOST_LOST = 1 / 3
"""Of a name's letters: with more of them gone nobody reads it."""
_LETTERS_MARKS_SYMBOLS = "LMS"
"""Kinds of characters that a name is read by (Unicode categories); digits and dashes alone are no name."""
_ENCODING = "cp1252"
"""What the fonts that every PDF reader has can show: the letters of Western Europe."""


@dataclass(frozen=True, slots=True)
class Words:
    """What a card says in one language."""

    survey: str
    """What any survey is called."""
    group: str
    how: str
    until: str


def words_in(languages: Iterable[str], group: RespondentGroup, closes_at: datetime) -> Sequence[Words]:
    """The words in each language, in the order in which the survey offers them; `closes_at` is local.

    A language that we have no words in gets none, and a survey in none of ours the English ones.
    """
    ours = [language for language in languages if language in (_ENGLISH, "es")] or [_ENGLISH]
    return [(_english if language == _ENGLISH else _spanish)(group, closes_at) for language in ours]


def shown(text: str) -> str:
    """The text in letters that a card can show: without the accents it cannot, and `?` where nothing is left."""
    return "".join(map(_shown, unicodedata.normalize("NFC", text)))


def readable(text: str, otherwise: str) -> str:
    """A name as a card can show it; the other where it is written in letters that most cards have none of."""
    telling = [letter for letter in unicodedata.normalize("NFC", text) if _kind(letter) in _LETTERS_MARKS_SYMBOLS]
    lost = sum(_shown(letter) == _LOST for letter in telling)
    return shown(text if lost <= _MOST_LOST * len(telling) else otherwise)


def _kind(letter: str) -> str:
    return unicodedata.category(letter)[0]


def _english(group: RespondentGroup, closes_at: datetime) -> Words:
    time = f"{closes_at:%I:%M %p}".removeprefix("0")
    return Words(
        "Survey",
        _GROUPS_IN_ENGLISH[group],
        "Scan the square with a phone, or open the address. The code works once.",
        f"Open until {closes_at:%B} {closes_at.day}, {closes_at.year}, {time} {closes_at:%Z}.",
    )


def _spanish(group: RespondentGroup, closes_at: datetime) -> Words:
    month = _MONTHS_IN_SPANISH[closes_at.month - 1]
    return Words(
        "Encuesta",
        _GROUPS_IN_SPANISH[group],
        "Escanear el cuadro con un teléfono o abrir la dirección. El código sirve una sola vez.",
        f"Abierta hasta el {closes_at.day} de {month} de {closes_at.year}, {closes_at:%H:%M %Z}.",
    )


def _shown(letter: str) -> str:
    for candidate in (letter, unicodedata.normalize("NFKD", letter)):
        known = candidate.encode(_ENCODING, "ignore").decode(_ENCODING)
        if known:
            return known if known.isprintable() else " "
    return _LOST
