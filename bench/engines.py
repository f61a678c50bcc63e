"""The engines of a bench, as durable as in production, and a process apart for each measurement."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from typing import ParamSpec, TypeVar
from uuid import uuid4

import uvloop

from shared.db import Database
from shared.migrations import Migrations, migrate
from shared.testing.kafka import KafkaBroker, kafka_broker
from shared.testing.postgres import PostgresServer, postgres_server

Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Engines:
    """A broker and a server of one bench."""

    broker: KafkaBroker
    server: PostgresServer

    @contextmanager
    def database(self, migrations: Migrations | None = None) -> Iterator[str]:
        """A database of its own, migrated if asked for, as a value of DATABASE_URL; gone afterwards."""
        name = f"bench_{uuid4().hex}"
        url = self.server.create_database(name)
        try:
            if migrations is not None:
                apart(_migrate, url, migrations)
            yield url
        finally:
            self.server.drop_database(name)


@contextmanager
def engines() -> Iterator[Engines]:
    """Both engines, started. PostgreSQL waits for its disk, as it must in production. Raises: EngineMissing."""
    with kafka_broker(heap_mb=768) as broker, postgres_server(fast=False) as server:
        yield Engines(broker, server)


def apart(measure: Callable[Asked, Awaitable[Answer]], *arguments: Asked.args, **named: Asked.kwargs) -> Answer:
    """Run it on uvloop in a process of its own, so that what one side leaves in memory does not slow the other."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_run, measure, *arguments, **named).result()  # type: ignore[arg-type]  # mypy drops named


def _run(measure: Callable[Asked, Awaitable[Answer]], *arguments: Asked.args, **named: Asked.kwargs) -> Answer:
    async def measured() -> Answer:
        return await measure(*arguments, **named)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(measured())


async def _migrate(url: str, migrations: Migrations) -> None:
    database = Database(url)
    try:
        await migrate(database, migrations)
    finally:
        await database.close()
