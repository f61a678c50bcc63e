"""One JSON line per happening on stdout, from our code and from libraries, without personal data.

An exception is told by its type and the places it passed. Its message only where the class is known to hold no data:
pydantic's and a driver's messages quote the row, and the row holds a child.
"""

import logging
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from types import TracebackType
from typing import Any

import orjson
import structlog

from shared.telemetry.tracing import current_trace_id

_MOST_FRAMES = 20
_MOST_CAUSES = 5
# The system's own words: paths, addresses, module names. Never what a request or a row held.
_SAFE_MESSAGES = (OSError, ImportError, NotImplementedError)
_OUR_PACKAGES = frozenset({"shared", "referral_api", "climate_survey_api", "training_registry", "reporting"})
# These say at info what only their developers want to know.
_QUIET = ("aiokafka", "aiosqlite", "alembic", "asyncio", "sqlalchemy", "uvicorn")


def configure_logging(service: str, level: str = "info") -> None:
    """Let every line of this process, libraries' too, be JSON on stdout that names the service."""
    number = logging.getLevelNamesMapping()[level.upper()]
    common: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        _Origin(service),
        _describe_exception,
    ]
    structlog.configure(
        processors=[*common, structlog.processors.JSONRenderer(serializer=_as_json)],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.BytesLoggerFactory(sys.stdout.buffer),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_first_line, *common],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(serializer=_as_text),
            ],
            keep_exc_info=False,
        )
    )
    logging.basicConfig(handlers=[handler], level=number, force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(number, logging.WARNING))
    logging.captureWarnings(True)
    sys.excepthook = _log_uncaught


class _Origin:
    """Says which service a line is from, and which trace."""

    def __init__(self, service: str) -> None:
        self._service = service

    def __call__(self, _logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        event["service"] = self._service
        if (trace_id := current_trace_id()) is not None:
            event["trace_id"] = trace_id
        return event


def described(error: BaseException) -> dict[str, Any]:
    """An exception without its data: its type, its frames, its causes, and words known to be safe."""
    told: dict[str, Any] = {"type": _name(error), "frames": _frames(error.__traceback__)}
    if (words := _words(error)) is not None:
        told["message"] = words
    if (state := getattr(getattr(error, "orig", error), "sqlstate", None)) is not None:
        told["sqlstate"] = str(state)
    if causes := [_name(cause) for cause in _causes(error)]:
        told["causes"] = causes
    return told


def _name(error: BaseException) -> str:
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _words(error: BaseException) -> str | None:
    """The message where it may be told. Our own refusals repeat no values: that is a rule of the house."""
    is_ours = type(error).__module__.partition(".")[0] in _OUR_PACKAGES
    return str(error)[:500] if is_ours or isinstance(error, _SAFE_MESSAGES) else None


def _frames(trace: TracebackType | None) -> list[str]:
    frames = traceback.StackSummary.extract(traceback.walk_tb(trace), lookup_lines=False)
    return [f"{f.filename}:{f.lineno} {f.name}" for f in frames[-_MOST_FRAMES:]]


def _causes(error: BaseException) -> list[BaseException]:
    causes: list[BaseException] = []
    cause = error.__cause__ or error.__context__
    while cause is not None and cause not in causes and len(causes) < _MOST_CAUSES:
        causes.append(cause)
        cause = cause.__cause__ or cause.__context__
    return causes


def _describe_exception(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    given = event.pop("exc_info", None)
    if given is True:
        given = sys.exc_info()
    error = given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        event["exception"] = described(error)
    return event


def _first_line(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A library's further lines are exceptions and objects as text, such as asyncio's `future: <Task ...>`."""
    event["event"] = str(event.get("event", "")).partition("\n")[0][:1000]
    record: logging.LogRecord | None = event.get("_record")
    if record is not None:
        event["logger"] = record.name
        event["exc_info"] = record.exc_info
    return event


def _as_json(event: Mapping[str, Any], **_: Any) -> bytes:
    return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS)


def _as_text(event: Mapping[str, Any], **_: Any) -> str:
    return _as_json(event).decode()


def _log_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    structlog.get_logger(__name__).critical("uncaught", exc_info=error.with_traceback(trace))
