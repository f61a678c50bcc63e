"""referral-api in a test without a roster, and a district that sends one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
from sqlalchemy import select

from referral_api.app import SERVICE
from referral_api.settings import Settings
from referral_api.students.imports.worker import ImportWorker
from shared.db import EVERY_DISTRICT
from shared.events.roster import EnrollmentCounted
from shared.outbox import outbox
from shared.testing.service import DISTRICT, ServiceInTest, in_test

NOW = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
ZIP = {"Content-Type": "application/zip"}


class District:
    """A district's IT and its schools, before the service."""

    def __init__(self, service: ServiceInTest[Settings]) -> None:
        self.service = service

    @property
    def database(self) -> Any:
        """The service's database."""
        return self.service.process.database

    @property
    def folder(self) -> Path:
        """Where uploaded files wait."""
        return self.service.process.settings.import_dir

    def worker(self) -> ImportWorker:
        """A worker of one more process."""
        process = self.service.process
        return ImportWorker(process.database, process.ring, process.settings, process.clock)

    async def send(self, body: bytes, *, force: bool = False, district: str = DISTRICT) -> str:
        """Queue a file; its import's id."""
        async with self.service.client("integration", district=district) as client:
            query = "?force=true" if force else ""
            answer = await client.post(f"/v1/roster/imports{query}", content=body, headers=ZIP)
        assert answer.status_code == 202, answer.text
        assert answer.headers["location"] == f"/v1/roster/imports/{answer.json()['import_id']}"
        return str(answer.json()["import_id"])

    async def state(self, import_id: str, *, district: str = DISTRICT) -> dict[str, Any]:
        """How an import ended."""
        async with self.service.client("integration", district=district) as client:
            answer = await client.get(f"/v1/roster/imports/{import_id}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def load(self, body: bytes, *, force: bool = False, district: str = DISTRICT) -> dict[str, Any]:
        """Send a file and let it run."""
        import_id = await self.send(body, force=force, district=district)
        assert await self.worker().run_next()
        return await self.state(import_id, district=district)

    async def get(
        self, path: str, role: str = "counselor", schools: list[str] | None = None, district: str = DISTRICT
    ) -> httpx2.Response:
        """Read as somebody of the district."""
        async with self.service.client(role, schools=schools, district=district) as client:
            return await client.get(path)

    async def student(self, student_id: str) -> dict[str, Any] | None:
        """One student's record; None when there is none."""
        answer = await self.get(f"/v1/students/{student_id}")
        found: dict[str, Any] = answer.json()
        return found if answer.status_code == 200 else None

    async def rows(self, table: Any) -> list[Any]:
        """Every row of a table."""
        async with self.database.read(EVERY_DISTRICT) as session:
            return sorted(tuple(r) for r in await session.execute(select(table)))

    async def announced(self) -> list[EnrollmentCounted]:
        """Every count announced so far, in order."""
        async with self.database.read(EVERY_DISTRICT) as session:
            found = await session.execute(select(outbox.c.value).order_by(outbox.c.seq))
            return [EnrollmentCounted.model_validate_json(r.value) for r in found]


@asynccontextmanager
async def a_district(database_url: str, folder: Path) -> AsyncIterator[District]:
    """The service, empty, on 22 November 2026."""
    settings = Settings(
        database_url=database_url,
        event_bus_url=f"sqlite:///{folder / 'bus.db'}",
        keys_dir=folder / "keys",
        import_dir=folder / "imports",
        import_limit_bytes=1 << 20,
    )
    async with in_test(SERVICE, settings, clock=lambda: NOW) as service:
        yield District(service)
