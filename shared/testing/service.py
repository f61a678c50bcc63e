"""A service in a test: its own database and bus, an ASGI client instead of a port, and its parts moved by hand."""

import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Generic

import httpx2

from shared.auth import Role
from shared.auth.issuing import issue_token
from shared.auth.local_keys import SIGNING_FILE, VERIFYING_FILE, ensure_keys
from shared.auth.tokens import LocalVerifier
from shared.bus.base import Reader
from shared.bus.connect import connect
from shared.crypto import KeyRing, ensure_field_keys, field_keys_path
from shared.db import Database
from shared.http.runtime import utc_now
from shared.service import Parts, Process, Service, SettingsT
from shared.testing.kept import kept_folder
from shared.testing.migrated import make_migrated

DISTRICT = "demo"


class ServiceInTest(Generic[SettingsT]):
    """A service whose relay and consumer run only when `drain` is called."""

    def __init__(self, process: Process[SettingsT], keys: Path) -> None:
        self.process = process
        self.app = process.app()
        self._keys = keys
        self._reader: Reader | None = None

    @asynccontextmanager
    async def client(
        self,
        role: Role | str,
        sub: str | None = None,
        *,
        schools: list[str] | None = None,
        provider: str | None = None,
        district: str = DISTRICT,
    ) -> AsyncIterator[httpx2.AsyncClient]:
        """A client that carries a token of this role."""
        token = issue_token(
            self._keys,
            sub=sub or str(role),
            district_id=district,
            role=Role(role),
            school_ids=schools,
            provider_id=provider,
            now=datetime.now(UTC),
        )
        async with self.anonymous() as client:
            client.headers["Authorization"] = f"Bearer {token}"
            yield client

    @asynccontextmanager
    async def anonymous(self) -> AsyncIterator[httpx2.AsyncClient]:
        """A client without a token."""
        transport = httpx2.ASGITransport(app=self.app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
            yield client

    async def drain(self) -> int:
        """Run relay and consumer until neither has anything left; how much they moved."""
        moved = 0
        while step := await self._step():
            moved += step
        if self.process.caught_up is not None:
            await self.process.caught_up.look()
        return moved

    async def _step(self) -> int:
        relayed = await self.process.relay.move_batch() if self.process.relay is not None else 0
        consumer = self.process.consumer
        if consumer is None:
            return relayed
        if self._reader is None:
            await self.process.bus.ensure_topics(self.process.service.topics())
            topics = list(self.process.service.hears)
            self._reader = await self.process.bus.reader(group=self.process.service.name, topics=topics)
        return relayed + await consumer.catch_up(self._reader)

    async def close(self) -> None:
        """Let go of everything."""
        if self._reader is not None:
            await self._reader.close()
        await self.process.bus.close()
        await self.process.database.close()


async def drain(*services: ServiceInTest[Any]) -> None:
    """Let every event recorded so far travel as far as it goes, through all of these services."""
    while sum([await service.drain() for service in services]):
        pass


@asynccontextmanager
async def in_test(
    service: Service[SettingsT],
    settings: SettingsT,
    *,
    clock: Callable[[], datetime] = utc_now,
) -> AsyncIterator[ServiceInTest[SettingsT]]:
    """The service over the engines that the settings name, its database migrated."""
    field_keys = _with_keys(settings.keys_dir, service.package)
    await make_migrated(settings.database_url, service.migrations)
    database = Database(settings.database_url, pool_size=8)
    process = Process(
        service=service,
        settings=settings,
        parts=Parts(api=True, relay=True, consume=True),
        database=database,
        bus=connect(settings.event_bus_url, client_id=service.name),
        ring=KeyRing.from_file(field_keys),
        verifier=LocalVerifier(settings.keys_dir),
        clock=clock,
    )
    running = ServiceInTest(process, settings.keys_dir)
    try:
        yield running
    finally:
        await running.close()


def _with_keys(folder: Path, package: str) -> Path:
    """The service's field keys in a folder that has what a service's start leaves there.

    The same in each test of a process: a new key is written to the disk, which takes longer than many a test.
    """
    made, field_keys = kept_folder() / "keys", field_keys_path(folder, package)
    ensure_keys(made)
    ensure_field_keys(field_keys_path(made, package))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not (folder / VERIFYING_FILE).exists():
        for name in (SIGNING_FILE, VERIFYING_FILE):
            shutil.copy(made / name, folder / name)
    if not field_keys.exists():
        shutil.copy(made / field_keys.name, field_keys)
    return field_keys
