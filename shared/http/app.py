"""Puts a service's app together: its routers, and around them what every service's edge does."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, get_args

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from fastapi_offline import FastAPIOffline
from pydantic import BaseModel

from shared.http import problems
from shared.http.bodies import Door
from shared.http.idempotency import KEY_PARAMETER, RememberedRoute
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
    app = FastAPIOffline(
        redoc_url=None,
        redirect_slashes=False,  # a redirect is no problem document, and would be built from the caller's Host header
        title=title,
        description=description,
        version="1",
        lifespan=lifespan,
        telemetry=_NO_TELEMETRY_OF_ITS_OWN,
    )
    app.state.runtime = runtime
    for router in routers:
        app.include_router(router)
    app.include_router(health_router(readiness))
    problems.install(app)
    app.add_middleware(Door, limit_bytes=body_limit_bytes, streamed=streamed)
    app.add_middleware(Observed)
    app.openapi = _described(app, routers)  # type: ignore[method-assign]  # the documented way to extend it
    return app


def _described(app: FastAPI, routers: Sequence[APIRouter]) -> Callable[[], dict[str, Any]]:
    """OpenAPI with our problem in place of the framework's own validation error, and whole examples."""

    def describe() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
            schemas = schema.setdefault("components", {}).setdefault("schemas", {})
            schemas.pop("HTTPValidationError", None)
            schemas.pop("ValidationError", None)
            schemas.update(problems.problem_schemas())
            for model in _answers(routers):
                extra = model.model_config.get("json_schema_extra")
                if model.__name__ in schemas and isinstance(extra, dict):
                    schemas[model.__name__] |= extra  # the framework drops every null, from examples too
            for path in schema.get("paths", {}).values():
                for operation in path.values():
                    problems.describe_refusals(operation)
            for route in (route for router in routers for route in router.routes):
                if isinstance(route, RememberedRoute) and "POST" in (route.methods or ()):
                    operation = schema["paths"][route.path_format]["post"]
                    operation.setdefault("parameters", []).append(KEY_PARAMETER)
            app.openapi_schema = schema
        return app.openapi_schema

    return describe


def _answers(routers: Sequence[APIRouter]) -> Iterator[type[BaseModel]]:
    """The models of what the routes answer, and those within them."""
    for route in (route for router in routers for route in router.routes):
        if isinstance(route, APIRoute):
            yield from _models_in(route.response_model)
            for response in route.responses.values():
                yield from _models_in(response.get("model"))


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        for field in annotation.model_fields.values():
            yield from _models_in(field.annotation)
    for argument in get_args(annotation):
        yield from _models_in(argument)
