"""What a process counts, for Prometheus. One registry per process, which serves one service."""

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.exposition import generate_latest

REGISTRY = CollectorRegistry()
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series per counter, that nobody draws
ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)

http_requests = Counter(
    "rapport_http_requests",
    "Requests answered, by the route's template: paths hold ids.",
    ("method", "route", "status"),
    registry=REGISTRY,
)
http_seconds = Histogram(
    "rapport_http_request_seconds",
    "From the first byte of a request to the last of its answer, in seconds.",
    ("method", "route"),
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    registry=REGISTRY,
)
events_recorded = Counter(
    "rapport_events_recorded",
    "Events put into the outbox; those of a transaction that failed are among them.",
    ("topic",),
    registry=REGISTRY,
)
events_published = Counter(
    "rapport_events_published", "Events that the relay gave to the bus.", ("topic",), registry=REGISTRY
)
events_applied = Counter(
    "rapport_events_applied", "Events whose effect the consumer stored.", ("group",), registry=REGISTRY
)
events_dead_lettered = Counter(
    "rapport_events_dead_lettered",
    "Records that could not be read or applied and were set aside.",
    ("group",),
    registry=REGISTRY,
)
outbox_pending = Gauge(
    "rapport_outbox_pending", "Events recorded and not yet on the bus, when last looked at.", registry=REGISTRY
)
consumer_lag = Gauge(
    "rapport_consumer_lag",
    "Records of a partition that the consumer has not applied, when last looked at.",
    ("group", "topic", "partition"),
    registry=REGISTRY,
)
consumer_age_seconds = Gauge(
    "rapport_consumer_age_seconds",
    "How long the newest applied record had been on the bus when it was applied, in seconds.",
    ("group",),
    registry=REGISTRY,
)
help_requests_overdue = Gauge(
    "rapport_help_requests_overdue",
    "Requests to talk to an adult that nobody took up by the end of the next weekday, when last looked at; none: not "
    "told.",
    ("district",),
    registry=REGISTRY,
)
comments_escalated = Gauge(
    "rapport_comments_escalated",
    "Survey comments that a reader escalated and has not decided anew, when last looked at; none: not told.",
    ("district",),
    registry=REGISTRY,
)


_requests: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}


def count_request(method: str, route: str, status: int, seconds: float) -> None:
    """Count one request. Its two series are kept at hand: looking them up costs more than adding to them."""
    key = (method, route, status)
    series = _requests.get(key)
    if series is None:
        series = http_requests.labels(method, route, str(status)), http_seconds.labels(method, route)
        _requests[key] = series
    series[0].inc()
    series[1].observe(seconds)


def exposition() -> bytes:
    """Everything counted, in Prometheus' text format."""
    return generate_latest(REGISTRY)
