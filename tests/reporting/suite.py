"""Reporting in a test: events put on its bus, views asked for through HTTP."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import text

from reporting.app import SERVICE
from reporting.rolling import roll_some
from reporting.settings import Settings
from shared.cloudevents import to_message
from shared.db import EVERY_DISTRICT, Database
from shared.events.base import Event
from shared.testing.service import ServiceInTest, in_test

NOW = datetime(2026, 11, 22, 15, tzinfo=UTC)
Reporting = ServiceInTest[Settings]


@asynccontextmanager
async def reporting_on(
    database_url: str, folder: Path, *, now: datetime = NOW, time_zone: str = "America/New_York"
) -> AsyncIterator[Reporting]:
    """Reporting over a database and an embedded bus of its own; its clock stands still."""
    settings = Settings(
        database_url=database_url,
        event_bus_url=f"sqlite:///{folder / 'bus.db'}",
        keys_dir=folder / "keys",
        time_zone=time_zone,
    )
    async with in_test(SERVICE, settings, clock=lambda: now) as service:
        yield service


async def announce(reporting: Reporting, *events: Event) -> None:
    """Put these events on the bus and let reporting apply them."""
    await reporting.process.bus.ensure_topics(reporting.process.service.topics())
    await reporting.process.bus.publish([to_message(event, source="referral-api") for event in events])
    await reporting.drain()


async def roll_all(database: Database) -> None:
    """Bring the margins up to date, as the roller does a moment later."""
    moved = 1
    while moved:
        async with database.write(EVERY_DISTRICT) as session:
            moved = await roll_some(session)


async def until_somebody_waits_for(database: Database, table: str) -> None:
    """Until a transaction stands in the queue for a lock on this table."""
    waits = text("SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted AND relation = CAST(:name AS regclass))")
    async with asyncio.timeout(20), database.dedicated() as connection:
        while not (await connection.execute(waits, {"name": table})).scalar_one():
            await asyncio.sleep(0.01)


def a_clock_in_a_hurry() -> Callable[[], float]:
    """For a roller: an hour passes between two looks, so that all that has not changed since the last one is quiet."""
    return count(0, 3600).__next__


async def view(reporting: Reporting, name: str = "referral-funnel", *, role: str = "counselor", **query: Any) -> Any:
    """A view's answer; the school year is 2026-27 unless it is given, or None."""
    caller = {key: query.pop(key) for key in ("schools", "district") if key in query}
    async with reporting.client(role, **caller) as client:
        asked = {key: value for key, value in {"school_year": 2027, **query}.items() if value is not None}
        response = await client.get(f"/v1/views/{name}", params=asked)
    assert response.status_code == 200, response.text
    return response.json()
