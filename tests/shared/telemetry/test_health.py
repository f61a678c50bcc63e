"""What a supervisor is told: enough to act on, nothing to learn from."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx2
import pytest
from fastapi import FastAPI

from shared.telemetry import metrics
from shared.telemetry.health import Check, Readiness, health_router


@pytest.fixture
def readiness() -> Readiness:
    return Readiness()


@pytest.fixture
async def client(readiness: Readiness) -> AsyncIterator[httpx2.AsyncClient]:
    app = FastAPI()
    app.include_router(health_router(readiness))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://test") as client:
        yield client


def answering(words: str | None) -> Check:
    async def check() -> str | None:
        return words

    return check


async def well() -> str | None:
    return None


async def broken() -> str | None:
    raise ConnectionRefusedError("postgresql://app:s3cret@db/district-demo")


async def hanging() -> str | None:
    await asyncio.Event().wait()
    return None


async def test_a_process_that_answers_is_alive_whatever_its_checks_say(
    client: httpx2.AsyncClient, readiness: Readiness
) -> None:
    readiness.add("database", broken)
    answer = await client.get("/livez")
    assert (answer.status_code, answer.json()) == (200, {"status": "alive"})


async def test_ready_when_every_check_passes(client: httpx2.AsyncClient, readiness: Readiness) -> None:
    readiness.add("database", well)
    readiness.add("migrations", well)
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()) == (
        200,
        {"status": "ready", "checks": {"database": "ok", "migrations": "ok"}, "failing": []},
    )


async def test_not_ready_names_the_failing_checks_and_no_secret(
    client: httpx2.AsyncClient, readiness: Readiness
) -> None:
    readiness.add("database", broken)
    readiness.add("migrations", answering("at a, needs b"))
    readiness.add("relay", well)
    answer = await client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {
        "status": "not_ready",
        "checks": {"database": "failed", "migrations": "at a, needs b", "relay": "ok"},
        "failing": ["database", "migrations"],
    }


async def test_what_is_not_critical_is_told_and_keeps_nobody_away(
    client: httpx2.AsyncClient, readiness: Readiness
) -> None:
    readiness.add("database", well)
    readiness.add("bus", broken, critical=False)
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()["checks"]["bus"]) == (200, "failed")


async def test_a_check_that_hangs_is_given_up(client: httpx2.AsyncClient, readiness: Readiness) -> None:
    readiness.add("bus", hanging, timeout=timedelta(milliseconds=1))
    readiness.add("database", well)
    answer = await client.get("/readyz")
    assert answer.json() == {
        "status": "not_ready",
        "checks": {"bus": "timed out", "database": "ok"},
        "failing": ["bus"],
    }


async def test_checks_are_asked_together(readiness: Readiness) -> None:
    met = asyncio.Barrier(3)

    async def meet() -> str | None:
        await met.wait()
        return None

    for name in ("database", "bus", "relay"):
        readiness.add(name, meet)
    assert (await readiness.ask()).status == "ready"


async def test_many_who_ask_at_once_cost_one_round_and_the_next_is_asked_anew(readiness: Readiness) -> None:
    rounds = 0
    go = asyncio.Event()

    async def count() -> str | None:
        nonlocal rounds
        rounds += 1
        await go.wait()
        return None

    readiness.add("database", count)
    asking = [asyncio.create_task(readiness.ask()) for _ in range(20)]
    while not rounds:
        await asyncio.sleep(0)
    asking[0].cancel()
    go.set()
    answers = await asyncio.gather(*asking[1:])
    assert {a.status for a in answers} == {"ready"}
    assert rounds == 1
    await readiness.ask()
    assert rounds == 2


async def test_metrics_are_shown_after_the_gauges_were_set_even_when_one_cannot_be(
    client: httpx2.AsyncClient, readiness: Readiness
) -> None:
    async def pending() -> None:
        metrics.outbox_pending.set(17)

    async def fails() -> None:
        raise ConnectionRefusedError

    readiness.measure(fails)
    readiness.measure(pending)
    answer = await client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert "\nrapport_outbox_pending 17.0\n" in answer.text
    assert "process_resident_memory_bytes" in answer.text


async def test_the_routes_are_in_openapi_with_their_503(client: httpx2.AsyncClient) -> None:
    paths = (await client.get("/openapi.json")).json()["paths"]
    assert set(paths) == {"/livez", "/readyz", "/metrics"}
    assert set(paths["/readyz"]["get"]["responses"]) == {"200", "503"}
    assert "Readyz" in json.dumps(paths["/readyz"]["get"]["responses"]["503"])
