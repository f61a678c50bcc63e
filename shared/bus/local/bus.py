"""The embedded bus behind the port: appends go through one thread-safe connection, each reader has its own."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from shared.bus.base import Message, TopicPartition, ensure_sendable
from shared.bus.local.log import LogFile
from shared.bus.local.reader import LocalReader

LEASE = timedelta(seconds=5)
"""How long a group waits for a frozen reader before another takes over. A killed one is noticed at once."""


class LocalBus:
    """A bus for the processes of one machine; nothing to install or to start."""

    def __init__(self, path: Path, *, lease: timedelta = LEASE) -> None:
        self._path = path
        self._lease = lease
        self._log = LogFile(path, durable=True)
        self._readers: set[LocalReader] = set()

    async def ensure_topics(self, topics: Mapping[str, int]) -> None:
        """See `Bus`."""
        await asyncio.to_thread(self._log.ensure_topics, dict(topics))

    async def publish(self, messages: Sequence[Message]) -> None:
        """See `Bus`. One transaction: here all of the batch arrives or none."""
        if not messages:
            return
        ensure_sendable(messages)
        await asyncio.to_thread(self._log.append, messages)

    async def bounds(self, topics: Sequence[str]) -> Mapping[TopicPartition, tuple[int, int]]:
        """See `Bus`."""
        ends = await asyncio.to_thread(self._log.ends, frozenset(topics))
        return {place: (0, end) for place, end in ends.items()}

    async def reader(self, *, group: str, topics: Sequence[str]) -> LocalReader:
        """See `Bus`."""
        reader = LocalReader(
            self._path, group=group, topics=frozenset(topics), lease=self._lease, left=self._readers.discard
        )
        await reader.start()
        self._readers.add(reader)
        return reader

    async def close(self) -> None:
        """See `Bus`."""
        for reader in list(self._readers):
            await reader.close()
        await asyncio.to_thread(self._log.close)
