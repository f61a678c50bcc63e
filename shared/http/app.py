"""Puts a service's app together: its routers, and around them what every service's edge does."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from fastapi_offline import FastAPIOffline

from shared.http import problems
from shared.http.bodies import Door
from shared.http.caching import NeverKept
from shared.http.description import description_of
from shared.http.runtime import Runtime
from shared.telemetry.health import Readiness, health_router
from shared.telemetry.http import Observed

# The framework's own spans and logs hold paths, queries and exceptions' messages, where names may stand; an environment
# variable would be enough to send them. `Observed` tells what may be told.
_NO_TELEMETRY_OF_ITS_OWN = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def create_app(
    runtime: Runtime,
    routers: Sequence[APIRouter],
    *,
    title: str,
    description: str,
    readiness: Readiness,
    lifespan: Lifespan | None = None,
    body_limit_bytes: int = 1 << 20,
    streamed: frozenset[str] = frozenset(),
) -> FastAPI:
    """The service as an ASGI app. `streamed` are paths whose routes read and limit their body themselves."""
    # Its /docs needs no network: the page comes with the package instead of from a CDN.
    taken = (*routers, health_router(readiness))
    app = FastAPIOffline(
        redoc_url=None,
        redirect_slashes=False,  # a redirect is no problem document, and would be built from the caller's Host header
        title=title,
        description=description,
        version="1",
        lifespan=_whole(lifespan, taken),
        telemetry=_NO_TELEMETRY_OF_ITS_OWN,
    )
    app.state.runtime = runtime
    for router in taken:
        _take(app, router)
    problems.install(app)
    app.add_middleware(Door, limit_bytes=body_limit_bytes, streamed=streamed)
    app.add_middleware(NeverKept)
    app.add_middleware(Observed)
    app.openapi = description_of(app, routers)  # type: ignore[method-assign]  # the documented way to extend it
    return app


def _whole(lifespan: Lifespan | None, routers: Sequence[APIRouter]) -> Lifespan:
    """The service's lifespan, and those of its routers within it."""

    @asynccontextmanager
    async def living(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for one in (lifespan, *(router.lifespan_context for router in routers)):
                if one is not None:
                    await stack.enter_async_context(one(app))
            yield

    return living


def _take(app: FastAPI, router: APIRouter) -> None:
    """Put the routes in as they are.

    `include_router` would make each of them anew, all in the first request, which then waits; and it would look for
    every request's path twice. So `dependency_overrides` of the app do not reach them.
    """
    for route in router.routes:
        if isinstance(route, APIRoute):
            route.operation_id = route.name  # what a generated client calls the operation
    app.router.routes.extend(router.routes)
