"""Something to be found in climate-survey-api: surveys that are planned, open and counted."""

from typing import Any

from shared.testing.service import ServiceInTest


async def survey(surveys: ServiceInTest[Any]) -> dict[str, tuple[str, ...]]:
    """Put it there, as a district would; what leads to it, by the name of the parameter or field that takes it."""
    return {"school_id": ("s-1", "s-2"), "limit": ("1",), "If-Match": ("*",)}
