"""The engines that tests run on: both databases, a real Kafka broker, started once and only when a test asks."""

import gc
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from shared.testing.databases import Databases
from shared.testing.engine import EngineMissing
from shared.testing.kafka import KafkaBroker, kafka_broker
from shared.testing.postgres import PostgresServer, postgres_server

# A busy machine is no fault of the code: how long a case takes is a benchmark's business.
hypothesis.settings.register_profile("rapport", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
# What `make test-fast` asks for: as many examples as find what is plainly wrong.
hypothesis.settings.register_profile("fast", hypothesis.settings.get_profile("rapport"), max_examples=15)
hypothesis.settings.load_profile("rapport")

_MARK_OF_FIXTURE = {"broker": pytest.mark.kafka, "postgresql": pytest.mark.postgresql}
_missing: set[str] = set()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """A process per processor, but not more than four: each starts engines of its own, a gigabyte of memory."""
    return min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1, 4)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs an engine by the fixtures that it asks for, so that `-m "not kafka"` is always true.

    What takes long comes first: begun last, it would be waited for by every other process.
    """
    for item in items:
        for fixture, mark in _MARK_OF_FIXTURE.items():
            if fixture in getattr(item, "fixturenames", ()):
                item.add_marker(mark)
    _leave_rows_to_the_whole_run(items)
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def _leave_rows_to_the_whole_run(items: list[pytest.Item]) -> None:
    """Of a test by table whose every row makes a database, `make test-fast` runs the first row."""
    begun: set[tuple[str, str]] = set()
    for item in items:
        if not isinstance(item, pytest.Function) or "database_url" not in item.fixturenames:
            continue
        engine = "sqlite" if "sqlite" in item.name else "postgresql"
        test = (f"{item.path}::{item.originalname}", engine)
        if test in begun:
            item.add_marker(pytest.mark.slow)
        begun.add(test)


def pytest_collection_finish() -> None:
    """Leave out of every later search for garbage what is loaded by now: it stays to the end."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """What a process could not have is told by the one that started it."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["missing"] = sorted(_missing)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """A process has ended."""
    _missing.update(getattr(node, "workeroutput", {}).get("missing", ()))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One loud line for each engine that could not be had."""
    for reason in sorted(_missing):
        terminalreporter.write_line(f"NOT TESTED: {reason}", red=True, bold=True)


def _go_without(missing: EngineMissing | str) -> None:
    """Skip what asked for the engine; in continuous integration nothing may be left out."""
    _missing.add(str(missing))
    if os.environ.get("CI") == "true":
        pytest.fail(str(missing), pytrace=False)
    pytest.skip(str(missing))


@pytest.fixture(scope="session")
def go_without() -> Callable[[str], None]:
    """Say loudly what is missing, and skip; for what no fixture here starts."""
    return _go_without


@pytest.fixture(scope="session")
def broker() -> Iterator[KafkaBroker]:
    """A real Kafka broker that all tests share: use topics and groups of your own, and do not stop it.

    A fault test starts one of its own with `shared.testing.kafka.kafka_broker()`.
    """
    try:
        with kafka_broker(fast=True) as started:
            yield started
    except EngineMissing as missing:
        _go_without(missing)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresServer]:
    """A real PostgreSQL that all tests share: make databases of your own, and do not stop it."""
    try:
        with postgres_server(fast=True) as started:
            yield started
    except EngineMissing as missing:
        _go_without(missing)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A SQLite database that does not exist yet, as a value of DATABASE_URL."""
    return f"sqlite:///{tmp_path / 'test.db'}"


@pytest.fixture(scope="session")
def databases(postgresql: PostgresServer) -> Iterator[Databases]:
    """The shared server's databases, each given to one test after the other."""
    kept = Databases(postgresql)
    yield kept
    kept.close()


@pytest.fixture
def new_postgresql_url(databases: Databases) -> Iterator[Callable[[], str]]:
    """Gives an empty PostgreSQL database of the test's own, each time another, as a value of DATABASE_URL."""
    given: list[str] = []

    def give() -> str:
        given.append(databases.give())
        return given[-1]

    yield give
    for url in given:
        databases.take_back(url)


@pytest.fixture
def postgresql_url(new_postgresql_url: Callable[[], str]) -> str:
    """An empty PostgreSQL database of the test's own, as a value of DATABASE_URL."""
    return new_postgresql_url()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database_url(request: pytest.FixtureRequest) -> str:
    """An empty database of the test's own; whatever asks for it runs on SQLite and on PostgreSQL."""
    return str(request.getfixturevalue(f"{request.param}_url"))
