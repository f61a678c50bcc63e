"""How a service's app is put together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
from fastapi import APIRouter, FastAPI

from shared.auth.local_keys import ensure_keys
from shared.auth.tokens import LocalVerifier
from shared.crypto import KeyRing
from shared.db import Database
from shared.http.app import Lifespan, create_app
from shared.http.runtime import Runtime
from shared.telemetry.health import Readiness


def put_together(folder: Path, routers: list[APIRouter], lifespan: Lifespan | None = None) -> FastAPI:
    ensure_keys(folder)
    ring = KeyRing.from_file(folder / "ring.json")
    runtime = Runtime("a-service", Database(f"sqlite:///{folder}/none.db"), LocalVerifier(folder), ring)
    return create_app(
        runtime, routers, title="A service", description="In a test.", readiness=Readiness(), lifespan=lifespan
    )


async def test_what_a_router_lives_by_lives_within_the_service(tmp_path: Path) -> None:
    happened: list[str] = []

    def telling(name: str) -> Lifespan:
        @asynccontextmanager
        async def living(_app: object) -> AsyncIterator[None]:
            happened.append(f"{name} begins")
            yield
            happened.append(f"{name} ends")

        return living

    routers = [APIRouter(lifespan=telling("router")), APIRouter()]
    app = put_together(tmp_path, routers, telling("service"))
    async with app.router.lifespan_context(app):
        assert happened == ["service begins", "router begins"]
    assert happened[2:] == ["router ends", "service ends"]


async def test_two_apps_may_share_a_router(tmp_path: Path) -> None:
    router = APIRouter(prefix="/v1")

    @router.get("/greetings")
    async def read_greeting() -> str:
        """A word."""
        return "hello"

    apps = [put_together(tmp_path / name, [router]) for name in ("one", "two")]
    for app in apps:
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://test") as client:
            assert (await client.get("/v1/greetings")).json() == "hello"
        assert app.openapi()["paths"]["/v1/greetings"]["get"]["operationId"] == "read_greeting"
