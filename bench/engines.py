"""The engines of a bench, as durable as in production, and a process apart for each measurement."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ParamSpec, TypeVar
from uuid import uuid4

import uvloop

from shared.db import Database
from shared.migrations import Migrations, migrate
from shared.testing.kafka import KafkaBroker, kafka_broker
from shared.testing.postgres import PostgresServer, postgres_server

Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")

_shared: list[ProcessPoolExecutor] = []
"""The process of `in_one_process`, while there is one."""


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


@contextmanager
def embedded(migrations: Migrations) -> Iterator[str]:
    """A migrated SQLite file, as a value of DATABASE_URL; gone afterwards."""
    with TemporaryDirectory(prefix="rapport-bench-") as folder:
        url = f"sqlite:///{folder}/bench.db"
        apart(_migrate, url, migrations)
        yield url


def apart(measure: Callable[Asked, Awaitable[Answer]], *arguments: Asked.args, **named: Asked.kwargs) -> Answer:
    """Run it on uvloop in a process of its own, so that what one side leaves in memory does not slow the other."""
    with nullcontext(_shared[-1]) if _shared else _process() as pool:
        return pool.submit(_run, measure, *arguments, **named).result()  # type: ignore[arg-type]  # mypy drops named


@contextmanager
def in_one_process() -> Iterator[None]:
    """Until the end, all that is measured apart shares one process: for a run whose figures mean nothing anyway.

    A process that only loads what it is to measure takes longer than measuring does at tiny sizes.
    """
    with _process() as pool:
        _shared.append(pool)
        try:
            yield
        finally:
            _shared.remove(pool)


def _process() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, mp_context=get_context("spawn"))


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


def peak_megabytes(process: int) -> float:
    """The most memory that a process ever had resident; the kernel keeps count."""
    status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    (peak,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(peak.split()[1]) / 1024
