"""How a page is made: templates compiled once, a style that needs no other file, and what a browser is told with it."""

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import urlencode

from fastapi import Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from climate_survey_api.pages.catalogue import Speaker
from climate_survey_api.pages.languages import direction, own_name

MEDIA_TYPE = "text/html"
_FOLDER = Path(__file__).parent / "templates"
_STYLE = (_FOLDER / "style.css").read_text(encoding="utf-8")
_DIGEST = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode("ascii")

GUARDS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_DIGEST}'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}
"""What a browser is told beside each page: to load nothing, to send forms to us alone, to tell nobody where the reader
came from. That it keeps nothing is said with every answer of every service."""

_NUMBERS = re.compile(r"(?<![\d-])(911|988)(?![\d-])")
"""What is called from anywhere in the United States in danger, and to talk to somebody."""

VARIES = "Accept-Language, Cookie"
"""What else than its address decides about a page."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Whom a page is for: what is said to him, in which languages he may read it, and where our pages lie."""

    speaker: Speaker
    languages: Sequence[str]
    base: str
    """The path that all our addresses begin with, empty unless a proxy puts us below one."""
    explicit: bool = False
    """Whether he chose the language himself: his choice then goes with every link."""

    def address(self, path: str, **parameters: str) -> str:
        """One of our addresses, in the language he chose."""
        chosen = {"lang": self.speaker.tongue.asked} if self.explicit else {}
        query = urlencode({**parameters, **chosen})
        return f"{self.base}{path}{'?' if query else ''}{query}"


def page(template: str, reader: Reader, /, status: int = 200, **values: object) -> Response:
    """A page for one reader. Its language depends on what his browser asks for."""
    speaker = reader.speaker
    text = (
        _environment()
        .get_template(f"{template}.html")
        .render(reader=reader, say=speaker.say, plainly=speaker.plainly, pick=speaker.pick, speaker=speaker, **values)
    )
    return Response(text, status, headers={**GUARDS, "Vary": VARIES}, media_type=f"{MEDIA_TYPE}; charset=utf-8")


def dialled(said: Markup) -> Markup:
    """A text of a page whose emergency numbers a phone calls when they are touched."""
    return Markup(_NUMBERS.sub(r'<a href="tel:\1">\1</a>', str(said)))


def redirect(address: str) -> Response:
    """The way to another page of ours, to be fetched: loading that again sends nothing again."""
    return Response(status_code=303, headers={**GUARDS, "Location": address})


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters["dialled"] = dialled
    environment.globals |= {"style": Markup(_STYLE), "direction": direction, "own_name": own_name}
    return environment
