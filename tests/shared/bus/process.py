"""A process that writes to a bus or reads from it and says what it sees; tests kill and freeze it."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from shared.bus.base import Message
from shared.bus.connect import connect

HERE = Path(__file__)
REPOSITORY = HERE.parents[3]


class Companion:
    """The process as its test sees it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def says(self, *, until: str | None = None) -> str:
        """Its next line, or the next that starts so; empty when it has ended. Raises: TimeoutError."""
        assert self._process.stdout is not None
        async with asyncio.timeout(40):
            while line := (await self._process.stdout.readline()).decode().strip():
                if until is None or line.startswith(until):
                    return line
        return ""

    async def all_said(self) -> list[str]:
        """What it said since, until it ended."""
        lines = []
        while line := await self.says():
            lines.append(line)
        return lines

    def signal(self, number: int) -> None:
        """Send it a signal."""
        self._process.send_signal(number)


@asynccontextmanager
async def companion(verb: str, url: str, topic: str, *more: str) -> AsyncIterator[Companion]:
    """Start the process; it is killed in the end."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(HERE), verb, url, topic, *more),
        stdout=asyncio.subprocess.PIPE,
        env={"PYTHONPATH": str(REPOSITORY), "PATH": "/usr/bin:/bin"},
    )
    try:
        yield Companion(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def write(url: str, topic: str, name: str, batches: str) -> None:
    """Publish batches of ten, and say the number of each once it is acknowledged."""
    bus = connect(url, client_id=name)
    await bus.ensure_topics({topic: 6})
    for batch in range(int(batches)):
        await bus.publish([Message(topic, f"{name}-{n}".encode(), f"{name}-{batch}".encode()) for n in range(10)])
        say(batch)
    await bus.close()


async def read(url: str, topic: str, group: str) -> None:
    """Be a member of a group; say how many partitions are placed whenever that changes."""
    bus = connect(url, client_id="companion")
    reader = await bus.reader(group=group, topics=[topic])
    before = None
    while True:
        await reader.read(max_records=10, timeout=timedelta(milliseconds=100))
        if unplaced := reader.unplaced():
            say(f"told to place {len(unplaced)}")
            reader.place(dict.fromkeys(unplaced, 0))
        if (now := len(reader.assigned())) != before:
            say(f"has {now}")
            before = now


def say(word: object) -> None:
    """One line to the test, at once."""
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


async def _main(verb: str, *words: str) -> None:
    await (write(*words) if verb == "write" else read(*words))


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:]))
