"""What is told of a request: its route and how it went, never what it asked for."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import httpx2
import pytest
import structlog
from fastapi import APIRouter, FastAPI, Request
from starlette.types import Message
from structlog.testing import LogCapture

from shared.auth import Caller, Role
from shared.telemetry.http import Observed
from shared.telemetry.metrics import REGISTRY


@pytest.fixture
def lines() -> Iterator[LogCapture]:
    """The lines logged during a test, with what is bound to the request."""
    capture = LogCapture()
    before = structlog.get_config()
    structlog.configure(processors=[structlog.contextvars.merge_contextvars, capture])
    yield capture
    structlog.configure(**before)


@pytest.fixture
def app() -> FastAPI:
    router = APIRouter(prefix="/v1")

    @router.get("/students/{student_id}")
    async def student(student_id: str, request: Request) -> str:
        request.state.caller = Caller("c-1", "demo", Role.COUNSELOR)
        return str(request.state.request_id)

    @router.get("/broken")
    async def broken() -> None:
        raise LookupError("Ada")

    @router.get("/livez")
    async def livez() -> None:
        """Asked every second."""

    @router.get("/slow")
    async def slow() -> None:
        await asyncio.Event().wait()

    app = FastAPI()
    app.include_router(router)
    app.add_api_route("/livez", livez)
    app.add_middleware(Observed)
    return app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


def counted(route: str, status: str, method: str = "GET") -> float:
    labels = {"method": method, "route": route, "status": status}
    return REGISTRY.get_sample_value("rapport_http_requests_total", labels) or 0.0


async def test_a_request_is_told_by_its_template_and_never_by_its_path_query_or_headers(
    client: httpx2.AsyncClient, lines: LogCapture
) -> None:
    answer = await client.get(
        "/v1/students/st-00042?q=Lovelace", headers={"Authorization": "Bearer s3cret", "X-Name": "Ada"}
    )
    (line,) = lines.entries
    assert line.pop("duration_ms") >= 0
    assert line == {
        "event": "request",
        "log_level": "info",
        "method": "GET",
        "route": "/v1/students/{student_id}",
        "status": 200,
        "district_id": "demo",
        "role": "counselor",
        "request_id": answer.headers["x-request-id"],
    }


async def test_requests_are_counted_and_timed_by_template(client: httpx2.AsyncClient) -> None:
    route = "/v1/students/{student_id}"
    before = counted(route, "200")
    for number in range(3):
        await client.get(f"/v1/students/st-{number}")
    assert counted(route, "200") - before == 3
    timed = REGISTRY.get_sample_value("rapport_http_request_seconds_count", {"method": "GET", "route": route})
    assert timed is not None
    assert timed >= 3


async def test_unknown_paths_and_methods_add_no_label_of_their_own(
    client: httpx2.AsyncClient, lines: LogCapture
) -> None:
    before = counted("unmatched", "404"), counted("unmatched", "404", "other")
    await client.get("/wp-admin/1")
    await client.get("/wp-admin/2")
    await client.request("BREW", "/coffee")
    after = counted("unmatched", "404"), counted("unmatched", "404", "other")
    assert (after[0] - before[0], after[1] - before[1]) == (2, 1)
    assert {line["route"] for line in lines.entries} == {"unmatched"}


async def test_a_harmless_request_id_is_taken_over_and_any_other_replaced(client: httpx2.AsyncClient) -> None:
    token = {"Authorization": "Bearer s3cret"}
    taken = await client.get("/v1/students/1", headers=token | {"X-Request-ID": "vendor-4711.a_b"})
    assert (taken.headers["x-request-id"], taken.json()) == ("vendor-4711.a_b", "vendor-4711.a_b")
    for bad in ("short", "a" * 65, 'x"}{"level":"info', "Ada Lovelace"):
        replaced = await client.get("/v1/students/1", headers=token | {"X-Request-ID": bad})
        assert len(replaced.headers["x-request-id"]) == 32


async def test_what_nobody_known_calls_his_request_is_not_taken_over(
    client: httpx2.AsyncClient, lines: LogCapture
) -> None:
    answer = await client.get("/v1/students/1", headers={"X-Request-ID": "7KHD-M4PX-9RWC"})
    assert len(answer.headers["x-request-id"]) == 32
    assert "7KHD" not in str(lines.entries)


async def test_a_failure_is_logged_with_the_requests_id_and_counts_as_500(
    client: httpx2.AsyncClient, lines: LogCapture
) -> None:
    before = counted("/v1/broken", "500")
    await client.get("/v1/broken", headers={"Authorization": "Bearer s3cret", "X-Request-ID": "vendor-1234"})
    assert counted("/v1/broken", "500") - before == 1
    failed, told = lines.entries
    assert (failed["event"], failed["request_id"], type(failed["exc_info"])) == (
        "request_failed",
        "vendor-1234",
        LookupError,
    )
    assert (told["event"], told["status"], told["request_id"]) == ("request", 500, "vendor-1234")


async def test_a_client_that_goes_before_the_answer_is_told_as_499(app: FastAPI, lines: LogCapture) -> None:
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/v1/slow",
        "raw_path": b"/v1/slow",
        "query_string": b"",
        "headers": [],
        "http_version": "1.1",
        "scheme": "http",
        "server": ("test", 80),
        "root_path": "",
    }

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Message) -> None:
        raise AssertionError(message)

    request = asyncio.create_task(app(scope, receive, send))
    while "route" not in scope:
        await asyncio.sleep(0)
    request.cancel()
    with pytest.raises(asyncio.CancelledError):
        await request
    assert [line["status"] for line in lines.entries] == [499]


async def test_health_is_counted_and_not_logged(client: httpx2.AsyncClient, lines: LogCapture) -> None:
    before = counted("/livez", "200")
    await client.get("/livez")
    assert counted("/livez", "200") - before == 1
    assert lines.entries == []


async def test_nothing_stays_bound_after_a_request(client: httpx2.AsyncClient, lines: LogCapture) -> None:
    await client.get("/v1/students/1")
    await client.get("/v1/broken")
    assert structlog.contextvars.get_contextvars() == {}
