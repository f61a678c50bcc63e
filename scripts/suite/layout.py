"""Where everything of one suite lies: services, ports, databases, bus, keys, logs."""

import hashlib
import sys
from dataclasses import dataclass
from pathlib import Path

from shared.testing.kafka import KafkaBroker
from shared.testing.postgres import PostgresServer, can_hold_data

LOCAL = "local"
"""As KAFKA or POSTGRES: run that engine here, as part of the suite."""


@dataclass(frozen=True, slots=True)
class SuiteService:
    """A service as the suite starts it: the name on its log, the package to run, its port above the base."""

    name: str
    package: str
    port_offset: int


SERVICES = (
    SuiteService("referral-api", "referral_api", 1),
    SuiteService("climate-survey-api", "climate_survey_api", 2),
    SuiteService("training-registry", "training_registry", 3),
    SuiteService("reporting", "reporting", 4),
)


@dataclass(frozen=True, slots=True)
class Layout:
    """One suite, as its command line describes it. Two with different `home` and `base` run side by side."""

    home: Path
    base: int
    kafka: str | None
    postgres: str | None

    @property
    def keys(self) -> Path:
        """The folder of the keys."""
        return self.home / "keys"

    @property
    def logs(self) -> Path:
        """One log file per process, and the supervisor's."""
        return self.home / "logs"

    @property
    def supervisor_log(self) -> Path:
        """What the supervisor saw; the announcer reads it."""
        return self.logs / "supervisord.log"

    @property
    def supervisor_pid(self) -> Path:
        """The file that names the supervisor's process while it runs."""
        return self.home / "supervisord.pid"

    @property
    def supervisor_configuration(self) -> Path:
        """What the supervisor was told to run, with the command of each program."""
        return self.home / "supervisord.conf"

    def port(self, service: SuiteService) -> int:
        """Where a service listens."""
        return self.base + service.port_offset

    def url(self, service: SuiteService) -> str:
        """A service's address."""
        return f"http://127.0.0.1:{self.port(service)}"

    def local_kafka(self) -> KafkaBroker | None:
        """The suite's own broker, not started; None when the bus is elsewhere."""
        if self.kafka != LOCAL:
            return None
        return KafkaBroker(self.home / "kafka", port=self.base + 92, controller_port=self.base + 93)

    def local_postgres(self) -> PostgresServer | None:
        """The suite's own PostgreSQL, not started; None when databases are elsewhere."""
        if self.postgres != LOCAL:
            return None
        folder = self.home / "postgres"
        if not can_hold_data(folder):
            # For root the server runs as another account, to which root's home is closed.
            folder = Path("/var/tmp") / f"rapport-postgres-{hashlib.sha256(bytes(self.home)).hexdigest()[:12]}"
        return PostgresServer(folder, port=self.base + 32)

    def bus_url(self) -> str:
        """The value of EVENT_BUS_URL."""
        broker = self.local_kafka()
        if broker is not None:
            return broker.url
        return f"kafka://{self.kafka}" if self.kafka else f"sqlite:///{self.home / 'bus.db'}"

    def server_url(self) -> str | None:
        """The PostgreSQL server's address without a database; None when databases are embedded."""
        server = self.local_postgres()
        if server is not None:
            return server.url
        return self.postgres.rstrip("/") if self.postgres else None

    def database_url(self, service: SuiteService) -> str:
        """The value of DATABASE_URL: each service has a database of its own, named after its package."""
        server = self.server_url()
        return f"{server}/{service.package}" if server else f"sqlite:///{self.home / service.package}.db"

    def environment(self, service: SuiteService) -> dict[str, str]:
        """The environment variables that tell a service all this."""
        return {
            "DATABASE_URL": self.database_url(service),
            "EVENT_BUS_URL": self.bus_url(),
            "KEYS_DIR": str(self.keys),
            "IMPORT_DIR": str(self.home / "imports"),
            "PUBLIC_URL": self.url(service),
            "HOST": "127.0.0.1",
            "PORT": str(self.port(service)),
        }

    def ports(self) -> dict[int, str]:
        """Every port that the suite itself takes, with who takes it."""
        taken = {self.port(s): s.name for s in SERVICES}
        broker, server = self.local_kafka(), self.local_postgres()
        if broker is not None:
            taken |= {broker.port: "Kafka", broker.controller_port: "Kafka's controller"}
        if server is not None:
            taken[server.port] = "PostgreSQL"
        return taken


def program(module: str, *arguments: str) -> list[str]:
    """The words that run one of our modules with this Python."""
    return [sys.executable, "-m", module, *arguments]
