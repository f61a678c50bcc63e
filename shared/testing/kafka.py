"""A real single-node Apache Kafka (KRaft), run from the jars that Maven fetches once.

The jars lie in the user's cache folder, outside the repository. Java 17 or newer runs them; Maven is needed for the
first fetch only.
"""

import base64
import contextlib
import fcntl
import os
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

from shared.testing.engine import EngineFailed, EngineMissing, EngineProcess, free_port

KAFKA_VERSION = "4.3.1"
_POM = Path(__file__).with_name("kafka-pom.xml")
_START_PATIENCE_SECONDS = 60.0

_PROPERTIES = """
process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
controller.quorum.voters=1@127.0.0.1:{controller_port}
log.dirs={logs}
num.network.threads=2
num.io.threads=4
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
auto.create.topics.enable=false
"""


class KafkaBroker:
    """One broker with its data in `folder`; start it again on the same folder and it has what it had.

    The port stays the same over restarts, as clients expect of a broker that comes back.
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int | None = None,
        controller_port: int | None = None,
        heap_mb: int = 384,
        fast: bool = False,
    ) -> None:
        """`fast` comes up sooner and is slower later: for a broker that lives for minutes and moves little."""
        self.port = port or free_port()
        self.controller_port = controller_port or free_port()
        self.folder = folder.absolute()
        self._heap_mb = heap_mb
        self._compiling = ["-XX:TieredStopAtLevel=1"] if fast else []
        self._process = EngineProcess(
            "Kafka",
            log=self.folder / "kafka.log",
            stop_signal=signal.SIGTERM,
            patience_seconds=_START_PATIENCE_SECONDS,
        )

    @property
    def address(self) -> str:
        """Where clients connect, as host:port."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """The same as a value of EVENT_BUS_URL."""
        return f"kafka://{self.address}"

    @property
    def pid(self) -> int:
        """The broker's process, for who wants to freeze it. Raises: EngineFailed when it does not run."""
        return self._process.pid

    def start(self) -> None:
        """Come up and return when requests are answered.

        Raises: EngineMissing without Java or Maven; EngineFailed when the broker does not come up.
        """
        java = _java()
        jars = fetch_jars()
        self.folder.mkdir(parents=True, exist_ok=True)
        properties = self.folder / "server.properties"
        properties.write_text(
            _PROPERTIES.format(port=self.port, controller_port=self.controller_port, logs=self.folder / "logs"),
            encoding="utf-8",
        )
        classpath = f"{jars}/*"
        if not (self.folder / "logs" / "meta.properties").exists():
            _format(java, classpath, properties)
        self._process.start(
            [
                java,
                "-Xms128m",
                f"-Xmx{self._heap_mb}m",
                "-XX:+UseSerialGC",  # one small broker: no threads spent on collecting
                *self._compiling,
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
                f"-Dkafka.logs.dir={self.folder}",
                *("-cp", classpath),
                "kafka.Kafka",
                str(properties),
            ],
            answers=self._answers,
        )

    def wait(self, timeout_seconds: float) -> bool:
        """Whether the broker has ended, at the latest after the time-out."""
        return self._process.wait(timeout_seconds)

    def stop(self) -> None:
        """End in order, all data flushed. Nothing happens when it does not run."""
        self._process.stop()

    def kill(self) -> None:
        """End at once (`kill -9`)."""
        self._process.kill()

    def _answers(self) -> bool:
        """Whether it tells which requests it takes (ApiVersions, the one request that every client begins with)."""
        header = struct.pack(">hhih", 18, 0, 1, -1)  # its number, version 0, correlation 1, no client id
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
                connection.sendall(struct.pack(">i", len(header)) + header)
                return len(connection.recv(8)) == 8
        except OSError:
            return False


@contextlib.contextmanager
def kafka_broker(*, port: int | None = None, heap_mb: int = 384, fast: bool = False) -> Iterator[KafkaBroker]:
    """A started broker in a temporary folder, both gone afterwards. Raises: EngineMissing, EngineFailed."""
    with tempfile.TemporaryDirectory(prefix="rapport-kafka-", ignore_cleanup_errors=True) as folder:
        broker = KafkaBroker(Path(folder), port=port, heap_mb=heap_mb, fast=fast)
        try:
            broker.start()
            yield broker
        finally:
            broker.kill()


def _java() -> str:
    java = shutil.which("java")
    if java is None:
        raise EngineMissing("Kafka needs Java 17 or newer: no `java` on the PATH")
    return java


def fetch_jars() -> Path:
    """The folder of the jars, fetched when it is not there. Several processes may ask at once.

    Raises: EngineMissing without Maven, or when it cannot fetch them.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "rapport"
    jars = cache / f"kafka-{KAFKA_VERSION}"
    if jars.is_dir():
        return jars
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / f"kafka-{KAFKA_VERSION}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not jars.is_dir():  # another process may have fetched them while we waited for the lock
            _fetch(jars)
    return jars


def _fetch(jars: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise EngineMissing("Kafka's jars are fetched by Maven: no `mvn` on the PATH")
    with tempfile.TemporaryDirectory(dir=jars.parent, prefix="fetching-") as parent:
        fetched = Path(parent) / "jars"
        run = subprocess.run(
            [
                *(maven, "-q", "-B", "-f", str(_POM), "dependency:copy-dependencies"),
                *("-DincludeScope=runtime", f"-DoutputDirectory={fetched}", f"-Dkafka.version={KAFKA_VERSION}"),
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if run.returncode != 0:
            raise EngineMissing(f"Maven could not fetch Kafka's jars:\n{run.stdout[-2000:]}{run.stderr[-2000:]}")
        fetched.rename(jars)  # whole or not at all: an interrupted fetch must not look finished


def _format(java: str, classpath: str, properties: Path) -> None:
    cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    run = subprocess.run(
        [
            *(java, "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
            *("-cp", classpath, "kafka.tools.StorageTool", "format", "-c", str(properties)),
            f"--cluster-id={cluster}",  # one word: one id in 64 begins with a dash and looked like an option
        ],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode != 0:
        raise EngineFailed(f"Kafka's store could not be formatted:\n{run.stdout}{run.stderr}")
