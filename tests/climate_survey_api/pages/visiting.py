"""Somebody with a browser that runs no script: reads a page's form, fills it in, presses its buttons."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Self

import httpx2

ENGLISH, SPANISH = "en-US,en;q=0.8", "es-MX,es;q=0.9,en;q=0.5"


@dataclass
class Page:
    """What a browser makes of a page's markup."""

    text: str = ""
    action: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    offered: dict[str, list[str]] = field(default_factory=dict)
    """The values of each group of radio buttons."""
    buttons: dict[str, str] = field(default_factory=dict)
    """Where each button sends the form to, by its value; empty: where the form says."""
    links: dict[str, str] = field(default_factory=dict)
    """Addresses by what the link says."""
    language: str = ""
    direction: str = ""

    @classmethod
    def read(cls, markup: str) -> Self:
        """The page that this markup is."""
        page = cls()
        _Reader(page).feed(markup)
        page.text = " ".join(page.text.split())
        return page


class _Reader(HTMLParser):
    def __init__(self, page: Page) -> None:
        super().__init__()
        self._page = page
        self._inside: list[str] = []
        self._area: str | None = None
        self._link: tuple[str, str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        page = self._page
        if tag == "html":
            page.language, page.direction = said["lang"], said["dir"]
        if tag == "form":
            page.action = said["action"]
        elif tag == "input" and said.get("type") == "radio":
            page.offered.setdefault(said["name"], []).append(said["value"])
            if "checked" in said:
                page.fields[said["name"]] = said["value"]
        elif tag == "input":
            page.fields[said["name"]] = said.get("value", "")
        elif tag == "textarea":
            page.fields[said["name"]] = ""
            self._area = said["name"]
        elif tag == "button" and "value" in said:
            page.buttons[said["value"]] = said.get("formaction", "")
        elif tag == "a":
            self._link = (said["href"], "")
        if tag in ("style", "title"):
            self._inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._inside:
            self._inside.remove(tag)
        if tag == "textarea" and self._area is not None:
            # A browser drops the line end with which the field begins.
            self._page.fields[self._area] = self._page.fields[self._area].removeprefix("\n")
            self._area = None
        if tag == "a" and self._link is not None:
            self._page.links[" ".join(self._link[1].split())] = self._link[0]
            self._link = None

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._page.fields[self._area] += data
        elif not self._inside:
            self._page.text += f" {data}"
            if self._link is not None:
                self._link = (self._link[0], f"{self._link[1]} {data}")


class Visitor:
    """Somebody at one device: it keeps cookies, unless that was turned off."""

    def __init__(
        self, client: httpx2.AsyncClient, *, accept_language: str = ENGLISH, keeps_cookies: bool = True
    ) -> None:
        self._client = client
        self._headers = {"Accept": "text/html", "Accept-Language": accept_language}
        self._keeps_cookies = keeps_cookies
        self.page = Page()
        self.answer: httpx2.Response = httpx2.Response(200)
        self.hops: list[httpx2.Response] = []
        """The redirects by which the last form that was sent led here."""
        self._been: list[str | None] = []
        """The history: where each page was loaded from; None: it came of a form that was sent, and cannot be."""

    async def open(self, address: str) -> Page:
        """Load an address."""
        self._been.append(address)
        return await self._load(address)

    async def back(self, steps: int = 1) -> Page:
        """The button of the browser: a page that told it to keep nothing is loaded again."""
        del self._been[len(self._been) - steps :]
        address = self._been[-1]
        assert address is not None, "the browser says that the form would have to be sent again"
        return await self._load(address)

    async def reload(self) -> Page:
        """The same page loaded again."""
        return await self.back(0)

    async def press(self, button: str, **answers: str) -> Page:
        """Fill in what is answered here and press a button; an answer is named by its field, dots as `__`."""
        fields = self.page.fields | {name.replace("__", "."): value for name, value in answers.items()}
        assert button in self.page.buttons, (button, list(self.page.buttons))
        address = self.page.buttons[button] or self.page.action
        return await self.send(address, fields | {"go": button})

    async def send(self, address: str, fields: dict[str, str]) -> Page:
        """Send a form; the page that comes of it, also where it is another's address."""
        self.hops = []
        answer = await self._client.post(address.partition("#")[0], data=fields, headers=self._headers)
        while answer.status_code == 303:
            self._tidy()
            self.hops.append(answer)
            answer = await self._client.get(answer.headers["location"], headers=self._headers)
        self._been.append(self.hops[-1].headers["location"] if self.hops else None)
        return await self._show(answer)

    async def _load(self, address: str) -> Page:
        return await self._show(await self._client.get(address, headers=self._headers))

    async def _show(self, answer: httpx2.Response) -> Page:
        self.answer = answer
        self._tidy()
        self.page = Page.read(answer.text)
        return self.page

    def _tidy(self) -> None:
        if not self._keeps_cookies:
            self._client.cookies.clear()
