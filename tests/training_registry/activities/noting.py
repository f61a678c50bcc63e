"""Entries and drills as a phone sends them, and what the registry has announced of them."""

from typing import Any
from uuid import uuid4

from sqlalchemy import select

from shared.cloudevents import event_type
from shared.db import EVERY_DISTRICT
from shared.events.base import Event
from shared.events.catalogue import BY_NAME
from shared.outbox import outbox, unpack_headers
from shared.testing.service import ServiceInTest
from training_registry.settings import Settings

Api = ServiceInTest[Settings]
LEDGER, DRILLS = "/v1/activities", "/v1/drills"


def an_entry(**changes: Any) -> dict[str, Any]:
    """A lesson on Monday before the suite's Wednesday, under an id of its own, but for what is given."""
    return {
        "activity_id": str(uuid4()),
        "officer_id": "o-1",
        "school_id": "s-1",
        "role": "educator",
        "kind": "lesson",
        "started_at": "2026-11-23T09:10:00-05:00",
        "minutes": 45,
        "students_reached": 24,
        **changes,
    }


def a_drill(**changes: Any) -> dict[str, Any]:
    """A lockdown drill on Monday, under an id of its own, but for what is given."""
    return {
        "drill_id": str(uuid4()),
        "school_id": "s-1",
        "type": "lockdown",
        "held_at": "2026-11-23T10:00:00-05:00",
        "announced": True,
        **changes,
    }


async def announced(api: Api) -> list[Event]:
    """The events that wait in the outbox, in their order."""
    async with api.process.database.read(EVERY_DISTRICT) as session:
        rows = await session.execute(select(outbox.c.headers, outbox.c.value).order_by(outbox.c.seq))
        return [BY_NAME[event_type(unpack_headers(r.headers))].model_validate_json(r.value) for r in rows]
