"""What a service is made of, and one process of it: the API, the relay, the consumer, its workers, or all of them."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Generic, Protocol, TypeVar

import structlog
from fastapi import APIRouter, FastAPI

from shared.auth import Verifier
from shared.batches import Sink
from shared.bus.base import PARTITIONS, Bus, TopicPartition
from shared.bus.connect import connect
from shared.consumer import Consumer
from shared.crypto import KeyRing
from shared.db import EVERY_DISTRICT, Database
from shared.dead_letters import dead_letter_topic
from shared.horizon import CaughtUp, Horizon
from shared.http.app import create_app
from shared.http.idempotency import forget_keys
from shared.http.runtime import Runtime, utc_now
from shared.inbox import forget_seen, offsets_of
from shared.janitor import Janitor, Kept
from shared.migrations import Migrations, current_revision
from shared.relay import Relay
from shared.settings import ServiceSettings
from shared.telemetry.health import Readiness
from shared.telemetry.metrics import consumer_lag, outbox_pending

log = structlog.get_logger(__name__)

START_PATIENCE = timedelta(seconds=30)
MUCH_LAG = 10_000
"""Records behind which a reader counts as late: a few seconds of the consumer's work, hours of a district's."""

SettingsT = TypeVar("SettingsT", bound=ServiceSettings)


class Worker(Protocol):
    """Work of a service beside its API, relay and consumer: it runs until cancelled."""

    async def run(self) -> None:
        """Work until cancelled; whatever is away is tried again."""


@dataclass(frozen=True, slots=True)
class Service(Generic[SettingsT]):
    """A service: what it is called, what it announces and hears, and how its parts are made."""

    name: str
    title: str
    description: str
    settings: type[SettingsT]
    migrations: Migrations
    announces: Sequence[str]
    hears: Sequence[str]
    routers: "Callable[[Process[SettingsT]], Sequence[APIRouter]]"
    sink: "Callable[[], Sink[Any]] | None" = None
    workers: "Callable[[Process[SettingsT]], Sequence[Worker]]" = lambda _process: ()
    keeps: "Callable[[SettingsT], Sequence[Kept]]" = lambda _settings: ()
    """What of its own it keeps for a while, beside what every service does."""
    streamed: frozenset[str] = frozenset()
    before_serving: "Callable[[Process[SettingsT]], Awaitable[None]] | None" = None
    """What must be so before an API process answers its first request; where it fails, the process ends."""
    rebuild: "Callable[[Process[SettingsT]], Awaitable[None]] | None" = None
    register: str | None = None
    """What `/readyz` calls that which it keeps of what it heard. Named where requests are decided by it: a process that
    runs the API then looks every second whether it is up to date."""

    @property
    def package(self) -> str:
        """The Python package, which also names the database."""
        return self.migrations.folder.parent.name.replace("-", "_")

    def topics(self) -> dict[str, int]:
        """Every topic it writes, with its partitions: what it announces, and the dead letters of what it hears."""
        letters = {dead_letter_topic(t, self.name): 1 for t in self.hears}
        return {t: PARTITIONS for t in (*self.announces, *self.hears)} | letters


@dataclass(frozen=True, slots=True)
class Parts:
    """Which parts one process runs."""

    api: bool = False
    relay: bool = False
    consume: bool = False


@dataclass(slots=True)
class Process(Generic[SettingsT]):
    """One running process of a service: its connections and the tasks beside its HTTP server."""

    service: Service[SettingsT]
    settings: SettingsT
    parts: Parts
    database: Database
    bus: Bus
    ring: KeyRing
    verifier: Verifier
    clock: Callable[[], Any] = utc_now
    failed: Callable[[], None] = lambda: None
    """Called when a task dies of a fault: the process is then to end, and its supervisor starts it anew."""
    relay: Relay | None = field(default=None, init=False)
    janitor: Janitor | None = field(default=None, init=False)
    consumer: Consumer[Any] | None = field(default=None, init=False)
    caught_up: CaughtUp | None = field(default=None, init=False)
    _made_at: float = field(default_factory=time.monotonic, init=False)

    def __post_init__(self) -> None:
        if self.parts.relay:
            # Alone, a relay is woken by nobody; beside the API, by every commit.
            poll = timedelta(seconds=1) if self.parts.api else timedelta(milliseconds=20)
            self.relay = Relay(self.database, self.bus, topics=self.service.topics(), poll=poll)
            kept = (
                Kept("idempotency_keys", timedelta(days=self.settings.idempotency_keys_days), forget_keys),
                Kept("inbox", timedelta(days=self.settings.inbox_days), forget_seen),
                *self.service.keeps(self.settings),
            )
            self.janitor = Janitor(self.database, kept, self.clock)
        if self.parts.consume and self.service.sink is not None:
            self.consumer = Consumer(
                self.database,
                self.bus,
                self.service.sink(),
                group=self.service.name,
                topics={t: PARTITIONS for t in self.service.hears},
                announces=bool(self.service.announces),
            )
        if self.parts.api and self.service.register is not None:
            horizon = Horizon(self.bus, self.service.hears, self.clock)
            self.caught_up = CaughtUp(self.database, horizon, consumer=self.service.name)

    def app(self) -> FastAPI:
        """The process's HTTP side: the routes where it runs the API, and its health in any case."""
        runtime = Runtime(self.service.name, self.database, self.verifier, self.ring, self.clock)
        return create_app(
            runtime,
            self.service.routers(self) if self.parts.api else (),
            title=self.service.title,
            description=self.service.description,
            readiness=self._readiness(),
            lifespan=self._lifespan,
            body_limit_bytes=self.settings.body_limit_bytes,
            streamed=self.service.streamed,
        )

    @asynccontextmanager
    async def _lifespan(self, _app: FastAPI) -> AsyncIterator[None]:
        if self.parts.api and self.service.before_serving is not None:
            await self.service.before_serving(self)
        workers = self.service.workers(self) if self.parts.api else ()
        parts = (self.relay, self.consumer, self.janitor, self.caught_up, *workers)
        running = [asyncio.create_task(w.run()) for w in parts if w is not None]
        for task in running:
            task.add_done_callback(self._ended)
        try:
            yield
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            await self.bus.close()
            await self.database.close()

    def _ended(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled() and task.exception() is not None:
            log.error("task_died", error=type(task.exception()).__qualname__, exc_info=task.exception())
            self.failed()

    def _readiness(self) -> Readiness:
        """Ready means able to answer requests. A bus that is away delays events and stops no request."""
        readiness = Readiness()
        readiness.add("database", self._check_database)
        readiness.add("migrations", self._check_migrations)
        readiness.add("bus", self._check_bus, critical=False)
        if self.consumer is not None:
            readiness.add("start", self._check_start)
            readiness.add("lag", self._check_lag, critical=False)
            readiness.measure(self._measure_lag)
        if self.caught_up is not None and self.service.register is not None:
            readiness.add(self.service.register, self._check_register, critical=False)
        if self.relay is not None:
            readiness.measure(self._measure_outbox)
        return readiness

    async def _check_database(self) -> str | None:
        async with self.database.read(EVERY_DISTRICT):
            return None

    async def _check_migrations(self) -> str | None:
        revision = await current_revision(self.database)
        head = self.service.migrations.head()
        return None if revision == head else f"at {revision}, needs {head}"

    async def _check_bus(self) -> str | None:
        await self.bus.bounds(list(self.service.topics()))
        return None

    async def _check_start(self) -> str | None:
        """A reader that has just started shows nothing new yet; one whose bus stays away serves what it has."""
        assert self.consumer is not None
        waited = time.monotonic() - self._made_at
        return None if self.consumer.has_begun or waited > START_PATIENCE.total_seconds() else "joining the group"

    async def _check_lag(self) -> str | None:
        behind = sum((await self._lag()).values())
        return None if behind <= MUCH_LAG else f"{behind} records behind"

    async def _check_register(self) -> str | None:
        """What is known of others grows old while the bus or the consumer is away; requests are still answered."""
        assert self.caught_up is not None
        if not self.caught_up.is_stale(self.clock()):
            return None
        at = self.caught_up.at
        return f"stale since {at:%Y-%m-%dT%H:%M:%SZ}" if at is not None else "stale since this process began"

    async def _lag(self) -> dict[TopicPartition, int]:
        """Records on the bus that the consumer has not applied, per partition."""
        async with self.database.read(EVERY_DISTRICT) as session:
            applied = await offsets_of(session, self.service.name)
        bounds = await self.bus.bounds(list(self.service.hears))
        return {tp: end - applied.get(tp, first) for tp, (first, end) in bounds.items()}

    async def _measure_lag(self) -> None:
        for (topic, partition), lag in (await self._lag()).items():
            consumer_lag.labels(self.service.name, topic, str(partition)).set(lag)

    async def _measure_outbox(self) -> None:
        assert self.relay is not None
        outbox_pending.set(await self.relay.pending())


def open_process(
    service: Service[SettingsT], settings: SettingsT, parts: Parts, verifier: Verifier, ring: KeyRing
) -> Process[SettingsT]:
    """A process over the engines that the settings name."""
    return Process(
        service=service,
        settings=settings,
        parts=parts,
        database=Database(settings.database_url, pool_size=settings.database_pool_size),
        bus=connect(settings.event_bus_url, client_id=service.name),
        ring=ring,
        verifier=verifier,
    )
