"""What an edit of an event's JSON Schema means to those who read it: a structural comparison.

Two kinds of reader must survive an edit. One deployed earlier meets events written by tomorrow's class; one deployed
tomorrow rebuilds from the beginning of the topic and meets events written by yesterday's. Only what both survive
keeps the version: a new optional field, and words for people.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Schema = Mapping[str, Any]

WORDS = frozenset({"title", "description", "examples", "$defs", "deprecated"})
"""Keywords that tell people something and constrain nothing."""


class Verdict(StrEnum):
    """Whether a change keeps the event's version."""

    ALLOWED = "allowed"
    """Both kinds of reader survive it."""
    REFUSED = "refused"
    """Somebody breaks: it needs a new class and a new name."""
    CONSCIOUS = "conscious"
    """Readers deployed earlier refuse the new value: deploy every one of them first, then update the golden file."""


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between the committed shape and today's."""

    path: str
    verdict: Verdict
    what: str

    def __str__(self) -> str:
        """One line for people: `facets.sex: enum value removed: male (refused)`."""
        return f"{self.path or 'the event'}: {self.what} ({self.verdict})"


def changes(committed: Schema, today: Schema) -> list[Change]:
    """Every difference that matters, in the order of the fields. Words for people are not compared.

    References are followed, so that a model may be renamed or moved; recursive models are not supported, as no
    event has one.
    """
    return list(_changes(resolved(committed, committed), resolved(today, today), ""))


def resolved(schema: Any, root: Schema) -> Any:
    """The schema with every `$ref` replaced by what it points at, and without words for people."""
    if isinstance(schema, list):
        return [resolved(part, root) for part in schema]
    if not isinstance(schema, Mapping):
        return schema
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        beside = {k: v for k, v in schema.items() if k != "$ref"}
        return resolved({**root["$defs"][name], **beside}, root)
    plain = {k: resolved(v, root) for k, v in schema.items() if k not in WORDS and k != "properties"}
    if "properties" in schema:  # a field may be called `title`: names are no keywords
        plain["properties"] = {name: resolved(field, root) for name, field in schema["properties"].items()}
    return plain


def _changes(committed: Schema, today: Schema, path: str) -> Iterator[Change]:
    yield from _field_changes(committed, today, path)
    yield from _value_changes(committed, today, path)
    before, after = committed.get("items"), today.get("items")
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        yield from _changes(before, after, f"{path}[]")
    elif before != after:
        yield Change(path, Verdict.REFUSED, f"items changed from {before} to {after}")
    for keyword in sorted((committed.keys() | today.keys()) - {"properties", "required", "enum", "items"}):
        if committed.get(keyword) != today.get(keyword):
            was, now = committed.get(keyword, "nothing"), today.get(keyword, "nothing")
            yield Change(path, Verdict.REFUSED, f"{keyword} changed from {was} to {now}")


def _field_changes(committed: Schema, today: Schema, path: str) -> Iterator[Change]:
    before, after = committed.get("properties", {}), today.get("properties", {})
    was_required, is_required = set(committed.get("required", ())), set(today.get("required", ()))
    for name, field in before.items():
        here = f"{path}.{name}" if path else name
        if name not in after:
            yield Change(here, Verdict.REFUSED, "field removed or renamed")
            continue
        if name in was_required - is_required:
            yield Change(here, Verdict.REFUSED, "no longer required, which readers deployed earlier rely on")
        if name in is_required - was_required:
            yield Change(here, Verdict.REFUSED, "now required, but the log holds events without it")
        yield from _changes(field, after[name], here)
    for name in after.keys() - before.keys():
        here = f"{path}.{name}" if path else name
        if name in is_required:
            yield Change(here, Verdict.REFUSED, "new required field, but the log holds events without it")
        else:
            yield Change(here, Verdict.ALLOWED, "new optional field")


def _value_changes(committed: Schema, today: Schema, path: str) -> Iterator[Change]:
    before, after = committed.get("enum"), today.get("enum")
    if before is None or after is None:
        if before != after:
            yield Change(path, Verdict.REFUSED, f"enum changed from {before} to {after}")
        return
    for value in before:
        if value not in after:
            yield Change(path, Verdict.REFUSED, f"enum value removed: {value}")
    for value in after:
        if value not in before:
            yield Change(path, Verdict.CONSCIOUS, f"enum value added: {value}")
