"""In which language a reader is spoken to, and which way it is written. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

FALLBACK = "en"
"""What the pages themselves say where they do not know the reader's language."""

_TAG = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")
_WEIGHT = re.compile(r"0(\.\d{0,3})?|1(\.0{0,3})?")
_MOST_RANGES = 30
"""Of an `Accept-Language`; a browser sends fewer than ten."""

_LEFTWARDS = frozenset({"ar", "arc", "ckb", "dv", "fa", "he", "ks", "ps", "sd", "syr", "ug", "ur", "yi"})
"""Languages that are written from right to left. Source: Unicode CLDR, layout of languages."""

_OWN_NAMES = {
    "am": "አማርኛ",
    "ar": "العربية",
    "bn": "বাংলা",
    "de": "Deutsch",
    "en": "English",
    "es": "Español",
    "fa": "فارسی",
    "fr": "Français",
    "hi": "हिन्दी",
    "hmn": "Hmoob",
    "ht": "Kreyòl ayisyen",
    "ja": "日本語",
    "km": "ខ្មែរ",
    "ko": "한국어",
    "my": "မြန်မာ",
    "ne": "नेपाली",
    "om": "Oromoo",
    "pa": "ਪੰਜਾਬੀ",
    "pl": "Polski",
    "ps": "پښتو",
    "pt": "Português",
    "ru": "Русский",
    "so": "Soomaali",
    "sw": "Kiswahili",
    "ti": "ትግርኛ",
    "tl": "Tagalog",
    "uk": "Українська",
    "ur": "اردو",
    "vi": "Tiếng Việt",
    "zh": "中文",
}


@dataclass(frozen=True, slots=True)
class Tongue:
    """The language of what is asked, and that of the page around it where that is another."""

    asked: str
    page: str

    @property
    def direction(self) -> str:
        """Which way what is asked is written."""
        return direction(self.asked)


def direction(language: str) -> str:
    """`rtl` for what is written from right to left, else `ltr`."""
    return "rtl" if _primary(language) in _LEFTWARDS else "ltr"


def own_name(language: str) -> str:
    """What those who speak it call it; its tag where that is not known here."""
    return _OWN_NAMES.get(_primary(language), language)


def chosen(offered: Sequence[str], *, wanted: str = "", accepted: str = "") -> str:
    """Which of the languages offered, of which there is one at least, to answer in.

    The one that is asked for by name, else the first that the browser's `Accept-Language` asks for, else the first.
    `es-MX` is content with `es`, and `pt` with `pt-BR`. Source: RFC 4647, 3.4.
    """
    for tag in (wanted, *_by_preference(accepted)):
        found = _like(tag, offered)
        if found is not None:
            return found
    return offered[0]


def tongue(offered: Sequence[str], known: Sequence[str], *, wanted: str = "", accepted: str = "") -> Tongue:
    """The language of what is asked, and the one of the page: the same if its texts are known here, else English."""
    asked = chosen(offered, wanted=wanted, accepted=accepted)
    return Tongue(asked, _like(asked, known) or FALLBACK)


def _by_preference(accepted: str) -> list[str]:
    """The tags of an `Accept-Language`, the most wanted first; what cannot be read, or is refused, is left out."""
    weighed: list[tuple[float, str]] = []
    for entry in accepted.split(",")[:_MOST_RANGES]:
        tag, _, weight = (part.strip() for part in entry.partition(";"))
        said = weight.removeprefix("q=") if weight else "1"
        if _TAG.fullmatch(tag) and _WEIGHT.fullmatch(said) and float(said) > 0:
            weighed.append((float(said), tag))
    return [tag for _, tag in sorted(weighed, key=lambda entry: -entry[0])]


def _like(tag: str, offered: Sequence[str]) -> str | None:
    """The language offered that is meant: the same, else the first of the same primary language."""
    lowered = tag.lower()
    if not lowered:
        return None
    exact = (language for language in offered if language.lower() == lowered)
    return next(exact, next((one for one in offered if _primary(one) == _primary(lowered)), None))


def _primary(language: str) -> str:
    return language.lower().partition("-")[0]
