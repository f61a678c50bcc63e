"""What every service is told from outside: environment variables, read once, checked, frozen."""

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

_BROKERS = re.compile(r"kafka://[^/:,\s]+:\d{1,5}(,[^/:,\s]+:\d{1,5})*(\?session_seconds=\d{1,4})?")


def _database_url(url: str) -> str:
    if not (_is_sqlite_file(url) or (url.startswith("postgresql://") and urlsplit(url).path.strip("/"))):
        raise ValueError("must be sqlite:////folder/file.db or postgresql://user:password@host:port/database")
    return url


def _event_bus_url(url: str) -> str:
    if not (_is_sqlite_file(url) or _BROKERS.fullmatch(url)):
        raise ValueError("must be sqlite:////folder/file.db or kafka://host:port[,host:port]")
    return url


def _http_url(url: str) -> str:
    if not url.startswith(("http://", "https://")) or not urlsplit(url).hostname:
        raise ValueError("must be an http or https URL")
    return url


def _is_sqlite_file(url: str) -> bool:
    return url.startswith("sqlite:///") and len(url) > len("sqlite:///") and ":memory:" not in url


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError) as error:  # not well formed, a folder of zones, none of that name
        raise ValueError("must be an IANA time zone, for instance America/Chicago") from error
    return name


DatabaseUrl = Annotated[str, AfterValidator(_database_url)]
EventBusUrl = Annotated[str, AfterValidator(_event_bus_url)]
HttpUrl = Annotated[str, AfterValidator(_http_url)]
TimeZoneName = Annotated[str, AfterValidator(_time_zone)]


class ServiceSettings(BaseSettings):
    """What is set for any service; each subclasses it with its own. An empty variable counts as not set."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True)

    database_url: DatabaseUrl = Field(
        repr=False,
        description="The service's own database: `sqlite:////folder/file.db` or "
        "`postgresql://user:password@host:port/database`. No default: a service that began on the wrong, empty "
        "database would answer as if the district had no data.",
    )
    event_bus_url: EventBusUrl = Field(
        repr=False,
        description="The bus that all services share: `sqlite:////folder/bus.db` on one machine, "
        "`kafka://host:port[,host:port]` beyond. No default: services on different buses would never meet.",
    )
    keys_dir: Path = Field(
        description="The keys' folder: `token-signing.json`, `token-verifying.json`, `field-keys-<package>.json`. "
        "What is missing is made at the first start, readable by its owner only. No default: lost keys are lost data.",
    )
    oidc_issuer: HttpUrl | None = Field(
        default=None,
        description="The issuer URL of the district's identity provider. When set, tokens are verified with the keys "
        "its discovery document names, and local tokens are refused. Not set: local keys, as `make token` uses.",
    )
    oidc_audience: str | None = Field(
        default=None,
        description="What a token's `aud` must contain; needed with OIDC_ISSUER, since a token meant for another "
        "application of the same provider must not open this one.",
    )
    host: str = Field(
        default="127.0.0.1",
        description="The address to listen on. Only this machine by default: being reachable is a decision.",
    )
    port: int = Field(
        default=8000, ge=1, le=65535, description="The TCP port of HTTP. Each service has its own default."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least severe log line that is written. `info` holds one line per request."
    )
    otel_exporter_otlp_endpoint: HttpUrl | None = Field(
        default=None,
        description="The OpenTelemetry collector (OTLP over HTTP) that spans are sent to. Not set: tracing is off and "
        "costs nothing.",
    )
    parent_pid: int | None = Field(
        default=None,
        ge=2,
        description="The process ends itself when its parent is no longer this one, looked at every second, so "
        "that no service outlives a supervisor that was killed. Not set: it lives on.",
    )
    body_limit_bytes: int = Field(
        default=1 << 20,
        ge=1 << 10,
        description="The largest request body in bytes; larger ones are answered 413. 1 MiB holds a list of 500 "
        "records. Imports have a limit of their own.",
    )
    database_pool_size: int = Field(
        default=32,
        ge=1,
        le=500,
        description="The most connections to PostgreSQL that one process opens. 32 keeps two cores busy; the sum over "
        "all processes must stay below the server's `max_connections`. Without effect on SQLite.",
    )

    idempotency_keys_days: int = Field(
        default=7,
        ge=1,
        le=3650,
        description="Days for which a repeated POST with the same Idempotency-Key gets the first answer; after them it "
        "is a new request. 7 days outlast a phone that was offline for a weekend.",
    )
    inbox_days: int = Field(
        default=400,
        ge=1,
        le=3650,
        description="Days for which an event that is announced again is known as seen. Must be longer than any "
        "dead letter waits for its replay: a forgotten event would count twice.",
    )

    @model_validator(mode="after")
    def _issuer_has_audience(self) -> Self:
        if self.oidc_issuer and not self.oidc_audience:
            raise ValueError("OIDC_AUDIENCE is needed with OIDC_ISSUER")
        return self

    @classmethod
    def from_environment(cls) -> Self:
        """The settings of this process. Raises: pydantic's ValidationError, which holds no values."""
        return cls()


SettingsT = TypeVar("SettingsT", bound=ServiceSettings)


def read_settings(kind: type[SettingsT]) -> SettingsT:
    """The settings for a program's first line: each fault is a line on stderr, and any ends it (status 2)."""
    try:
        return kind.from_environment()
    except ValidationError as error:
        for line in faults_of(error):
            sys.stderr.write(f"{line}\n")
        sys.exit(2)


def faults_of(error: ValidationError) -> list[str]:
    """What is wrong with the environment, a line per variable; never a value, which may hold a password."""
    lines = []
    for fault in error.errors(include_input=False, include_url=False):
        name = ".".join(str(part) for part in fault["loc"]).upper()
        problem = "is required" if fault["type"] == "missing" else fault["msg"].removeprefix("Value error, ")
        lines.append(f"{name}: {problem}" if name else problem)
    return lines


@dataclass(frozen=True, slots=True)
class SettingRow:
    """One environment variable as the generated documentation shows it."""

    name: str
    kind: str
    default: str
    meaning: str


def setting_rows(kind: type[ServiceSettings]) -> Sequence[SettingRow]:
    """Every environment variable of a service, in the order of its class, those of all services first."""
    schema = kind.model_json_schema()
    required = schema.get("required", [])
    return [
        SettingRow(
            name=name.upper(),
            kind=_kind(described),
            default="required" if name in required else _default(described.get("default")),
            meaning=described.get("description", ""),
        )
        for name, described in schema["properties"].items()
    ]


_KINDS = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false"}


def _kind(described: dict[str, Any]) -> str:
    """A field's JSON schema in words: what may be written into the variable."""
    for choice in described.get("anyOf", ()):
        if choice.get("type") != "null":
            return _kind(choice)
    if "enum" in described:
        return "one of " + ", ".join(f"`{value}`" for value in described["enum"])
    if described.get("format") == "path":
        return "path"
    words = _KINDS.get(str(described.get("type")), "text")
    least, most = described.get("minimum"), described.get("maximum")
    if least is not None and most is not None:
        return f"{words}, {least:,} to {most:,}"
    return f"{words}, at least {least:,}" if least is not None else words


def _default(value: object) -> str:
    return "not set" if value is None else f"`{value}`"
