"""What people read, in several languages."""

from typing import Annotated

from pydantic import Field, StringConstraints

Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$")]
"""A language as BCP 47 writes it: `en`, `pt-BR`, `zh-Hans`."""
Wording = Annotated[
    str,
    StringConstraints(max_length=500, pattern=r"^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*$"),
]
"""One line that people read; not a blank one."""
Texts = Annotated[
    dict[Language, Wording],
    # Pydantic tells what a key looks like, and not that no other is taken.
    Field(min_length=1, max_length=30, json_schema_extra={"additionalProperties": False}),
]
"""The same in each language."""
