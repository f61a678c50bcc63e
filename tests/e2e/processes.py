"""The suite as real processes, which a test starts, kills and starts again."""

import os
import signal
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2

from shared.auth import Role
from shared.auth.issuing import issue_token
from shared.auth.local_keys import ensure_keys
from shared.crypto import ensure_field_keys, field_keys_path
from shared.testing.engine import free_port
from shared.testing.postgres import PostgresServer
from tests.e2e.forking import PACKAGES, Forked, fork_server

PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Engines:
    """What the suite runs on: one bus, and a database for each service."""

    databases: Mapping[str, str]
    """Their addresses by package."""
    bus: str


def embedded(home: Path) -> Engines:
    """SQLite and the embedded bus."""
    return Engines({package: f"sqlite:///{home / package}.db" for package in PACKAGES}, f"sqlite:///{home / 'bus.db'}")


def on_servers(server: PostgresServer, bus: str) -> Engines:
    """PostgreSQL, with new databases, and the bus at this address."""
    name = uuid4().hex[:8]
    return Engines({package: server.create_database(f"{package}_{name}") for package in PACKAGES}, bus)


@dataclass(slots=True)
class Part:
    """One process of the suite, such as `referral_api serve`."""

    package: str
    verb: str
    port: int = field(default_factory=free_port)
    process: Forked | None = None


class RunningSuite:
    """Processes of the services over the same engines, in a district that nobody else on these engines has."""

    def __init__(self, home: Path, engines: Engines, parts: list[tuple[str, str]]) -> None:
        self.district_id = f"d-{uuid4().hex[:8]}"
        self.home = home
        self.engines = engines
        self.parts = [Part(package, verb) for package, verb in parts]
        ensure_keys(home / "keys")
        (home / "imports").mkdir(exist_ok=True)
        packages = {package for package, _ in parts}
        for package in packages:
            ensure_field_keys(field_keys_path(home / "keys", package))
        with ThreadPoolExecutor() as at_once:
            list(at_once.map(lambda package: self.run(package, "migrate"), packages))

    def environment(self, package: str, port: int) -> dict[str, str]:
        """What a process is told."""
        return {
            **os.environ,
            "DATABASE_URL": self.engines.databases[package],
            "EVENT_BUS_URL": self.engines.bus,
            "KEYS_DIR": str(self.home / "keys"),
            "IMPORT_DIR": str(self.home / "imports"),
            "PORT": str(port),
            "LOG_LEVEL": "warning",
        }

    def run(self, package: str, *words: str) -> str:
        """Run a verb to its end; what it printed."""
        printed = self.home / f"{package}-{'-'.join(words)}-{uuid4().hex}.log"
        environment = self.environment(package, free_port())
        status = fork_server().start(package, *words, environment=environment, log=printed).wait(120)
        said = printed.read_text(encoding="utf-8")
        assert status == 0, said
        return said

    def start(self, part: Part) -> None:
        """Start a process; it may take a moment to be ready."""
        log = self.home / f"{part.package}-{part.verb}.log"
        environment = self.environment(part.package, part.port)
        part.process = fork_server().start(part.package, part.verb, environment=environment, log=log)

    def kill(self, part: Part) -> None:
        """End it as a power cut would."""
        assert part.process is not None
        part.process.send_signal(signal.SIGKILL)
        part.process.wait(PATIENCE_SECONDS)

    def stop(self) -> None:
        """End every process, politely first."""
        for part in self.parts:
            if part.process is not None:
                part.process.send_signal(signal.SIGCONT)
                part.process.send_signal(signal.SIGTERM)
        for part in self.parts:
            if part.process is not None:
                try:
                    part.process.wait(15)
                except TimeoutError:
                    self.kill(part)

    def start_all(self) -> None:
        """Start every process and wait until each is ready."""
        for part in self.parts:
            self.start(part)
        for part in self.parts:
            self.until_ready(part)

    def until_ready(self, part: Part) -> None:
        """Wait for /readyz."""
        until(lambda: self._status(part) == 200, f"{part.package} {part.verb} is ready")

    def _status(self, part: Part) -> int:
        try:
            return httpx2.get(f"http://127.0.0.1:{part.port}/readyz", timeout=5, verify=False).status_code
        except httpx2.HTTPError:
            return 0

    def part(self, package: str, verb: str) -> Part:
        """The process of this kind."""
        return next(p for p in self.parts if (p.package, p.verb) == (package, verb))

    def client(
        self,
        package: str,
        role: str = "counselor",
        sub: str = "c-1",
        *,
        schools: list[str] | None = None,
        verbs: Collection[str] = ("serve", "api"),
    ) -> httpx2.Client:
        """A client of the service's API with a token for the whole district, or for these schools.

        It asks the first of the service's processes that run one of the verbs.
        """
        api = next(p for p in self.parts if p.package == package and p.verb in verbs)
        now = datetime.now(UTC)
        token = issue_token(
            self.home / "keys", sub=sub, district_id=self.district_id, role=Role(role), school_ids=schools, now=now
        )
        return httpx2.Client(
            base_url=f"http://127.0.0.1:{api.port}",
            headers={"Authorization": f"Bearer {token}"},
            timeout=20,
            verify=False,  # nothing here is encrypted, and to read the certificates takes 20 ms each time
        )

    def funnel(self, by: str) -> dict[tuple[str, ...], int]:
        """How many were submitted, by these keys, as the view says."""
        now = datetime.now(UTC)
        years = {now.year, now.year + 1}
        found: dict[tuple[str, ...], int] = {}
        with self.client("reporting") as client:
            for year in years:
                answer = client.get(f"/v1/views/referral-funnel?school_year={year}&by={by}")
                assert answer.status_code == 200, answer.text
                for row in answer.json()["rows"]:
                    if row["stage"] == "submitted" and row["n"]:
                        key = tuple(str(row[k]) for k in by.split(","))
                        found[key] = found.get(key, 0) + row["n"]
        return found

    def lag(self) -> int:
        """Records on the bus that no view shows yet."""
        with self.client("reporting", "district_admin") as client:
            return int(client.get("/v1/freshness").json()["lag"])


def until(holds: Callable[[], Any], what: str, *, seconds: float = PATIENCE_SECONDS) -> None:
    """Look again until it holds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.05)


@contextmanager
def running(home: Path, engines: Engines, *parts: tuple[str, str]) -> Iterator[RunningSuite]:
    """The suite, ready; stopped at the end."""
    suite = RunningSuite(home, engines, list(parts))
    try:
        suite.start_all()
        yield suite
    finally:
        suite.stop()
