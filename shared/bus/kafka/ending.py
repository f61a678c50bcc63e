"""Stopping the client's objects, none of which stop reliably while the brokers are away."""

import asyncio
from collections.abc import Coroutine

STOP_LIMIT_S = 3.0


async def ends_well(stop: Coroutine[object, object, None]) -> bool:
    """Whether it ended in time and without an error; otherwise it was cancelled, and the rest is for the caller to do.

    In a task of its own: the client lets cancellations of its inner tasks out, which would look like one of ours.
    """
    task = asyncio.create_task(stop)
    await asyncio.wait({task}, timeout=STOP_LIMIT_S)
    if task.done():
        return not task.cancelled() and task.exception() is None
    task.cancel()
    return False
