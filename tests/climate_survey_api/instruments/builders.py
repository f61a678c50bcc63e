"""Instruments for tests."""

from typing import Any

PATH = "/v1/instruments"


def an_item(item_id: str = "safe", **changes: Any) -> dict[str, Any]:
    """An item that can be asked, but for the changes; what is None there is left out."""
    item = {
        "item_id": item_id,
        "dimension": "safety",
        "respondent_groups": ["student"],
        "scale": "agree4",
        "reverse": False,
        "ppra_area": None,
        "text": {"en": "I feel safe here.", "es": "Aquí me siento a salvo."},
    }
    return {name: value for name, value in (item | changes).items() if value is not None or name == "ppra_area"}


def a_choice(*texts: dict[str, str], **changes: Any) -> dict[str, Any]:
    """An item with answers of its own."""
    return an_item("contact", scale="choice", choices=[{"text": text} for text in texts], **changes)


def an_instrument(*items: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """An instrument that can be asked, of these items or of one."""
    title = {"en": "Hallways", "es": "Pasillos"}
    return {"instrument_id": "hallways", "title": title, "items": list(items) or [an_item()]} | changes
