"""One event can be followed from the request through the outbox's header to the batch that applied it."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

import httpx2
import pytest
import structlog
from fastapi import FastAPI
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from shared.cloudevents import to_message
from shared.events.base import Event
from shared.http.app import create_app
from shared.telemetry.health import Readiness
from shared.telemetry.http import Observed
from shared.telemetry.tracing import (
    MOST_LINKS,
    batch_span,
    current_trace_id,
    current_traceparent,
    server_span,
    stop_tracing,
    trace_to,
)

ROOT = Path(__file__).parents[3]
CALLERS = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
TOKEN = {"Authorization": "Bearer s3cret"}


class SomethingHappened(Event):
    """A fact for the tests."""

    name: ClassVar[str] = "something.happened.v1"
    topic: ClassVar[str] = "things"

    @property
    def key(self) -> str:
        """One key for all."""
        return "k"


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    trace_to("referral-api", SimpleSpanProcessor(exporter))
    yield exporter
    stop_tracing()


def app() -> FastAPI:
    """Announces an event per request and answers with its `traceparent` header."""
    app = FastAPI()

    @app.post("/v1/things/{thing_id}")
    async def make(thing_id: str) -> str | None:
        event = SomethingHappened(event_id=UUID(int=1), occurred_at=datetime(2026, 1, 1, tzinfo=UTC), district_id="d")
        message = to_message(event, source="referral-api", traceparent=current_traceparent())
        found = dict(message.headers).get("ce_traceparent")
        return found.decode() if found else None

    app.add_middleware(Observed)
    return app


async def announced(headers: dict[str, str] | None = None) -> str | None:
    transport = httpx2.ASGITransport(app=app())
    async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
        answer = await client.post("/v1/things/a-name", headers=headers)
        told: str | None = answer.json()
        return told


async def test_a_trace_begins_with_who_has_no_token(spans: InMemorySpanExporter) -> None:
    await announced({"traceparent": CALLERS})
    assert only(spans).parent is None


def only(spans: InMemorySpanExporter) -> ReadableSpan:
    (span,) = spans.get_finished_spans()
    return span


async def test_the_batch_that_applies_an_event_is_linked_to_the_request_that_caused_it(
    spans: InMemorySpanExporter,
) -> None:
    header = await announced(TOKEN | {"traceparent": CALLERS})
    request = only(spans)
    with batch_span("apply", [header], events=1):
        pass
    batch = spans.get_finished_spans()[1]
    assert request.context is not None
    assert request.parent is not None
    assert f"{request.context.trace_id:032x}" == CALLERS.split("-")[1]
    assert f"{request.parent.span_id:016x}" == CALLERS.split("-")[2]
    assert header == f"00-{request.context.trace_id:032x}-{request.context.span_id:016x}-01"
    (link,) = batch.links
    assert (link.context.trace_id, link.context.span_id) == (request.context.trace_id, request.context.span_id)
    assert batch.parent is None
    assert (request.kind, batch.kind) == (SpanKind.SERVER, SpanKind.CONSUMER)
    assert request.resource.attributes["service.name"] == "referral-api"


async def test_a_requests_span_tells_its_template_and_not_its_path(spans: InMemorySpanExporter) -> None:
    await announced()
    span = only(spans)
    assert span.name == "POST /v1/things/{thing_id}"
    assert dict(span.attributes or {}) == {
        "http.request.method": "POST",
        "http.route": "/v1/things/{thing_id}",
        "http.response.status_code": 200,
    }
    assert "a-name" not in span.to_json()


async def test_without_a_caller_who_traces_a_trace_begins_here(spans: InMemorySpanExporter) -> None:
    first, second = await announced(), await announced()
    assert first is not None
    assert second is not None
    assert first.split("-")[1] != second.split("-")[1]


@pytest.mark.parametrize(
    "header",
    [
        "",
        "nonsense",
        CALLERS[:-1],
        "ff" + CALLERS[2:],
        f"00-{'0' * 32}-b7ad6b7169203331-01",
        CALLERS.upper(),
        CALLERS + "x",
    ],
)
async def test_a_header_that_is_none_begins_a_trace_of_its_own(header: str, spans: InMemorySpanExporter) -> None:
    await announced(TOKEN | {"traceparent": header})
    assert only(spans).parent is None


def test_a_batch_names_at_most_twenty_causes_taken_evenly(spans: InMemorySpanExporter) -> None:
    causes = [f"00-{number:032x}-b7ad6b7169203331-01" for number in range(1, 1001)]
    with batch_span("apply", [None, *causes, *causes, "nonsense"], events=2002):
        pass
    span = only(spans)
    numbers = [link.context.trace_id for link in span.links]
    assert len(numbers) <= MOST_LINKS
    assert numbers[0] == 1
    assert numbers[-1] > 900
    assert (span.attributes or {})["messaging.batch.message_count"] == 2002


def test_an_exception_leaves_no_words_in_a_span(spans: InMemorySpanExporter) -> None:
    for span in (server_span("GET", None), batch_span("apply", [], events=0)):
        with pytest.raises(LookupError), span:
            raise LookupError("Ada-Lovelace")
    for finished in spans.get_finished_spans():
        assert "Ada-Lovelace" not in finished.to_json()


async def test_a_requests_access_line_is_written_within_its_trace(spans: InMemorySpanExporter) -> None:
    seen: list[str | None] = []

    def note(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        seen.append(current_trace_id())
        raise structlog.DropEvent

    before = structlog.get_config()
    structlog.configure(processors=[note])
    try:
        await announced(TOKEN | {"traceparent": CALLERS})
    finally:
        structlog.configure(**before)
    assert seen == [CALLERS.split("-")[1]]


async def test_what_machines_ask_every_second_leaves_no_span(spans: InMemorySpanExporter) -> None:
    app = FastAPI()
    app.add_middleware(Observed)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://test") as client:
        await client.get("/livez")
    assert spans.get_finished_spans() == ()


def test_log_lines_can_name_the_trace(spans: InMemorySpanExporter) -> None:
    with server_span("GET", CALLERS):
        assert current_trace_id() == CALLERS.split("-")[1]
    assert current_trace_id() is None


async def test_without_a_collector_nothing_is_traced_and_no_header_added() -> None:
    assert await announced(TOKEN | {"traceparent": CALLERS}) is None
    with batch_span("apply", [CALLERS], events=1) as span:
        assert span is None
        assert (current_traceparent(), current_trace_id()) == (None, None)


def test_without_a_collector_the_sdk_is_not_even_imported() -> None:
    program = (
        "import sys, shared.telemetry.http, shared.telemetry.logging, shared.telemetry.health\n"
        "from shared.settings import ServiceSettings\n"
        "from shared.telemetry.tracing import configure_tracing\n"
        "configure_tracing('x', ServiceSettings.model_construct(otel_exporter_otlp_endpoint=None))\n"
        "heavy = ('opentelemetry.sdk', 'opentelemetry.exporter', 'aiohttp', 'requests')\n"
        "print([m for m in sys.modules if m.startswith(heavy)])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


async def test_the_framework_sends_no_spans_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """They would hold paths and queries, where names may stand."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr("opentelemetry.trace.get_tracer_provider", lambda: provider)
    runtime: Any = None  # nothing that is asked here needs one
    app = create_app(runtime, (), title="t", description="d", readiness=Readiness())
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://test") as client:
        assert (await client.get("/livez?name=Ada")).status_code == 200
    assert not exporter.get_finished_spans()
