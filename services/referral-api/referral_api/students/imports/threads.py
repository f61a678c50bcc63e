"""Work on the scratch database in a thread, so that requests are answered meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
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


async def each_in_thread(progress: Progress, batches: Iterator[T]) -> AsyncIterator[T]:
    """Batches that are made in a thread, one at a time. Raises: Interrupted."""
    while (batch := await in_thread(progress, next, batches, None)) is not None:
        progress.advance(0)
        yield batch
