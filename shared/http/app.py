"""Puts a service's app together: its routers, and around them what every service's edge does."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi_offline import FastAPIOffline

from shared.http import problems
from shared.http.bodies import Door
from shared.http.runtime import Runtime
from shared.telemetry.health import Readiness, health_router
from shared.telemetry.http import Observed

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
    app = FastAPIOffline(
        redoc_url=None,
        redirect_slashes=False,  # a redirect is no problem document, and would be built from the caller's Host header
        title=title,
        description=description,
        version="1",
        lifespan=lifespan,
    )
    app.state.runtime = runtime
    for router in routers:
        app.include_router(router)
    app.include_router(health_router(readiness))
    problems.install(app)
    app.add_middleware(Door, limit_bytes=body_limit_bytes, streamed=streamed)
    app.add_middleware(Observed)
    app.openapi = _described(app)  # type: ignore[method-assign]  # the documented way to extend it
    return app


def _described(app: FastAPI) -> Callable[[], dict[str, Any]]:
    """OpenAPI with our problem in place of the framework's own validation error."""

    def describe() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
            schemas = schema.setdefault("components", {}).setdefault("schemas", {})
            schemas.pop("HTTPValidationError", None)
            schemas.pop("ValidationError", None)
            schemas.update(problems.problem_schemas())
            for path in schema.get("paths", {}).values():
                for operation in path.values():
                    problems.describe_refusals(operation)
            app.openapi_schema = schema
        return app.openapi_schema

    return describe
