"""Both services in one process over one bus; `drain` carries every event as far as it goes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from referral_api.app import SERVICE as REFERRAL_API
from referral_api.settings import Settings as ReferralSettings
from reporting.app import SERVICE as REPORTING
from reporting.settings import Settings as ReportingSettings
from shared.testing.service import DISTRICT, ServiceInTest, drain, in_test
from tests.referral_api.suite import add_roster


@dataclass
class Suite:
    """The two services."""

    referral_api: ServiceInTest[ReferralSettings]
    reporting: ServiceInTest[ReportingSettings]

    async def drain(self) -> None:
        """Let every event recorded so far reach its views."""
        await drain(self.referral_api, self.reporting)

    async def funnel(self, by: str, *, role: str = "counselor", district: str = DISTRICT) -> list[dict[str, Any]]:
        """The rows of the referral funnel for the running school year."""
        async with self.reporting.client(role, district=district) as client:
            answer = await client.get(f"/v1/views/referral-funnel?school_year=2027&by={by}")
            assert answer.status_code == 200, answer.text
            rows: list[dict[str, Any]] = answer.json()["rows"]
            return rows


@asynccontextmanager
async def suite(folder: Path, databases: tuple[str, str]) -> AsyncIterator[Suite]:
    """Both services, with the small roster of `tests.referral_api.suite` in two districts."""
    bus = f"sqlite:///{folder / 'bus.db'}"
    referral = ReferralSettings(
        database_url=databases[0], event_bus_url=bus, keys_dir=folder / "keys", import_dir=folder / "imports"
    )
    reporting = ReportingSettings(database_url=databases[1], event_bus_url=bus, keys_dir=folder / "keys")
    async with in_test(REFERRAL_API, referral) as first, in_test(REPORTING, reporting) as second:
        for district in (DISTRICT, "elsewhere"):
            async with first.process.database.write(district) as session:
                await add_roster(session, first, district)
        yield Suite(first, second)
