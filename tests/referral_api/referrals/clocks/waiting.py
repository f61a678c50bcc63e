"""Referrals that wait for a contact, before a service whose clock the test moves."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import orjson
from sqlalchemy import select, update

from referral_api.calendar.rules import DEFAULT_CALENDAR
from referral_api.referrals import clocks
from referral_api.referrals.models import referral_steps, referrals
from referral_api.referrals.operations.storing import COLUMNS, row_of
from referral_api.referrals.rules import Status
from referral_api.referrals.worker import ContactClock
from referral_api.settings import Settings
from shared.bulk import bulk_upsert
from shared.db import EVERY_DISTRICT, Database
from shared.events.referrals import Urgency
from shared.outbox import new_event_id, outbox, unpack_headers
from shared.testing.service import DISTRICT, ServiceInTest
from tests.referral_api.referrals.test_rules import a_referral
from tests.referral_api.suite import referral_api

MONDAY = datetime(2026, 11, 2, 15, 0, tzinfo=UTC)
"""10:00 in New York, where school is open from 8:00 to 15:00."""
CALENDAR = {
    "time_zone": "America/New_York",
    "day_starts": "08:00",
    "day_ends": "15:00",
    "weekdays": [1, 2, 3, 4, 5],
    "closed_on": [],
}
CLOSED_TUESDAY = CALENDAR | {"closed_on": ["2026-11-03"]}
REFERRAL = {"student_id": "st-1", "school_id": "s-1", "need": "grief", "urgency": "urgent", "summary": "Quiet."}


def at(text: str) -> datetime:
    """An instant of November 2026: `03T15:00`."""
    return datetime.fromisoformat(f"2026-11-{text}").replace(tzinfo=UTC)


OLD_DUE, NEW_DUE = at("03T15:00"), at("04T15:00")
"""An urgent referral of Monday: due on Tuesday, on Wednesday where Tuesday is closed."""


def a_stored(calendar: dict[str, Any], *, district: str = DISTRICT) -> dict[str, Any]:
    """A row of `calendars`, of which the clocks have not heard."""
    text = orjson.dumps(calendar).decode()
    return {"district_id": district, "calendar": text, "version": 1, "updated_at": MONDAY}


class Waiting:
    """The service, what time it has, and what it said."""

    now: datetime

    def __init__(self) -> None:
        self.now = MONDAY
        self.service: ServiceInTest[Settings]

    @property
    def database(self) -> Database:
        """The service's database."""
        return self.service.process.database

    def clock(self) -> ContactClock:
        """The worker of one more process."""
        return ContactClock(self.database, self.service.process.clock)

    async def ring(self, now: str) -> int:
        """Let the clocks ring that are due at this instant; how many looked up."""
        self.now = at(now)
        return await self.clock().ring_what_is_due()

    async def reschedule(self) -> int:
        """Let the worker set what it is to set by new calendars; in how many batches."""
        batches = 0
        while await self.clock().reschedule_some():
            batches += 1
        return batches

    async def add_many(self, count: int, *, district: str = DISTRICT) -> None:
        """Urgent referrals of Monday, as they are stored, by a calendar that was never set."""
        draft = a_referral(status=Status.DRAFT, submitted_at=None, urgency=Urgency.URGENT, district_id=district)
        sent = clocks.send(draft, MONDAY, DEFAULT_CALENDAR)
        rows = [row_of(referral) for referral in (replace(sent, referral_id=new_event_id()) for _ in range(count))]
        async with self.database.write(district) as session:
            await bulk_upsert(session, referrals, COLUMNS, rows, on_conflict="ignore")

    async def corrupt(self, referral_id: UUID, **values: Any) -> None:
        """Let its row hold what no release of ours understands."""
        async with self.database.write(EVERY_DISTRICT) as session:
            await session.execute(update(referrals).where(referrals.c.referral_id == referral_id).values(**values))

    async def send(self, method: str, path: str, body: Any, *, role: str = "counselor", **more: Any) -> httpx2.Response:
        """A request that is answered well."""
        async with self.service.client(role, f"{role}-1", **more) as client:
            answer = await client.request(method, path, json=body)
        assert answer.is_success, answer.text
        return answer

    async def submit(self, *, district: str = DISTRICT, **changes: Any) -> UUID:
        """A new referral, urgent unless said otherwise."""
        answer = await self.send("POST", "/v1/referrals", REFERRAL | changes, district=district)
        return UUID(answer.json()["referral_id"])

    async def move(self, referral_id: UUID, to: str, **more: Any) -> None:
        """A step in its life."""
        await self.send("POST", f"/v1/referrals/{referral_id}/transitions", {"to": to, **more})

    async def reach(self, referral_id: UUID, contacted_at: str) -> None:
        """Somebody was reached at this instant."""
        body = {"contacted_at": at(contacted_at).isoformat(), "by": "c-1", "reached": True}
        await self.send("POST", f"/v1/referrals/{referral_id}/contacts", body)

    async def set_calendar(self, calendar: dict[str, Any], *, district: str = DISTRICT) -> None:
        """The district's admin sets it."""
        await self.send("PUT", "/v1/calendar", calendar, role="district_admin", district=district)

    async def stored(self, referral_id: UUID) -> Any:
        """The referral's row."""
        async with self.database.read(EVERY_DISTRICT) as session:
            found = await session.execute(select(referrals).where(referrals.c.referral_id == referral_id))
            return found.one()

    async def history(self, referral_id: UUID) -> list[tuple[str, str, Any]]:
        """Who did what to it, and what that changed."""
        s = referral_steps.c
        wanted = select(s.taken_by, s.step, s.changes).where(s.referral_id == referral_id).order_by(s.version)
        async with self.database.read(EVERY_DISTRICT) as session:
            return [(row.taken_by, row.step, orjson.loads(row.changes)) for row in await session.execute(wanted)]

    async def told(self, referral_id: UUID | None = None) -> list[tuple[str, dict[str, Any]]]:
        """The events announced so far, of one referral or all, beyond those of submission: short name and content."""
        async with self.database.read(EVERY_DISTRICT) as session:
            rows = (await session.execute(select(outbox.c.headers, outbox.c.value).order_by(outbox.c.seq))).all()
        events = [(dict(unpack_headers(h))["ce_type"].decode(), orjson.loads(value)) for h, value in rows]
        return [
            (name.removeprefix("referral.").removesuffix(".v1"), content)
            for name, content in events
            if referral_id is None or content["referral_id"] == str(referral_id)
        ]

    async def names(self, referral_id: UUID | None = None) -> list[str]:
        """What was announced after submission."""
        return [name for name, _ in await self.told(referral_id) if name != "submitted"]


@asynccontextmanager
async def waiting(database_url: str, folder: Path) -> AsyncIterator[Waiting]:
    """The service with its small roster, on Monday morning."""
    made = Waiting()
    async with referral_api(database_url, folder, clock=lambda: made.now) as service:
        made.service = service
        yield made
