"""Work on the scratch database in a thread, so that requests are answered meanwhile."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, TypeVar

from referral_api.students.imports.reading import Progress

_AHEAD = 2
"""Batches made before they are asked for: what costs us most and what costs the server most come by turns."""

T = TypeVar("T")


async def in_thread(progress: Progress, work: Callable[..., T], *arguments: Any) -> T:
    """Work in a thread that is never left behind: when cancelled, it is told to stop and waited for."""
    working = asyncio.ensure_future(asyncio.to_thread(work, *arguments))
    try:
        return await asyncio.shield(working)
    except asyncio.CancelledError:
        progress.stopped = True
        await asyncio.gather(working, return_exceptions=True)
        raise


@asynccontextmanager
async def made_in_thread(progress: Progress, batches: Iterator[T]) -> AsyncIterator[AsyncIterator[T]]:
    """Batches that are made in a thread, the next ones while this one is used. Raises: Interrupted.

    Whoever uses a batch leaves the scratch database alone meanwhile. When the block ends nothing is being made.
    """
    with ThreadPoolExecutor(1) as thread:  # one alone, so that they are made one after the other and come in order
        make = partial(asyncio.get_running_loop().run_in_executor, thread, next, batches, None)
        making = deque(make() for _ in range(_AHEAD))

        async def each() -> AsyncIterator[T]:
            while (batch := await asyncio.shield(making[0])) is not None:
                progress.advance(0)
                making.popleft()
                making.append(make())
                yield batch

        try:
            yield each()
        finally:
            thread.shutdown(wait=False, cancel_futures=True)
            await asyncio.gather(*making, return_exceptions=True)
