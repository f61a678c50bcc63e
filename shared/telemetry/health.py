"""What a supervisor asks of a process: does it live, can it serve, what has it counted.

These routes are open to all, so they tell little.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

import structlog
from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict

from shared.telemetry import metrics

log = structlog.get_logger(__name__)

Check = Callable[[], Awaitable[str | None]]
"""None when all is well, else a few words of our own on what is not: no address, no id, no driver's message."""
Measure = Callable[[], Awaitable[None]]
"""Sets gauges that cost a query, when somebody wants to see them."""


_METRICS = {
    "schema": {"type": "string"},
    "example": "# TYPE rapport_outbox_pending gauge\nrapport_outbox_pending 0.0\n",
}


@dataclass(frozen=True, slots=True)
class _Named:
    name: str
    check: Check
    is_critical: bool
    timeout: timedelta


@dataclass(slots=True)
class Readiness:
    """The checks of one process; each part adds its own."""

    _checks: list[_Named] = field(default_factory=list)
    _measures: list[Measure] = field(default_factory=list)
    _under_way: "asyncio.Task[Readyz] | None" = None

    def add(self, name: str, check: Check, *, critical: bool = True, timeout: timedelta = timedelta(seconds=2)) -> None:
        """Ask this whenever readiness is asked for. One that is not critical is told and keeps nobody away."""
        self._checks.append(_Named(name, check, critical, timeout))

    def measure(self, measure: Measure) -> None:
        """Run this before the metrics are shown."""
        self._measures.append(measure)

    async def ask(self) -> "Readyz":
        """The answers of all checks, asked at once. Who asks meanwhile gets the same ones: this costs connections."""
        if self._under_way is None:
            self._under_way = asyncio.create_task(self._ask())
        return await asyncio.shield(self._under_way)

    async def measured(self) -> bytes:
        """The metrics, after the gauges were set; one that cannot be set keeps its last value."""
        await asyncio.gather(
            *[_within(timedelta(seconds=2), measure()) for measure in self._measures], return_exceptions=True
        )
        return metrics.exposition()

    async def _ask(self) -> "Readyz":
        try:
            answers = await asyncio.gather(*[_answer(c) for c in self._checks])
        finally:
            self._under_way = None
        checks = {c.name: answer for c, answer in zip(self._checks, answers, strict=True)}
        failing = [c.name for c in self._checks if c.is_critical and checks[c.name] != "ok"]
        return Readyz(status="not_ready" if failing else "ready", checks=checks, failing=failing)


class Livez(BaseModel):
    """The process runs and its event loop turns."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "alive"}]})

    status: Literal["alive"] = "alive"


class Readyz(BaseModel):
    """Whether the process can serve, check by check."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"status": "ready", "checks": {"database": "ok", "migrations": "ok", "bus": "ok"}, "failing": []}
            ]
        }
    )

    status: Literal["ready", "not_ready"]
    checks: dict[str, str]
    """`ok` or a few words, by check."""
    failing: list[str]
    """The checks because of which it is not ready."""


def health_router(readiness: Readiness) -> APIRouter:
    """`/livez`, `/readyz` and `/metrics`, the same in every process."""
    router = APIRouter(tags=["health"])

    @router.get("/livez")
    async def livez() -> Livez:
        """Alive: restart the process when this does not answer."""
        return Livez()

    @router.get("/readyz", responses={503: {"model": Readyz, "description": "Not ready: send it no requests."}})
    async def readyz(response: Response) -> Readyz:
        """Ready: 200 when every critical check passes, else 503 with the names of those that do not."""
        answer = await readiness.ask()
        if answer.status != "ready":
            response.status_code = 503
        return answer

    @router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": _METRICS}}})
    async def metrics_page() -> Response:
        """Counters and gauges in Prometheus' text format."""
        return Response(await readiness.measured(), media_type=metrics.CONTENT_TYPE)

    return router


async def _answer(named: _Named) -> str:
    try:
        return await _within(named.timeout, named.check()) or "ok"
    except TimeoutError:
        return "timed out"
    except Exception as error:  # a check fails in whatever way its engine does; the words may hold an address
        log.warning("check_failed", check=named.name, error=type(error).__qualname__)
        return "failed"


async def _within(limit: timedelta, work: Awaitable[str | None]) -> str | None:
    async with asyncio.timeout(limit.total_seconds()):
        return await work
