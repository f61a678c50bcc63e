"""The comparison itself: every edit that breaks a reader is refused, and every other one passes."""

import copy
from collections.abc import Callable
from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field

from scripts.contracts.compatibility import Change, Verdict, changes

Schema = dict[str, Any]


class Colour(BaseModel):
    """A part of the event below."""

    shade: Literal["dark", "light"]
    title: str


class Painted(BaseModel):
    """An event as it became public."""

    painting_id: str = Field(description="The painting.")
    layers: int = Field(ge=1)
    colour: Colour
    palette: tuple[Colour, ...]
    by: str | None = None


PUBLIC: Schema = Painted.model_json_schema(mode="serialization")


def _edited(edit: Callable[[Schema], object]) -> list[Change]:
    today = copy.deepcopy(PUBLIC)
    edit(today)
    return changes(PUBLIC, today)


def _set(*path: str | int, to: object) -> Callable[[Schema], object]:
    def edit(schema: Schema) -> None:
        place: Any = schema
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = to

    return edit


def _rename_a_field(schema: Schema) -> None:
    schema["properties"]["coats"] = schema["properties"].pop("layers")
    schema["required"] = ["painting_id", "coats", "colour", "palette"]


def _rename_a_part(schema: Schema) -> None:
    schema["$defs"]["Shade"] = schema["$defs"].pop("Colour")
    schema["properties"]["colour"]["$ref"] = "#/$defs/Shade"
    schema["properties"]["palette"]["items"]["$ref"] = "#/$defs/Shade"


def _add_a_required_field(schema: Schema) -> None:
    schema["properties"]["size_cm"] = {"type": "integer"}
    schema["required"].append("size_cm")


SHADE = ("$defs", "Colour", "properties", "shade")

HARMLESS: dict[str, Callable[[Schema], object]] = {
    "nothing": lambda schema: None,
    "a new description": _set("properties", "painting_id", "description", to="Which painting it is."),
    "another title of the event": _set("title", to="PaintingPainted"),
    "another order of the fields": lambda s: s.update(properties=dict(reversed(s["properties"].items()))),
    "another order of the closed set": _set(*SHADE, "enum", to=["light", "dark"]),
    "a part that only got another class name": _rename_a_part,
}

REFUSED: dict[str, tuple[Callable[[Schema], object], str]] = {
    "a removed field": (lambda s: s["properties"].pop("by"), "by"),
    "a renamed field": (_rename_a_field, "layers"),
    "a removed field that is called like a keyword": (
        lambda s: s["$defs"]["Colour"]["properties"].pop("title"),
        "colour.title",
    ),
    "another type": (_set("properties", "layers", "type", to="number"), "layers"),
    "another format": (_set("properties", "painting_id", "format", to="uuid"), "painting_id"),
    "a tighter limit": (_set("properties", "layers", "minimum", to=2), "layers"),
    "another default": (_set("properties", "by", "default", to="nobody"), "by"),
    "null no longer possible": (_set("properties", "by", "anyOf", to=[{"type": "string"}]), "by"),
    "a removed value, deep in a list": (_set(*SHADE, "enum", to=["dark"]), "palette[].shade"),
    "a closed set that is open now": (
        lambda s: s["$defs"]["Colour"]["properties"]["shade"].pop("enum"),
        "colour.shade",
    ),
    "an open field that is closed now": (_set("properties", "painting_id", "enum", to=["p-1"]), "painting_id"),
    "a new required field": (_add_a_required_field, "size_cm"),
    "an optional field that is required now": (lambda s: s["required"].append("by"), "by"),
    "a required field that is optional now": (lambda s: s["required"].remove("layers"), "layers"),
    "a list that is no list any more": (_set("properties", "palette", to={"type": "string"}), "palette"),
    "fields that nobody knew are refused now": (_set("additionalProperties", to=False), ""),
}


@pytest.mark.parametrize("edit", HARMLESS.values(), ids=HARMLESS.keys())
def test_words_and_order_are_no_change(edit: Callable[[Schema], object]) -> None:
    assert _edited(edit) == []


@pytest.mark.parametrize(("edit", "path"), REFUSED.values(), ids=REFUSED.keys())
def test_an_edit_that_breaks_a_reader_is_refused_where_it_is(edit: Callable[[Schema], object], path: str) -> None:
    found = _edited(edit)

    assert path in {change.path for change in found}
    assert {change.verdict for change in found} == {Verdict.REFUSED}


def test_a_new_optional_field_keeps_the_version() -> None:
    field = {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None}

    assert _edited(_set("properties", "signed_by", to=field)) == [
        Change("signed_by", Verdict.ALLOWED, "new optional field")
    ]


def test_a_new_value_in_a_closed_set_is_a_conscious_act() -> None:
    found = _edited(_set(*SHADE, "enum", to=["dark", "light", "neon"]))

    assert [str(change) for change in found] == [
        "colour.shade: enum value added: neon (conscious)",
        "palette[].shade: enum value added: neon (conscious)",
    ]
