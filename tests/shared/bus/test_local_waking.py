"""How a reader of the embedded bus learns of an append: it is rung for, and looks now and then itself."""

import asyncio
import os
import resource
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from shared.bus.base import PARTITIONS, Message, Reader
from shared.bus.local import LocalBus
from shared.bus.local.bell import Bell, ring
from shared.bus.local.log import LogFile
from shared.testing.readers import settled
from tests.shared.bus.process import companion

TOPIC = "facts"
PATIENCE = timedelta(seconds=60)
SOONER_S = 20.0


@asynccontextmanager
async def waiting(path: Path) -> AsyncIterator["asyncio.Task[object]"]:
    """What a reader reads that had come to the end of the log."""
    bus = LocalBus(path)
    await bus.ensure_topics({TOPIC: PARTITIONS})
    reader: Reader = await settled(await bus.reader(group="group", topics=[TOPIC]))
    reader.place(dict.fromkeys(reader.unplaced(), 0))
    assert not await reader.read(max_records=100, timeout=timedelta(seconds=0.1))
    yield asyncio.create_task(reader.read(max_records=100, timeout=PATIENCE))
    await bus.close()


async def test_a_reader_is_woken_by_what_another_process_appends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.bus.local.reader.LOOK_S", PATIENCE.total_seconds())
    path = tmp_path / "bus.db"
    async with waiting(path) as read, companion("write", f"sqlite:///{path}", TOPIC, "w", "1") as writer:
        assert await writer.all_said() == ["0"]
        async with asyncio.timeout(SOONER_S):
            assert await read


async def test_a_reader_finds_what_nobody_rang_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.bus.local.log.ring", lambda _holders: None)
    async with waiting(tmp_path / "bus.db") as read:
        killed_before_it_rang = LogFile(tmp_path / "bus.db", durable=True)
        killed_before_it_rang.append([Message(TOPIC, b"k", b"v")])
        killed_before_it_rang.close()
        async with asyncio.timeout(SOONER_S):
            assert await read


async def test_where_the_loopback_gives_no_port_a_reader_reads_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.bus.local.bell._LOOPBACK", "192.0.2.1")  # of documentation: no host has it
    async with waiting(tmp_path / "bus.db") as read:
        log = LogFile(tmp_path / "bus.db", durable=True)
        log.append([Message(TOPIC, b"k", b"v")])
        log.close()
        async with asyncio.timeout(SOONER_S):
            assert await read


async def test_what_is_appended_is_stored_also_where_no_socket_is_left_to_ring_with(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "bus.db", durable=True)
    log.ensure_topics({TOPIC: 1})
    bell = Bell(lambda: None)
    log.claim("group", bell.holder, seconds=60)
    with no_more_files():
        with pytest.raises(OSError, match="Too many open files"):
            socket.socket()
        log.append([Message(TOPIC, b"k", b"v")])
    assert list(log.ends(frozenset({TOPIC})).values()) == [1]
    bell.close()
    log.close()


@contextmanager
def no_more_files() -> Iterator[None]:
    """This process has opened all the files that it may."""
    lowest_free = os.dup(0)
    os.close(lowest_free)
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_free, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


async def test_whoever_died_longer_ago_than_its_lease_held_is_not_rung_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[list[str]] = []
    monkeypatch.setattr("shared.bus.local.log.ring", lambda holders: rung.append(list(holders)))
    log = LogFile(tmp_path / "bus.db", durable=False)
    log.ensure_topics({TOPIC: 1})
    log.claim("living", "here:1:x:4001", seconds=60)
    log.claim("dead", "here:2:x:4002", seconds=-1)
    log.append([Message(TOPIC, b"k", b"v")])
    log.close()
    assert rung == [[], ["here:1:x:4001"]]


async def test_every_reader_of_this_host_is_rung_for_and_nobody_else() -> None:
    rung = [asyncio.Event(), asyncio.Event()]
    bells = [Bell(event.set) for event in rung]
    with stranger() as (port, heard):
        away = f"not-{socket.gethostname()}:1:x:{port}"
        before_bells = f"{socket.gethostname()}:{os.getpid()}:a-name-without-a-port"
        ring([away, before_bells, *(bell.holder for bell in bells)])
        async with asyncio.timeout(SOONER_S):
            await asyncio.gather(*(event.wait() for event in rung))
        with pytest.raises(BlockingIOError):
            heard.recv(1)
    for bell in bells:
        bell.close()
    ring([bells[0].holder])  # it has ended, and that is nobody's fault


async def test_a_flood_of_rings_leaves_the_event_loop_its_turns() -> None:
    heard: list[float] = []
    loop = asyncio.get_running_loop()
    bell = Bell(lambda: heard.append(loop.time()))
    ring([bell.holder] * 150)
    async with asyncio.timeout(SOONER_S):
        while len(heard) < 2:  # a turn of the loop lies between
            await asyncio.sleep(0)
    bell.close()


@contextmanager
def stranger() -> Iterator[tuple[int, socket.socket]]:
    """A port of somebody else's."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as heard:
        heard.bind(("127.0.0.1", 0))
        heard.setblocking(False)
        yield heard.getsockname()[1], heard
