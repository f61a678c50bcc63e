"""The page on which people verify: what it says in words, that nothing in it is markup of others, and its headers."""

import base64
import hashlib
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from uuid import uuid4

import pytest

from tests.training_registry.credentials.registry import (
    PAGE,
    STATUTE,
    Registry,
    a_certified,
    issue,
    public,
    revoke,
    today,
)
from tests.training_registry.suite import NOON, training_registry
from training_registry.credentials.rules import Alignment

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"}
MARKUP = "<script>alert('x')</script><img src=x onerror=alert(1)>\" onload='x' & co"


class Read(HTMLParser):
    """The elements and the words of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        """Note what it says."""
        self.words.append(data)


@pytest.fixture
async def registry(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Registry]:
    async with training_registry(sqlite_url, tmp_path, clock=lambda: NOON) as service:
        yield service


async def page_about(registry: Registry, state: str) -> tuple[int, str]:
    """Status and text of the page about a credential in this state."""
    certified = a_certified(registry, expires_on=today(registry) - timedelta(days=1 if state == "expired" else -9))
    (credential_id,) = await issue(registry, certified)
    if state == "revoked":
        await revoke(registry, certified.completion_id)
    named = uuid4() if state == "unknown" else credential_id
    answer = await public(registry, f"/v1/credentials/{named}/verification", BROWSER)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return answer.status_code, answer.text


@pytest.mark.parametrize(
    ("state", "status", "heading"),
    [
        ("valid", 200, "This credential is valid"),
        ("expired", 200, "This credential has expired"),
        ("revoked", 200, "This credential has been revoked"),
        ("unknown", 404, "This credential is unknown"),
    ],
)
async def test_the_page_says_in_words_how_the_credential_stands(
    registry: Registry, state: str, status: int, heading: str
) -> None:
    found, text = await page_about(registry, state)

    assert found == status
    assert f"<h1>{heading}</h1>" in text
    assert f"<title>{heading}</title>" in text
    others = {"This credential is valid", "This credential has expired", "This credential has been revoked"} - {heading}
    assert [other for other in others if other in text] == []
    assert ("State Academy" in text) == (state != "unknown")
    assert ("Revoked on" in text) == (state == "revoked")


async def test_what_it_certifies_is_there_for_people(registry: Registry) -> None:
    _, text = await page_about(registry, "valid")

    said = " ".join(" ".join(Read(text).words).split())
    for wanted in (
        "Adolescent mental health",
        "State Academy",
        "mental_health: 5.5",
        "RCW 28A.400.345",
        "November 15, 2026",
        "December 4, 2026",
        "School district demo",
        "November 25, 2026 at 12:00 PM EST",
        "http://127.0.0.1:8003/v1/issuers/demo/jwks.json",
    ):
        assert wanted in said


async def test_what_others_wrote_is_text_and_never_markup(registry: Registry) -> None:
    sound = a_certified(registry, topics={"a": 100, "b": 100})
    nasty = a_certified(
        registry,
        course=MARKUP,
        provider=MARKUP,
        topics={MARKUP: 100, "b": 100},
        alignments=(Alignment(MARKUP, MARKUP, "javascript:alert(1)"),),
    )
    pages = [
        Read((await public(registry, f"/v1/credentials/{one}/verification", PAGE)).text)
        for one in await issue(registry, sound, nasty)
    ]

    assert pages[0].tags == pages[1].tags
    assert pages[1].words.count(MARKUP) == 2
    assert {name for name, _ in pages[1].attributes} <= {
        "lang", "charset", "name", "content", "class", "datetime", "href"
    }  # fmt: skip
    assert not [value for name, value in pages[1].attributes if name == "href" and not (value or "").startswith("http")]


async def test_the_page_loads_nothing_keeps_nothing_and_runs_nothing(registry: Registry) -> None:
    (credential_id,) = await issue(registry, a_certified(registry, alignments=(STATUTE,)))

    answer = await public(registry, f"/v1/credentials/{credential_id}/verification", PAGE)

    (style,) = re.findall(r"<style>(.*?)</style>", answer.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = answer.headers["content-security-policy"]
    assert policy.split("; ")[:2] == ["default-src 'none'", f"style-src 'sha256-{digest}'"]
    assert {"base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"} <= set(policy.split("; "))
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert (answer.headers["cache-control"], answer.headers["vary"]) == ("no-store", "Accept")
    assert "set-cookie" not in answer.headers
    assert {"script", "img", "link", "iframe", "form"} & set(Read(answer.text).tags) == set()
