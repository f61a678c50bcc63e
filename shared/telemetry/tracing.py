"""Traces that follow an event from the request through the outbox and the bus to the consumer's batch.

Off unless OTEL_EXPORTER_OTLP_ENDPOINT is set; then OpenTelemetry's SDK is not imported, which saves 13 MB a process.
The context travels as W3C `traceparent`: in a request's header, then as the event's CloudEvents extension.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
    from opentelemetry.trace import Span, SpanContext, Tracer

    from shared.settings import ServiceSettings

MOST_LINKS = 20
"""Parents that one batch names: a batch holds thousands of events, and one span each would cost more than the work."""

_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")

_tracer: "Tracer | None" = None
_provider: "TracerProvider | None" = None


def configure_tracing(service: str, settings: "ServiceSettings") -> None:
    """Send this process's spans to the collector that the settings name; nothing when they name none."""
    if settings.otel_exporter_otlp_endpoint is None:
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    endpoint = settings.otel_exporter_otlp_endpoint.rstrip("/")
    trace_to(service, BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{endpoint}/v1/traces")))


def trace_to(service: str, processor: "SpanProcessor") -> None:
    """Hand every span that ends to this processor."""
    global _provider, _tracer  # one process, one tracer, as the spans' context is the process's too
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider

    stop_tracing()
    _provider = TracerProvider(resource=Resource.create({"service.name": service}), shutdown_on_exit=True)
    _provider.add_span_processor(processor)
    _tracer = _provider.get_tracer("rapport")


def stop_tracing() -> None:
    """Send what is waiting and trace no more."""
    global _provider, _tracer
    if _provider is not None:
        _provider.shutdown()
    _provider = _tracer = None


def is_tracing() -> bool:
    """Whether this process sends spans anywhere."""
    return _tracer is not None


def current_traceparent() -> str | None:
    """The span at work now as W3C `traceparent`, to be stored with what it causes; None when tracing is off."""
    context = _current_context()
    if context is None:
        return None
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


def current_trace_id() -> str | None:
    """The trace that a log line belongs to; None when tracing is off."""
    context = _current_context()
    return None if context is None else f"{context.trace_id:032x}"


@contextmanager
def server_span(method: str, traceparent: str | None) -> "Iterator[Span | None]":
    """The span of one request, child of the caller's where he names one."""
    if _tracer is None:
        yield None
        return
    from opentelemetry.context import Context
    from opentelemetry.trace import NonRecordingSpan, SpanKind, set_span_in_context

    parent = _remote_context(traceparent)
    context = Context() if parent is None else set_span_in_context(NonRecordingSpan(parent), Context())
    with _tracer.start_as_current_span(
        method, context, SpanKind.SERVER, record_exception=False, set_status_on_exception=False
    ) as span:
        yield span


@contextmanager
def batch_span(name: str, traceparents: Iterable[str | None], *, events: int) -> "Iterator[Span | None]":
    """The span of one consumed batch, linked to at most twenty of the requests that caused its events.

    They are taken evenly from the whole batch. A link, not a parent: a batch has many causes.
    """
    if _tracer is None:
        yield None
        return
    from opentelemetry.trace import Link, SpanKind

    distinct = list(dict.fromkeys(t for t in traceparents if t))
    step = max(1, -(-len(distinct) // MOST_LINKS))
    contexts = [_remote_context(t) for t in distinct[::step]]
    with _tracer.start_as_current_span(
        name,
        kind=SpanKind.CONSUMER,
        links=[Link(c) for c in contexts if c is not None],
        attributes={"messaging.batch.message_count": events},
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        yield span


def _current_context() -> "SpanContext | None":
    if _tracer is None:
        return None
    from opentelemetry.trace import get_current_span

    context = get_current_span().get_span_context()
    return context if context.is_valid else None


def _remote_context(traceparent: str | None) -> "SpanContext | None":
    """Source: W3C Trace Context, section 3.2; a later version may carry more after the flags."""
    from opentelemetry.trace import SpanContext, TraceFlags

    found = _TRACEPARENT.fullmatch(traceparent or "")
    if found is None:
        return None
    context = SpanContext(
        int(found[1], 16), int(found[2], 16), is_remote=True, trace_flags=TraceFlags(int(found[3], 16))
    )
    return context if context.is_valid else None
