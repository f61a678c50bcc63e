"""A roster whose process is killed in the middle: nothing of it is half there, it says so, and it comes to its end."""

import random
import time
from pathlib import Path
from typing import Any

import httpx2
import pytest

from demo.district import District, Size
from demo.oneroster import write_roster
from shared.testing.kafka import KafkaBroker
from shared.testing.postgres import PostgresServer
from tests.e2e.processes import Engines, embedded, on_servers, running, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

SIZE = Size(schools=12, students=40_000, reference_rate=0.0)
"""Enough that a quick machine takes seconds, and is killed within them."""
KILLS = 3
"""One less than the worker's patience with an import that never ends."""
SERVES = ("referral_api", "serve")


@pytest.fixture(params=["embedded", pytest.param("big", marks=[pytest.mark.kafka, pytest.mark.postgresql])])
def engines(request: pytest.FixtureRequest, tmp_path: Path) -> Engines:
    if request.param == "embedded":
        return embedded(tmp_path)
    server: PostgresServer = request.getfixturevalue("postgresql")
    broker: KafkaBroker = request.getfixturevalue("broker")
    return on_servers(server, broker.url)


@pytest.fixture(scope="module")
def rosters(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """Two of a district, as zips: the same schools, and other names."""
    return [_a_roster(tmp_path_factory.mktemp("rosters"), seed) for seed in (1, 2)]


def _a_roster(folder: Path, seed: int) -> bytes:
    path = folder / "roster.zip"
    for _ in write_roster(path, District("demo", SIZE, seed), school_year=2027):
        pass  # it is written while it is iterated over
    return path.read_bytes()


def send(client: httpx2.Client, body: bytes) -> str:
    """Queue a roster; where to follow it."""
    answer = client.post("/v1/roster/imports", content=body, headers={"Content-Type": "application/zip"})
    assert answer.status_code == 202, answer.text
    return str(answer.headers["location"])


def state(client: httpx2.Client, path: str) -> dict[str, Any]:
    """How far an import is."""
    found: dict[str, Any] = client.get(path).json()
    return found


def until_begun(client: httpx2.Client, path: str, *, times: int) -> None:
    """Wait until it was begun so often: a process just started finds it as the dead one left it."""
    until(lambda: state(client, path)["attempts"] >= times, "the import is begun")


def test_an_import_killed_again_and_again_is_there_as_a_whole_or_not_at_all(
    tmp_path: Path, engines: Engines, rosters: list[bytes]
) -> None:
    chance = random.Random(20261125)
    with running(tmp_path, engines, SERVES) as suite:
        part = suite.part(*SERVES)
        with suite.client("referral_api", "integration") as client, suite.client("referral_api") as reader:

            def schools() -> int:
                return len(reader.get("/v1/schools").json()["items"])

            first, second = [send(client, body) for body in rosters]
            for kill in range(KILLS):
                until_begun(client, first, times=kill + 1)
                time.sleep(chance.uniform(0.0, 0.5))  # any moment may be the one
                if state(client, first)["status"] == "done":
                    break
                suite.kill(part)
                suite.start(part)
                suite.until_ready(part)
                left = state(client, first)
                assert (left["status"], left["rows_applied"]) in {("running", 0), ("done", left["rows_read"])}
                assert (schools() == 0) == (left["status"] == "running")
                assert state(client, second)["status"] == "queued" or left["status"] == "done"
            until(lambda: state(client, second)["status"] in ("done", "refused"), "the second ends", seconds=120)
            ended = [state(client, path) for path in (first, second)]
            assert [(e["status"], e["rows_rejected"]) for e in ended] == [("done", 0)] * 2
            assert ended[0]["attempts"] > 1
            assert ended[0]["rows_applied"] == ended[0]["rows_read"] == ended[1]["rows_applied"]
            assert schools() == SIZE.schools
            # Deleted once the end is told: else a process that died between left an import to begin anew without them.
            until(lambda: not list((tmp_path / "imports").iterdir()), "nothing of them is left on the disk")
