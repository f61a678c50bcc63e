"""The HTTP server of a process: uvicorn, that sleeps while nobody asks for anything."""

import asyncio
import contextlib
import os
from datetime import timedelta
from types import FrameType

import uvicorn

LOOK = timedelta(seconds=1)
"""How often a server writes the date of its answers anew, and sees whether its parent lives. Uvicorn itself wakes ten
times as often, also to see whether it was told to end."""


class Server(uvicorn.Server):
    """Serves until told to end, by a signal or by `end`, or until the process `parent_pid` is gone."""

    def __init__(self, config: uvicorn.Config, *, parent_pid: int | None) -> None:
        super().__init__(config)
        self._parent_pid = parent_pid
        self._loop = asyncio.get_running_loop()
        self._told = asyncio.Event()

    def end(self) -> None:
        """Answer what was asked, and end."""
        self.should_exit = True
        self._told.set()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """See uvicorn: a signal has come, in the middle of anything."""
        super().handle_exit(sig, frame)
        self._loop.call_soon_threadsafe(self._told.set)

    async def main_loop(self) -> None:
        """See uvicorn: serve until it is time to end."""
        while self._has_parent() and not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK.total_seconds()):
                    await self._told.wait()

    def _has_parent(self) -> bool:
        """Also a parent that was killed could tell nobody, and the kernel does not tell who is adopted.

        No word about it is written: the log went to the parent, so writing would fail before the end came.
        """
        return self._parent_pid is None or os.getppid() == self._parent_pid
