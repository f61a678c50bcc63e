"""Owners of readers, for tests: they place and read as the consumer does, with a dictionary for a database."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from shared.bus.base import Bus, Reader, Record, TopicPartition

PATIENCE_S = 60.0
_MOMENT = timedelta(milliseconds=100)


async def settled(reader: Reader) -> Reader:
    """The reader, once the group has given it partitions. Raises: TimeoutError."""
    async with asyncio.timeout(PATIENCE_S):
        while not reader.assigned():
            await reader.read(max_records=1, timeout=_MOMENT)
    return reader


async def read_all(reader: Reader, count: int) -> list[Record]:
    """The next so many records, and none that come right after them. Raises: TimeoutError."""
    found: list[Record] = []
    async with asyncio.timeout(PATIENCE_S):
        while len(found) < count:
            for records in (await reader.read(max_records=1000, timeout=_MOMENT)).values():
                found.extend(records)
    for records in (await reader.read(max_records=1000, timeout=_MOMENT)).values():
        found.extend(records)
    return found


async def all_records(bus: Bus, topic: str, count: int) -> list[Record]:
    """Everything in the topic, which is to be so many. Raises: TimeoutError."""
    reader = await settled(await bus.reader(group=f"all of {topic}", topics=[topic]))
    reader.place(dict.fromkeys(reader.unplaced(), 0))
    found = await read_all(reader, count)
    await reader.close()
    return found


class Positions:
    """Where a group has come to, and what it has read: what its members share."""

    def __init__(self) -> None:
        self.values: list[bytes] = []
        self._next: dict[TopicPartition, int] = {}

    async def advance(self, members: Sequence[Reader], *, to: int) -> None:
        """Let the members read in turn until the group has so many values in all. Raises: TimeoutError."""
        async with asyncio.timeout(PATIENCE_S):
            while len(self.values) < to:
                for member in members:
                    await self.step(member)

    async def step(self, member: Reader) -> None:
        """One round of one member; a record counts only if it is the next of its partition, as with compare-and-set."""
        member.place({place: self._next.get(place, 0) for place in member.unplaced()})
        for place, records in (await member.read(max_records=100, timeout=_MOMENT)).items():
            for record in records:
                if record.offset >= self._next.get(place, 0):
                    self.values.append(record.value or b"")
                    self._next[place] = record.offset + 1
