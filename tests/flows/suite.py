"""All services in one process over one bus; `drain` carries every event as far as it goes."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from climate_survey_api.app import SERVICE as CLIMATE_SURVEY_API
from climate_survey_api.settings import Settings as ClimateSettings
from referral_api.app import SERVICE as REFERRAL_API
from referral_api.settings import Settings as ReferralSettings
from reporting.app import SERVICE as REPORTING
from reporting.settings import Settings as ReportingSettings
from shared.testing.service import DISTRICT, ServiceInTest, drain, in_test
from tests.referral_api.suite import add_roster
from training_registry.app import SERVICE as TRAINING_REGISTRY
from training_registry.settings import Settings as TrainingSettings


@dataclass
class Suite:
    """The four services."""

    referral_api: ServiceInTest[ReferralSettings]
    climate_survey_api: ServiceInTest[ClimateSettings]
    training_registry: ServiceInTest[TrainingSettings]
    reporting: ServiceInTest[ReportingSettings]

    @property
    def services(self) -> dict[str, ServiceInTest[Any]]:
        """Each by its name."""
        every: tuple[ServiceInTest[Any], ...] = (
            self.referral_api,
            self.climate_survey_api,
            self.training_registry,
            self.reporting,
        )
        return {service.process.service.name: service for service in every}

    async def drain(self) -> None:
        """Let every event recorded so far reach whoever hears it."""
        await drain(*self.services.values())

    async def funnel(self, by: str, *, role: str = "counselor", district: str = DISTRICT) -> list[dict[str, Any]]:
        """The rows of the referral funnel for the running school year."""
        async with self.reporting.client(role, district=district) as client:
            answer = await client.get(f"/v1/views/referral-funnel?school_year=2027&by={by}")
            assert answer.status_code == 200, answer.text
            rows: list[dict[str, Any]] = answer.json()["rows"]
            return rows


@asynccontextmanager
async def suite(folder: Path, new_database: Callable[[], str] | None = None) -> AsyncIterator[Suite]:
    """Every service on a database of its own, with the small roster of `tests.referral_api.suite` in two districts.

    `new_database` gives the address of an empty one each time; without it they are SQLite files in the folder.
    """
    numbers = count(1)
    new = new_database or (lambda: f"sqlite:///{folder / f'{next(numbers)}.db'}")
    bus, keys = f"sqlite:///{folder / 'bus.db'}", folder / "keys"
    referral = ReferralSettings(database_url=new(), event_bus_url=bus, keys_dir=keys, import_dir=folder / "imports")
    # Whoever walks through all routes asks more often within a minute than one address may.
    climate = ClimateSettings(database_url=new(), event_bus_url=bus, keys_dir=keys, trusted_proxies="127.0.0.0/8")
    training = TrainingSettings(database_url=new(), event_bus_url=bus, keys_dir=keys)
    reporting = ReportingSettings(database_url=new(), event_bus_url=bus, keys_dir=keys)
    async with (
        in_test(REFERRAL_API, referral) as first,
        in_test(CLIMATE_SURVEY_API, climate) as second,
        in_test(TRAINING_REGISTRY, training) as third,
        in_test(REPORTING, reporting) as fourth,
    ):
        for district in (DISTRICT, "elsewhere"):
            async with first.process.database.write(district) as session:
                await add_roster(session, first, district)
        yield Suite(first, second, third, fourth)
