"""A bus of each kind, for the tests that hold for both, and what they share it by."""

import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.bus.base import PARTITIONS, Bus
from shared.bus.connect import connect


@pytest.fixture
def local_url(tmp_path: Path) -> str:
    """An embedded bus that does not exist yet, as a value of EVENT_BUS_URL."""
    return f"sqlite:///{tmp_path / 'bus.db'}"


@pytest.fixture
def kafka_url(request: pytest.FixtureRequest) -> str:
    """The shared broker, with a session short enough to be waited for."""
    return f"{request.getfixturevalue('broker').url}?session_seconds=2"


@pytest.fixture(params=["local", pytest.param("kafka", marks=pytest.mark.kafka)])
def bus_url(request: pytest.FixtureRequest) -> str:
    """Whatever asks for it runs on the embedded bus and on Kafka."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
async def bus(bus_url: str) -> AsyncIterator[Bus]:
    """A connection to it."""
    connection = connect(bus_url, client_id="test")
    yield connection
    await connection.close()


@pytest.fixture
async def topic(bus: Bus) -> str:
    """An empty topic of the test's own."""
    name = f"test-{uuid.uuid4().hex}"
    await bus.ensure_topics({name: PARTITIONS})
    return name
