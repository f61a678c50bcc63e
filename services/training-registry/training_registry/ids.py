"""Ids that the district chooses for what it keeps here, and that stand in a path."""

from typing import Annotated

from pydantic import StringConstraints

ChosenId = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^/\x00-\x1f\x7f]+$")]
"""Text without a slash or control characters: it has to be one segment of an address."""
