"""Every bench runs at a tiny size: its figures mean nothing there, but it measures both sides and names what it did."""

from collections.abc import Iterator

import pytest

from bench.__main__ import BENCHES
from bench.engines import Engines, in_one_process
from shared.testing.kafka import KafkaBroker
from shared.testing.postgres import PostgresServer

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def engines(broker: KafkaBroker, postgresql: PostgresServer) -> Iterator[Engines]:
    with in_one_process():
        yield Engines(broker, postgresql)


@pytest.mark.kafka
@pytest.mark.postgresql
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", BENCHES)
def test_a_bench_measures_both_sides(engines: Engines, name: str) -> None:
    figures = BENCHES[name](engines, quick=True)

    assert figures
    for figure in figures:
        assert figure.bench
        assert figure.ours
        assert figure.asked
