"""Where the committed shape and the example of every event lie, and what they say."""

import json
from pathlib import Path
from typing import Any

from scripts.contracts.compatibility import Change, changes
from shared.events.base import Event

CONTRACTS = Path(__file__).parents[2] / "tests" / "contracts"


def example_path(event_class: type[Event]) -> Path:
    """The event as its producer wrote it when it became public."""
    return CONTRACTS / event_class.topic / f"{event_class.name}.json"


def schema_path(event_class: type[Event]) -> Path:
    """The JSON Schema that was committed last."""
    return CONTRACTS / event_class.topic / f"{event_class.name}.schema.json"


def example(event_class: type[Event]) -> dict[str, Any]:
    """The committed example. Raises: FileNotFoundError."""
    return _read(example_path(event_class))


def schema_of(event_class: type[Event]) -> dict[str, Any]:
    """Today's JSON Schema of what a producer writes."""
    return event_class.model_json_schema(mode="serialization")


def schema_changes(event_class: type[Event]) -> list[Change]:
    """What changed since the schema was committed. Raises: FileNotFoundError when it never was."""
    return changes(_read(schema_path(event_class)), schema_of(event_class))


def is_fresh(event_class: type[Event]) -> bool:
    """Whether the committed schema is today's, words for people included."""
    path = schema_path(event_class)
    return path.exists() and _read(path) == schema_of(event_class)


def commit_schema(event_class: type[Event]) -> None:
    """Make today's schema the committed one."""
    path = schema_path(event_class)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(schema_of(event_class), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content
