"""A registry with one officer whose standing is asked about, and a clock that the test moves."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import httpx2
from sqlalchemy import select

from shared.cloudevents import event_type
from shared.db import EVERY_DISTRICT
from shared.events.base import Event
from shared.events.catalogue import BY_NAME
from shared.outbox import outbox, unpack_headers
from shared.testing.service import ServiceInTest
from tests.training_registry.suite import NOON, training_registry
from training_registry.settings import Settings
from training_registry.standing.worker import Sweep

EventT = TypeVar("EventT", bound=Event)
OFFICER = {"name": "Pat Doe", "agency": "City Police", "badge": "77", "appointed_on": "2026-01-05"}
RULE: dict[str, Any] = {
    "title": "Basic SRO course",
    "jurisdiction": "local",
    "min_hours": 40,
    "anchor": "appointment",
    "due_days": 365,
    "blocks": ["serve", "open_records"],
    "source": "district policy",
    "as_of": "2026-01-01",
}
COURSE: dict[str, Any] = {"officer_id": "o-1", "course": "Basic", "provider": "NASRO", "topics": {"law": 40}}
AGREEMENT: dict[str, Any] = {
    "agency": "City Police",
    "school_ids": ["s-1"],
    "starts_on": "2026-07-01",
    "ends_on": "2027-06-30",
    "clauses": {"no_discipline": {"state": "present"}},
    "ferpa_basis": "school_official",
}


@dataclass
class Registry:
    """The service, who keeps its books, and the time it is for both."""

    service: ServiceInTest[Settings]
    keeper: httpx2.AsyncClient
    now: datetime = NOON

    def pass_days(self, days: int) -> None:
        """It is so many days later."""
        self.now += timedelta(days=days)

    async def put(self, path: str, body: dict[str, Any]) -> httpx2.Response:
        """Write something down. Fails where it is refused."""
        answer = await self.keeper.put(path, json=body)
        assert answer.status_code in (200, 201), answer.text
        return answer

    async def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Add something. Fails where it is refused."""
        answer = await self.keeper.post(path, json=body)
        assert answer.status_code in (200, 201), answer.text
        return dict(answer.json())

    async def standing(self, query: str = "") -> dict[str, Any]:
        """How the officer stands."""
        answer = await self.keeper.get(f"/v1/officers/o-1/standing{query}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def status(self, query: str = "", requirement_id: str = "basic") -> str:
        """How he stands to one requirement."""
        (found,) = [r for r in (await self.standing(query))["requirements"] if r["requirement_id"] == requirement_id]
        return str(found["status"])

    async def sweep(self) -> int:
        """What a worker does when it wakes; as one that has just been started."""
        process = self.service.process
        return await Sweep(process.database, process.clock, ZoneInfo(process.settings.time_zone)).sweep()

    async def announced(self, kind: type[EventT]) -> list[EventT]:
        """The events of a kind that wait in the outbox, in their order."""
        async with self.service.process.database.read(EVERY_DISTRICT) as session:
            rows = await session.execute(select(outbox.c.headers, outbox.c.value).order_by(outbox.c.seq))
            events = [BY_NAME[event_type(unpack_headers(r.headers))].model_validate_json(r.value) for r in rows]
        return [event for event in events if isinstance(event, kind)]


@asynccontextmanager
async def a_registry(database_url: str, folder: Path) -> AsyncIterator[Registry]:
    """The registry, with an officer at s-1, a rule, and an agreement in force."""
    made: list[Registry] = []
    async with (
        training_registry(database_url, folder, clock=lambda: made[0].now if made else NOON) as service,
        service.client("district_admin", "admin") as keeper,
    ):
        registry = Registry(service, keeper)
        made.append(registry)
        await registry.put("/v1/officers/o-1", OFFICER)
        await registry.post("/v1/officers/o-1/assignments", {"school_id": "s-1", "from_on": "2026-08-01"})
        await registry.put("/v1/requirements/basic", RULE)
        await registry.put("/v1/agreements/a-1", AGREEMENT)
        for party in ("district", "agency"):
            signature = {"party": party, "signed_by": "Head", "signed_on": "2026-06-30"}
            await registry.post("/v1/agreements/a-1/signatures", signature)
        yield registry
