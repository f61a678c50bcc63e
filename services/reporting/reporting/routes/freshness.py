"""How far the views are behind the bus, over HTTP; while it is open, the logs are looked at."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import APIRouter, Depends

from reporting.routes.telling import CONSUMER
from reporting.views.errors import BusAway
from reporting.views.freshness import Freshness, applied_offsets, ends_now, freshness_of
from shared.auth import Caller, Permission
from shared.horizon import Horizon
from shared.http.problems import problems
from shared.http.runtime import Now, ReadOnlySession, allowed

Watcher = Annotated[Caller, Depends(allowed(Permission.FRESHNESS_READ))]


def freshness_router(horizon: Horizon) -> APIRouter:
    """The route of what `horizon` sees of the logs; it sees something while this router is in use."""

    @asynccontextmanager
    async def watching(_app: object) -> AsyncIterator[None]:
        task = asyncio.create_task(horizon.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    router = APIRouter(prefix="/v1", tags=["views"], lifespan=watching)

    @router.get("/freshness", responses=problems(BusAway))
    async def get_freshness(_caller: Watcher, session: ReadOnlySession, now: Now) -> Freshness:
        """How far the views are behind the bus, per partition."""
        ends = await ends_now(
            horizon
        )  # before the offsets are read: else what is applied meanwhile would look like lag
        return freshness_of(await applied_offsets(session, CONSUMER), ends, now)

    return router
