"""Surveys that a test plans, opens and closes, with a clock that it moves."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx2
from sqlalchemy import select

from climate_survey_api.administrations.rules import Administration
from climate_survey_api.administrations.views import find_administration
from climate_survey_api.administrations.worker import Timetable
from climate_survey_api.responses.operations import make_box
from climate_survey_api.settings import Settings
from shared.cloudevents import event_type
from shared.crypto import KeyRing
from shared.db import EVERY_DISTRICT, ReadSession, Session
from shared.events.base import Event
from shared.events.catalogue import BY_NAME
from shared.events.surveys import RespondentGroup
from shared.outbox import outbox, unpack_headers
from shared.testing.service import DISTRICT, ServiceInTest
from tests.climate_survey_api.suite import NOON, Clock, climate_survey_api

PATH = "/v1/administrations"
STUDENT, STAFF = RespondentGroup.STUDENT, RespondentGroup.STAFF
EventT = TypeVar("EventT", bound=Event)


def a_plan(**changes: Any) -> dict[str, Any]:
    """The shipped instrument, at two schools, in a window that has begun a minute ago."""
    plan: dict[str, Any] = {
        "instrument_id": "rapport-climate",
        "version": 1,
        "name": "Fall",
        "opens_at": at(minutes=-1),
        "closes_at": at(days=7),
        "mode": "anonymous",
        "languages": ["en", "es"],
        "schools": [
            {"school_id": "s-1", "invited": {"student": 64, "staff": 8}},
            {"school_id": "s-2", "invited": {"student": 5}},
        ],
    }
    return plan | changes


def at(**later: float) -> str:
    """An instant so much later than noon, as it is sent."""
    return (NOON + timedelta(**later)).isoformat()


@dataclass
class Surveys:
    """The service, who plans its surveys, the time it is for both, and how many codes were used."""

    service: ServiceInTest[Settings]
    admin: httpx2.AsyncClient
    clock: Clock
    used: dict[tuple[str, RespondentGroup], tuple[int, int]] = field(default_factory=dict)
    closings: list[UUID] = field(default_factory=list)
    broken: set[UUID] = field(default_factory=set)
    """Surveys whose closing meets a fault."""

    async def plan(self, **changes: Any) -> str:
        """Plan a survey; its id."""
        made = await self.admin.post(PATH, json=a_plan(**changes))
        assert made.status_code == 201, made.text
        return str(made.json()["administration_id"])

    async def open(self, **changes: Any) -> str:
        """Plan a survey and open it; its id."""
        administration_id = await self.plan(**changes)
        opened = await self.admin.post(f"{PATH}/{administration_id}/opening")
        assert opened.status_code == 200, opened.text
        return administration_id

    async def protected(self) -> dict[str, Any]:
        """What a plan says to ask students and staff an item that lies in a protected area."""
        item = {"dimension": "wellness", "scale": "agree4", "text": {"en": "I feel sad."}}
        items = [
            item | {"item_id": "sad", "respondent_groups": ["student", "staff"], "ppra_area": "mental_health"},
            item | {"item_id": "well", "respondent_groups": ["student"]},
        ]
        body = {"instrument_id": "touchy", "title": {"en": "Touchy"}, "items": items}
        made = await self.admin.post("/v1/instruments", json=body)
        assert made.status_code in (200, 201), made.text
        return {"instrument_id": "touchy", "languages": ["en"]}

    async def shown(self, administration_id: str) -> dict[str, Any]:
        """What is shown of it."""
        found = await self.admin.get(f"{PATH}/{administration_id}")
        assert found.status_code == 200, found.text
        return dict(found.json())

    async def found(self, administration_id: str) -> Administration:
        """The survey, as the rules see it."""
        async with self.service.process.database.read(DISTRICT) as session:
            return await find_administration(session, DISTRICT, UUID(administration_id))

    async def look(self) -> int:
        """What a worker does when it wakes, by the test's count of used codes."""
        return await self.timetable().move_what_is_due()

    def timetable(self) -> Timetable:
        """A worker, as in a process of its own."""
        process = self.service.process
        return Timetable(
            process.database,
            process.ring,
            process.clock,
            ZoneInfo(process.settings.time_zone),
            on_opening=make_box,
            on_closing=self._on_closing,
            used_codes=self._used_codes,
        )

    async def announced(self, kind: type[EventT]) -> list[EventT]:
        """The events of a kind that wait in the outbox, in their order."""
        async with self.service.process.database.read(EVERY_DISTRICT) as session:
            rows = await session.execute(select(outbox.c.headers, outbox.c.value).order_by(outbox.c.seq))
            events = [BY_NAME[event_type(unpack_headers(r.headers))].model_validate_json(r.value) for r in rows]
        return [event for event in events if isinstance(event, kind)]

    async def _used_codes(
        self, session: ReadSession, district_id: str, administration_id: UUID
    ) -> Mapping[tuple[str, RespondentGroup], tuple[int, int]]:
        return self.used

    async def _on_closing(
        self, session: Session, ring: KeyRing, *, district_id: str, administration_id: UUID, now: datetime
    ) -> None:
        if administration_id in self.broken:
            raise ZeroDivisionError
        self.closings.append(administration_id)


@asynccontextmanager
async def surveys_at_noon(database_url: str, folder: Path) -> AsyncIterator[Surveys]:
    """The service with nothing in it, at noon."""
    clock = Clock()
    async with (
        climate_survey_api(database_url, folder, clock=clock) as service,
        service.client("district_admin", "a-1") as admin,
    ):
        yield Surveys(service, admin, clock)
