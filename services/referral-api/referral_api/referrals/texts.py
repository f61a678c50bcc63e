"""Texts that adults write about a student, or to each other: each has something to read in it, and is kept as sent."""

from typing import Annotated

from pydantic import AfterValidator, Field

from shared.http import bodies

_SOMETHING_TO_READ = Field(json_schema_extra={"pattern": r"^[^\x00]*[^\x00\s][^\x00]*$"})
"""The same as a pattern, for whoever makes requests from the schema."""


def _has_something_to_read(text: str) -> str:
    if text.isspace():
        raise ValueError("holds nothing but white space")
    return text


Line = Annotated[bodies.Line, AfterValidator(_has_something_to_read), _SOMETHING_TO_READ]
"""A short text."""
Narrative = Annotated[bodies.Narrative, AfterValidator(_has_something_to_read), _SOMETHING_TO_READ]
"""A text about a person: encrypted at rest, in no event, in no log."""
