"""Work on the scratch database in a thread, so that requests are answered meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from referral_api.students.imports.reading import Progress

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
    """Batches that are made in a thread, the next one while this one is used. Raises: Interrupted.

    Whoever uses a batch leaves the scratch database alone meanwhile. When the block ends nothing is being made.
    """
    making = asyncio.ensure_future(asyncio.to_thread(next, batches, None))

    async def each() -> AsyncIterator[T]:
        nonlocal making
        while (batch := await asyncio.shield(making)) is not None:
            progress.advance(0)
            making = asyncio.ensure_future(asyncio.to_thread(next, batches, None))
            yield batch

    try:
        yield each()
    finally:
        await asyncio.gather(making, return_exceptions=True)
