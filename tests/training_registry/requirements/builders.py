"""Requirements as a district sends them."""

from typing import Any

PATH = "/v1/requirements"


def a_rule(**changes: Any) -> dict[str, Any]:
    """The body of a PUT: a 40-hour course within 180 days, unless told otherwise."""
    body = {
        "title": "Basic SRO course",
        "jurisdiction": "local",
        "min_hours": 40,
        "courses": ["NASRO Basic SRO"],
        "anchor": "appointment",
        "due_days": 180,
        "blocks": ["serve", "open_records"],
        "source": "Board policy 4.12",
        "as_of": "2026-08-01",
    }
    return {name: value for name, value in (body | changes).items() if value is not None}
