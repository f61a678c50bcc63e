"""A server that sleeps: it wakes for what it is told, and looks now and then at what nobody tells it."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import count

import httpx2
import pytest
import uvicorn
from fastapi import FastAPI

from shared.http import server as module
from shared.http.server import Server
from shared.testing.engine import free_port

SOONER_S = 20.0
NO_LOOK = timedelta(minutes=5)


def server_of(parent_pid: int | None) -> Server:
    """A server with nothing to serve."""
    config = uvicorn.Config(FastAPI(), port=free_port(), http="httptools", log_config=None, lifespan="off", ws="none")
    return Server(config, parent_pid=parent_pid)


@asynccontextmanager
async def serving(server: Server) -> AsyncIterator["asyncio.Task[None]"]:
    """The server at work, until told to end."""
    task = asyncio.create_task(server.serve())
    async with asyncio.timeout(SOONER_S):
        while not server.started:
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.1)  # it has looked, found nothing to do, and sleeps
    yield task
    server.end()
    await task


@pytest.fixture
def sleeps_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK", NO_LOOK)


@pytest.mark.usefixtures("sleeps_long")
async def test_a_server_that_is_told_to_end_does_not_sleep_on() -> None:
    server = server_of(parent_pid=os.getppid())
    async with serving(server) as task:
        assert not task.done()
        server.end()
        async with asyncio.timeout(SOONER_S):
            await task


@pytest.fixture
def survived() -> Iterator[list[int]]:
    """The signals that came to this process, which would end it."""
    came: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _frame: came.append(number))
    yield came
    signal.signal(signal.SIGTERM, before)


@pytest.mark.usefixtures("sleeps_long")
async def test_a_signal_wakes_a_server_to_end(survived: list[int]) -> None:
    async with serving(server_of(parent_pid=None)) as task:
        os.kill(os.getpid(), signal.SIGTERM)
        async with asyncio.timeout(SOONER_S):
            await task
    assert survived == [signal.SIGTERM], "uvicorn ended as one who was told to end by a signal"


async def test_a_server_whose_parent_is_gone_ends() -> None:
    server = server_of(parent_pid=os.getpid())  # nobody is his own parent
    async with asyncio.timeout(SOONER_S):
        await server.serve()
    assert server.started


async def test_answers_bear_the_date_of_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK", timedelta(milliseconds=20))
    looks = count()
    monkeypatch.setattr("uvicorn.server.formatdate", lambda _now, *, usegmt: f"look {next(looks)}")
    server = server_of(parent_pid=None)
    async with serving(server), httpx2.AsyncClient(base_url=f"http://127.0.0.1:{server.config.port}") as client:
        dates = {(await client.get("/")).headers["date"]}
        async with asyncio.timeout(SOONER_S):
            while len(dates) < 3:
                dates.add((await client.get("/")).headers["date"])
