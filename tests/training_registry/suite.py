"""training-registry in a test."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from shared.http.runtime import utc_now
from shared.testing.clock import NOON, Clock
from shared.testing.service import ServiceInTest, in_test
from training_registry.app import SERVICE
from training_registry.settings import Settings

__all__ = ["NOON", "Clock", "training_registry"]


@asynccontextmanager
async def training_registry(
    database_url: str, folder: Path, *, clock: Callable[[], datetime] = utc_now
) -> AsyncIterator[ServiceInTest[Settings]]:
    """The service with nothing in it."""
    settings = Settings(
        database_url=database_url, event_bus_url=f"sqlite:///{folder / 'bus.db'}", keys_dir=folder / "keys"
    )
    async with in_test(SERVICE, settings, clock=clock) as service:
        yield service
