"""What only the embedded bus has to fear: other processes on its file, and the file itself."""

import asyncio
import signal
import sqlite3
from collections import Counter
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from pathlib import Path

import pytest

from shared.bus.base import PARTITIONS, BusUnavailable, Message
from shared.bus.connect import connect
from shared.bus.local import LocalBus
from shared.bus.local.log import MOST_BYTES
from shared.testing.readers import all_records, settled
from tests.shared.bus.process import Companion, companion

TOPIC = "facts"


def _path(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


@pytest.mark.slow
async def test_processes_that_write_at_once_leave_no_gap(local_url: str) -> None:
    writers = [companion("write", local_url, TOPIC, f"w{n}", "40") for n in range(4)]
    said = await asyncio.gather(*(_let_run(writer) for writer in writers))

    bus = connect(local_url, client_id="test")
    records = await all_records(bus, TOPIC, 1600)
    ends = await bus.bounds([TOPIC])
    await bus.close()

    assert said == [[str(n) for n in range(40)]] * 4
    assert Counter(r.key for r in records) == {f"w{w}-{n}".encode(): 40 for w in range(4) for n in range(10)}
    for place, (_, last) in ends.items():
        assert [r.offset for r in records if r.partition == place.partition] == list(range(last))


async def _let_run(writer: AbstractAsyncContextManager[Companion]) -> list[str]:
    async with writer as process:
        return await process.all_said()


async def test_a_killed_writer_loses_nothing_that_was_acknowledged(local_url: str) -> None:
    async with companion("write", local_url, TOPIC, "w", "100000") as writer:
        await writer.says(until="30")
        writer.signal(signal.SIGKILL)
        acknowledged = [30, *map(int, await writer.all_said())]

    bus = connect(local_url, client_id="test")
    count = sum(last for _, last in (await bus.bounds([TOPIC])).values())
    batches = Counter(r.value for r in await all_records(bus, TOPIC, count))
    await bus.close()

    assert set(batches.values()) == {10}, "a batch arrives whole or not at all"
    assert len(batches) - (max(acknowledged) + 1) in (0, 1), "at most the batch under way was not acknowledged"


@pytest.mark.slow
async def test_a_killed_readers_lease_is_taken_at_once(local_url: str) -> None:
    bus = LocalBus(_path(local_url))
    await bus.ensure_topics({TOPIC: PARTITIONS})
    async with companion("read", local_url, TOPIC, "group") as holder:
        await holder.says(until="has 6")
        reader = await bus.reader(group="group", topics=[TOPIC])
        assert not reader.assigned()
    async with asyncio.timeout(3):  # the lease alone would be five seconds
        await settled(reader)
    await bus.close()


@pytest.mark.slow
async def test_a_frozen_reader_loses_its_partitions_and_knows_it_when_it_wakes(local_url: str) -> None:
    bus = LocalBus(_path(local_url))
    await bus.ensure_topics({TOPIC: PARTITIONS})
    async with companion("read", local_url, TOPIC, "group") as frozen:
        await frozen.says(until="has 6")
        frozen.signal(signal.SIGSTOP)
        reader = await settled(await bus.reader(group="group", topics=[TOPIC]))
        frozen.signal(signal.SIGCONT)

        assert await frozen.says() == "has 0"
        await reader.close()
        assert await frozen.says() == "told to place 6"
    await bus.close()


async def test_a_damaged_file_is_a_bus_that_is_away_until_it_is_put_right(local_url: str) -> None:
    bus = connect(local_url, client_id="test")
    message = Message(TOPIC, b"k", b"v")
    _path(local_url).write_bytes(b"this is no database" * 500)

    for attempt in (bus.ensure_topics({TOPIC: 1}), bus.publish([message]), bus.bounds([TOPIC])):
        with pytest.raises(BusUnavailable):
            await attempt
    with pytest.raises(BusUnavailable):
        await bus.reader(group="group", topics=[TOPIC])

    _path(local_url).unlink()
    await bus.ensure_topics({TOPIC: 1})
    await bus.publish([message])
    assert len(await all_records(bus, TOPIC, 1)) == 1
    await bus.close()


async def test_a_file_of_a_newer_version_is_left_alone(local_url: str) -> None:
    with sqlite3.connect(_path(local_url)) as file:
        file.execute("PRAGMA user_version = 99")
    file.close()
    bus = connect(local_url, client_id="test")

    with pytest.raises(BusUnavailable, match="newer version"):
        await bus.ensure_topics({TOPIC: 1})
    await bus.close()


async def test_a_folder_that_cannot_be_made_is_a_bus_that_is_away(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    bus = LocalBus(tmp_path / "file" / "bus.db")

    with pytest.raises(BusUnavailable):
        await bus.bounds([TOPIC])
    await bus.close()


@pytest.mark.parametrize("url", ["", "sqlite://", "sqlite:///", "kafka://", "amqp://here", "/var/bus.db"])
def test_a_url_of_no_bus_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="EVENT_BUS_URL"):
        connect(url, client_id="test")


async def test_of_large_records_fewer_are_handed_out_at_once(local_url: str) -> None:
    sizes = [MOST_BYTES // 16] * 20 + [1, 1]
    bus = LocalBus(_path(local_url))
    await bus.ensure_topics({TOPIC: 1})
    await bus.publish([Message(TOPIC, b"k", bytes(size)) for size in sizes])
    reader = await settled(await bus.reader(group="group", topics=[TOPIC]))
    reader.place(dict.fromkeys(reader.unplaced(), 0))
    batches: list[list[int]] = []
    while sum(len(batch) for batch in batches) < len(sizes):
        found = await reader.read(max_records=1000, timeout=timedelta(seconds=10))
        batches.append([len(record.value or b"") for records in found.values() for record in records])
    await reader.close()
    await bus.close()
    assert batches == [sizes[:16], sizes[16:]]
