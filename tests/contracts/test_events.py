"""Every event version keeps an example and a shape; an edit of its class that a reader cannot survive fails here."""

import json
from typing import Any
from uuid import UUID

import pytest
from pydantic import BaseModel

from scripts.contracts.compatibility import Verdict, resolved
from scripts.contracts.golden import CONTRACTS, example, example_path, is_fresh, schema_changes, schema_path
from shared.events.base import Event
from shared.events.catalogue import BY_NAME, CATALOGUE, PRODUCERS, TOPICS

each_event = pytest.mark.parametrize("event_class", CATALOGUE, ids=lambda event_class: event_class.name)

IDS_OF_THE_DISTRICT = {
    "district_id", "student_id", "school_id", "school_ids", "officer_id", "requirement_id", "agreement_id", "quota_id",
    "instrument_id", "item_id", "dimension", "value",
}  # fmt: skip
"""The only strings that are not a closed set: ids whose form the district, or its systems, choose."""


@each_event
def test_the_example_still_parses_and_every_field_of_it_comes_out_unchanged(event_class: type[Event]) -> None:
    written = example(event_class)

    dumped = json.loads(event_class.model_validate_json(example_path(event_class).read_bytes()).model_dump_json())

    assert as_far_as_written(dumped, written) == written


def as_far_as_written(dumped: Any, written: Any) -> Any:
    """What came out without the fields, at any depth, that were added after the example was written."""
    if isinstance(dumped, dict) and isinstance(written, dict):
        return {field: as_far_as_written(dumped[field], written[field]) for field in written}
    if isinstance(dumped, list) and isinstance(written, list):
        return [as_far_as_written(*pair) for pair in zip(dumped, written, strict=True)]
    return dumped


@each_event
def test_the_example_shows_every_field_that_cannot_be_left_out_and_none_that_is_not_there(
    event_class: type[Event],
) -> None:
    # A field that was added later is not in the example of the version's first day.
    required = {name for name, field in event_class.model_fields.items() if field.is_required()}

    assert required <= example(event_class).keys() <= event_class.model_fields.keys()


@each_event
def test_the_example_has_a_time_ordered_id(event_class: type[Event]) -> None:
    assert UUID(example(event_class)["event_id"]).version == 7


@each_event
def test_the_shape_changes_only_as_every_reader_survives(event_class: type[Event]) -> None:
    breaks = [str(change) for change in schema_changes(event_class) if change.verdict is not Verdict.ALLOWED]

    assert not breaks, (
        f"{event_class.name} would break readers: {'; '.join(breaks)}. Publish a new version beside it instead. "
        "Only when every reader that runs anywhere already takes the change (a new value of a closed set, deployed to "
        f"all readers first): `python -m scripts.contracts --accept {event_class.name}`, and say why in the commit."
    )


@each_event
def test_the_committed_shape_is_todays(event_class: type[Event]) -> None:
    assert is_fresh(event_class), "run `python -m scripts.contracts` and commit what it writes"


def test_every_example_and_shape_belongs_to_an_event_of_the_catalogue() -> None:
    on_disk = {path for topic in CONTRACTS.iterdir() if topic.is_dir() for path in topic.glob("*.json")}

    assert on_disk == {path for e in CATALOGUE for path in (example_path(e), schema_path(e))}


def test_names_are_unique_and_carry_their_version() -> None:
    assert len(BY_NAME) == len(CATALOGUE)
    for name in BY_NAME:
        noun, fact, version = name.split(".")
        assert noun.isidentifier()
        assert fact.isidentifier()
        assert version.removeprefix("v").isdecimal()


def test_every_topic_has_one_producer() -> None:
    assert set(PRODUCERS) == set(TOPICS)


@each_event
def test_the_key_and_subject_come_from_ids_alone(event_class: type[Event]) -> None:
    event = event_class.model_validate(example(event_class))
    ids = {str(value) for name, value in event if name.endswith("_id")}

    assert set(event.key.split("/")) <= ids
    assert set(event.subject.split("/")) <= ids


def _open_fields(schema: Any, name: str) -> set[str]:
    """The fields, this one and those within, that could hold any text: no id, instant, number, closed set."""
    if "enum" in schema or schema.get("format") in {"uuid", "date", "date-time"}:
        return set()
    if "properties" in schema:
        return {found for field, part in schema["properties"].items() for found in _open_fields(part, field)}
    parts = schema.get("anyOf", []) + ([schema["items"]] if "items" in schema else [])
    if parts:
        return {found for part in parts for found in _open_fields(part, name)}
    return set() if schema.get("type") in {"boolean", "integer", "number", "null"} else {name}


def _open_fields_of(model: type[BaseModel]) -> set[str]:
    schema = model.model_json_schema(mode="serialization")
    return _open_fields(resolved(schema, schema), model.__name__)


@each_event
def test_no_field_could_hold_a_name_or_free_text(event_class: type[Event]) -> None:
    assert _open_fields_of(event_class) <= IDS_OF_THE_DISTRICT


def test_a_field_of_free_text_would_be_seen_however_deep_it_lies() -> None:
    class Note(BaseModel):
        words: str | None = None
        extra: dict[str, int]

    class Noted(BaseModel):
        notes: tuple[Note, ...]

    assert _open_fields_of(Noted) == {"words", "extra"}


@each_event
def test_every_field_says_what_it_means(event_class: type[Event]) -> None:
    schema = event_class.model_json_schema(mode="serialization")
    models = {event_class.__name__: schema, **schema.get("$defs", {})}
    silent = [
        f"{model}.{name}"
        for model, part in models.items()
        for name, field in part.get("properties", {}).items()
        if "description" not in field and "description" not in schema.get("$defs", {}).get(_named(field), {})
    ]

    assert silent == []


def _named(field: dict[str, Any]) -> str:
    return str(field.get("$ref", "")).rsplit("/", 1)[-1]
