"""The page on which people see whether a credential holds: on a phone, on paper, read aloud; one file, no script."""

import base64
import hashlib
from collections.abc import Iterable
from datetime import date, datetime, tzinfo
from html import escape

from fastapi import Response

from training_registry.credentials.rules import VerificationResult, hours_in_words
from training_registry.credentials.views import Verification

_STYLE = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0; background: #f3f4f6; color: #16181d; font: 1.0625rem/1.5 system-ui, sans-serif; }
main { max-width: 40rem; margin: 0 auto; padding: 1rem; }
.result { background: #fff; border: 1px solid #6b7280; border-left-width: .6rem; border-radius: .5rem; padding: 1rem; }
.valid { border-color: #14622f; }
.expired { border-color: #7a4b00; }
.revoked, .unknown { border-color: #9b1c1c; }
h1 { margin: 0 0 .5rem; font-size: 1.5rem; line-height: 1.25; }
h2 { margin: 2rem 0 .5rem; font-size: 1.2rem; }
p { margin: .5rem 0; }
dl { margin: 0; background: #fff; border: 1px solid #6b7280; border-radius: .5rem; padding: .25rem 1rem; }
dl > div { padding: .6rem 0; border-top: 1px solid #d1d5db; }
dl > div:first-child { border-top: 0; }
dt { font-weight: 600; }
dd { margin: 0; overflow-wrap: anywhere; }
ul { margin: 0; padding-left: 1.2rem; }
h1, p, li, code { overflow-wrap: anywhere; }
a { color: #1a4ea3; }
a:focus-visible { outline: 3px solid #1a4ea3; outline-offset: 2px; }
@media (min-width: 40rem) {
  main { padding: 2rem 1rem; }
  dl > div { display: grid; grid-template-columns: 11rem 1fr; gap: 1rem; }
}
@media print {
  body { background: #fff; color: #000; font-size: 11pt; }
  main { max-width: none; padding: 0; }
  .result, dl { break-inside: avoid; }
  a { color: inherit; }
}
"""
_STYLE_DIGEST = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode("ascii")

GUARDS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_DIGEST}'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
"""What a browser is told beside the page: to load nothing, and to tell nobody where the reader came from."""

MEDIA_TYPE = "text/html"

_SAID: dict[VerificationResult, tuple[str, str]] = {
    VerificationResult.VALID: ("This credential is valid", "It was issued here, has not been revoked and holds today."),
    VerificationResult.EXPIRED: (
        "This credential has expired",
        "It was issued here and has not been revoked, but its last day is over. It does not hold today.",
    ),
    VerificationResult.REVOKED: (
        "This credential has been revoked",
        "It was issued here and taken back since. It does not hold, whatever is printed on it.",
    ),
    VerificationResult.UNKNOWN: (
        "This credential is unknown",
        "Nothing was ever issued here under this address. Look whether the address was copied as a whole; if it was, "
        "do not rely on what led you here.",
    ),
}


def page_of(verification: Verification, *, zone: tzinfo) -> Response:
    """The page about a credential that was issued here."""
    issuer = verification.issuer
    parts = (
        _result(verification.result),
        "<h2>What it certifies</h2>",
        _facts(_certified(verification)),
        "<h2>About this page</h2>",
        f"<p>Checked on {_at(verification.checked_at, zone)}. It says nothing about the person: whose credential it "
        "is stands in the credential itself, which its holder can show you.</p>",
        "<h2>To verify by machine</h2>",
        f"<p>The holder's credential is a signed text (Open Badges 3.0, JSON Web Token). Its signature is verified "
        f"with the keys of <a href='{escape(issuer.id)}'>the issuer</a>, published at "
        f"<a href='{escape(issuer.id)}/jwks.json'>{escape(issuer.id)}/jwks.json</a>; whether it is revoked stands in "
        "the status list that it names. What this page says comes as JSON from the same address, asked for with "
        "<code>Accept: application/json</code>.</p>",
    )
    return _page(verification.result, "".join(parts), status=200)


def unknown_page() -> Response:
    """The page about a credential that was not issued here."""
    return _page(VerificationResult.UNKNOWN, _result(VerificationResult.UNKNOWN), status=404)


def _page(result: VerificationResult, body: str, *, status: int) -> Response:
    title, _ = _SAID[result]
    text = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="robots" content="noindex"><title>{title}</title><style>{_STYLE}</style></head>'
        f"<body><main>{body}</main></body></html>"
    )
    return Response(text, status, headers={**GUARDS, "Vary": "Accept"}, media_type=f"{MEDIA_TYPE}; charset=utf-8")


def _result(result: VerificationResult) -> str:
    title, meaning = _SAID[result]
    return f'<div class="result {result}"><h1>{title}</h1><p>{meaning}</p></div>'


def _certified(verification: Verification) -> list[tuple[str, str]]:
    """Each fact's name and, ready for the page, what it is."""
    achievement = verification.achievement
    facts = [
        ("Course", escape(achievement.name)),
        ("Given by", escape(achievement.provider)),
        ("Hours", _hours(achievement.hours)),
    ]
    if achievement.topics:
        facts.append(("Hours by topic", _list(f"{escape(t)}: {_hours(h)}" for t, h in achievement.topics.items())))
    if achievement.alignments:
        aligned = (f"{escape(a.name)} ({escape(a.source or a.code)})" for a in achievement.alignments)
        facts.append(("Aligned with", _list(aligned)))
    facts.append(("Completed on", _on(verification.valid_from_on)))
    until = verification.valid_until_on
    facts.append(("Holds until", f"{_on(until)}, that day included" if until else "It names no last day."))
    if verification.revoked_on:
        facts.append(("Revoked on", _on(verification.revoked_on)))
    facts += [
        ("Issued by", f"School district {escape(verification.issuer.name)}"),
        ("Number", f"<code>{verification.credential_id}</code>"),
    ]
    return facts


def _facts(facts: list[tuple[str, str]]) -> str:
    return f"<dl>{''.join(f'<div><dt>{name}</dt><dd>{said}</dd></div>' for name, said in facts)}</dl>"


def _list(items: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>"


def _hours(hours: float) -> str:
    return hours_in_words(round(hours * 100))


def _on(day: date) -> str:
    return f'<time datetime="{day}">{day:%B} {day.day}, {day.year}</time>'


def _at(instant: datetime, zone: tzinfo) -> str:
    local = instant.astimezone(zone).replace(microsecond=0)
    hour = f"{local:%I:%M %p %Z}".removeprefix("0")
    return f'<time datetime="{local.isoformat()}">{local:%B} {local.day}, {local.year} at {hour}</time>'
