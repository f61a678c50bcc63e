"""How long to wait before trying a part again that is away: longer each time, up to a limit, never in step."""

import asyncio
import random


class Backoff:
    """Waits 0.1 s, 0.2 s, 0.4 s … up to `most_seconds`, each shortened by up to a half at random."""

    def __init__(self, *, most_seconds: float = 2.0) -> None:
        self._most = most_seconds
        self._next = 0.1

    async def wait(self) -> None:
        """Wait, longer than the last time."""
        await asyncio.sleep(self._next * random.uniform(0.5, 1.0))
        self._next = min(self._next * 2, self._most)

    def reset(self) -> None:
        """It worked: start over."""
        self._next = 0.1
