"""Real processes, killed, frozen and cut off: what was answered is there, and counts once."""

import random
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from shared.bus.base import Message
from shared.bus.connect import connect
from shared.testing.kafka import KafkaBroker, kafka_broker
from shared.testing.postgres import PostgresServer, postgres_server
from tests.e2e.load import Load, all_stored, ensure_all_counted_once
from tests.e2e.processes import Engines, RunningSuite, embedded, on_servers, running, until
from tests.e2e.roster import load_roster

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

TOGETHER = [("referral_api", "serve"), ("reporting", "serve")]
APART = [
    ("referral_api", "api"),
    ("referral_api", "relay"),
    ("reporting", "api"),
    ("reporting", "consume"),
]
SESSION_SECONDS = 2
"""After which a silent reader's partitions are another's: short, since each that is killed is waited for so long."""
AWAY_SECONDS = 12.0
"""Longer than the relay waits for an answer to what it has sent."""
ROUNDS = {"embedded": 15, "big": 10}
"""Of each layout. Those on Kafka take longer: a reader that comes again waits until its dead self is given up."""


def big(broker: KafkaBroker, postgresql: PostgresServer) -> Engines:
    """Kafka and PostgreSQL."""
    bus = f"{broker.url}?session_seconds={SESSION_SECONDS}"
    return on_servers(postgresql, bus)


@pytest.fixture(scope="module")
def own_broker() -> Iterator[KafkaBroker]:
    """One for all of these: whoever kills it starts it again."""
    with kafka_broker(fast=True) as started:
        yield started


@pytest.fixture
def own_postgresql() -> Iterator[PostgresServer]:
    with postgres_server(fast=False) as started:  # what it acknowledges must outlive its own death
        yield started


@pytest.fixture(params=["embedded", pytest.param("big", marks=[pytest.mark.kafka, pytest.mark.postgresql])])
def engines(request: pytest.FixtureRequest, tmp_path: Path) -> Engines:
    if request.param == "embedded":
        return embedded(tmp_path)
    return big(request.getfixturevalue("own_broker"), request.getfixturevalue("postgresql"))


@contextmanager
def suite_on(home: Path, engines: Engines, parts: list[tuple[str, str]]) -> Iterator[RunningSuite]:
    """The suite with a roster."""
    with running(home, engines, *parts) as suite:
        load_roster(suite)
        yield suite


@pytest.mark.parametrize("parts", [TOGETHER, APART], ids=["together", "apart"])
def test_processes_killed_at_random_under_load_lose_and_double_nothing(
    tmp_path: Path, engines: Engines, parts: list[tuple[str, str]]
) -> None:
    chance, rounds = random.Random(20261122), ROUNDS["big" if engines.bus.startswith("kafka") else "embedded"]
    with suite_on(tmp_path, engines, parts) as suite:
        with Load(suite) as load:
            for _ in range(rounds):
                time.sleep(chance.uniform(0.1, 0.6))  # any moment may be the one
                part = chance.choice(suite.parts)
                suite.kill(part)
                suite.start(part)
                if chance.random() < 0.5:
                    suite.until_ready(part)
        for part in suite.parts:
            suite.until_ready(part)
        assert len(load.answered) > rounds
        ensure_all_counted_once(suite, load)


@pytest.mark.kafka
@pytest.mark.postgresql
def test_while_the_broker_is_away_requests_are_answered_and_everything_arrives_after(
    tmp_path: Path, own_broker: KafkaBroker, postgresql: PostgresServer
) -> None:
    with suite_on(tmp_path, big(own_broker, postgresql), TOGETHER) as suite, Load(suite) as load:
        until(lambda: len(load.answered) > 20, "referrals come in")
        own_broker.kill()
        before = len(load.answered)
        time.sleep(AWAY_SECONDS)
        assert len(load.answered) > before + 100
        assert not load.refused
        assert load.slowest_seconds < 5
        assert suite._status(suite.part("referral_api", "serve")) == 200
        own_broker.start()
        until(lambda: len(load.answered) > before + 200, "referrals still come in")
        load.__exit__()
        ensure_all_counted_once(suite, load)


@pytest.mark.postgresql
@pytest.mark.kafka
def test_while_the_database_is_away_answers_are_503_and_it_recovers_without_a_restart(
    tmp_path: Path, own_broker: KafkaBroker, own_postgresql: PostgresServer
) -> None:
    with suite_on(tmp_path, big(own_broker, own_postgresql), TOGETHER) as suite, Load(suite) as load:
        until(lambda: len(load.answered) > 20, "referrals come in")
        pids = [part.process.pid for part in suite.parts if part.process]
        own_postgresql.kill()
        until(lambda: load.refused[503] > 5, "requests are refused")
        assert suite._status(suite.part("referral_api", "serve")) == 503
        own_postgresql.start()
        answered = len(load.answered)
        until(lambda: len(load.answered) > answered + 20, "referrals come in again")
        load.__exit__()
        ensure_all_counted_once(suite, load)
        assert [part.process.pid for part in suite.parts if part.process and part.process.poll() is None] == pids


async def test_a_poisoned_record_is_set_aside_and_comes_in_by_replay(tmp_path: Path, engines: Engines) -> None:
    with suite_on(tmp_path, engines, TOGETHER) as suite:
        with Load(suite) as load:
            until(lambda: len(load.answered) > 10, "referrals come in")
            bus = connect(engines.bus, client_id="poisoner")
            headers = (("ce_specversion", b"1.0"), ("ce_type", b"referral.submitted.v1"), ("ce_id", b"no uuid"))
            await bus.publish([Message("referrals", b"k", b"\xff not json", headers)])
            await bus.close()
            until(lambda: len(load.answered) > 30, "referrals still come in")
        ensure_all_counted_once(suite, load)
        until(lambda: "1 dead letter" in suite.run("reporting", "dlq", "list"), "the letter is listed")
        listed = suite.run("reporting", "dlq", "list")
        assert "referral.submitted.v1" in listed
        assert "not json" not in listed
        assert "1 replayed" in suite.run("reporting", "dlq", "replay")
        # It is as poisoned as before, so it comes back as a second letter; the rest is as it was.
        until(lambda: "2 dead letters" in suite.run("reporting", "dlq", "list"), "it was read again")
        ensure_all_counted_once(suite, load)


@pytest.mark.kafka
@pytest.mark.postgresql
def test_a_frozen_member_of_the_group_counts_nothing_twice(
    tmp_path: Path, own_broker: KafkaBroker, postgresql: PostgresServer
) -> None:
    parts = [*TOGETHER, ("reporting", "consume")]
    with suite_on(tmp_path, big(own_broker, postgresql), parts) as suite, Load(suite) as load:
        frozen = suite.part("reporting", "consume")
        until(lambda: len(load.answered) > 20 and suite.lag() == 0, "both members read")
        assert frozen.process is not None
        frozen.process.send_signal(signal.SIGSTOP)
        before = len(load.answered)
        until(lambda: len(load.answered) > before + 50, "referrals come in of every partition")
        answered = len(load.answered)
        until(lambda: sum(suite.funnel("school_id").values()) >= answered, "the other member took its partitions")
        frozen.process.send_signal(signal.SIGCONT)
        until(lambda: len(load.answered) > answered + 50, "referrals come in")
        load.__exit__()
        ensure_all_counted_once(suite, load)
        assert frozen.process.poll() is None
        assert len(all_stored(suite)) == len(load.answered)
