"""Respondents on the way when the service is killed: what was received counts once, and nothing counts twice."""

import csv
import io
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from shared.testing.postgres import PostgresServer
from tests.climate_survey_api.responses.surveys import INSTRUMENT, an_instrument, an_item
from tests.e2e.processes import Engines, RunningSuite, embedded, on_servers, running, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

PACKAGE, VERB = "climate_survey_api", "serve"
PEOPLE, AT_ONCE, KILLS = 90, 4, 2
UNIT = {"school_id": "s-1", "respondent_group": "student"}


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def engines(request: pytest.FixtureRequest, tmp_path: Path) -> Engines:
    """Either database, and the embedded bus."""
    if request.param == "sqlite":
        return embedded(tmp_path)
    server: PostgresServer = request.getfixturevalue("postgresql")
    return on_servers(server, f"sqlite:///{tmp_path / 'bus.db'}")


@dataclass
class Respondents:
    """People who answer one after the other, a few at once, and send again what nobody answered."""

    suite: RunningSuite
    codes: list[str]
    chance: random.Random
    received: dict[str, int] = field(default_factory=dict)
    """What was said to be received, by code: the one answer that it held."""
    sent_again: Counter[int] = field(default_factory=Counter)
    """What came of those that were sent more than once, by status."""

    def __post_init__(self) -> None:
        self._answers = {code: self.chance.randint(1, 4) for code in self.codes}
        self._takes = threading.Lock()
        self._waiting = list(self.codes)

    def answer(self) -> None:
        """One phone, until nobody waits any more."""
        url = str(self.suite.client(PACKAGE).base_url)
        with httpx2.Client(base_url=url, timeout=10) as phone:
            while True:
                with self._takes:
                    if not self._waiting:
                        return
                    code = self._waiting.pop()
                self._send_until_answered(phone, code)

    def until_received(self, people: int) -> None:
        """Wait until so many have been answered."""
        until(lambda: len(self.received) >= people, f"{people} have answered")

    def _send_until_answered(self, phone: httpx2.Client, code: str) -> None:
        body = {"code": code, "answers": {"q1": self._answers[code]}}
        statuses: list[int] = []

        def answered() -> bool:
            try:
                statuses.append(phone.post("/v1/responses", json=body).status_code)
            except httpx2.HTTPError:
                statuses.append(0)
            return statuses[-1] in (201, 410)

        until(answered, "somebody's answers are received")
        if len(statuses) > 1:
            self.sent_again[statuses[-1]] += 1
        # Used up without an answer: they were received by a process that was killed before it could say so.
        assert statuses[-1] == 201 or 0 in statuses, statuses
        self.received[code] = self._answers[code]


def test_answers_that_were_received_are_counted_once_whenever_the_service_is_killed(
    tmp_path: Path, engines: Engines
) -> None:
    chance = random.Random(20261126)
    with running(tmp_path, engines, (PACKAGE, VERB)) as suite, _admin(suite) as admin:
        survey, codes = _survey(admin)
        respondents = Respondents(suite, codes, chance)
        with ThreadPoolExecutor(AT_ONCE) as phones:
            answering = [phones.submit(respondents.answer) for _ in range(AT_ONCE)]
            for part in range(1, KILLS + 1):
                respondents.until_received(PEOPLE * part // (KILLS + 1))
                _kill_and_start(suite)
            for phone in answering:
                phone.result()
        assert respondents.sent_again.total() >= KILLS
        assert len(respondents.received) == PEOPLE
        (unit,) = _get(admin, f"/v1/administrations/{survey}/status")["rows"]
        assert (unit["generated"], unit["used"]) == (PEOPLE, PEOPLE)

        _close_amid_a_kill(suite, admin, survey, chance)

        until(lambda: _results(admin, survey), "the answers are counted")
        (row,) = _results(admin, survey)
        assert row["n"] == PEOPLE
        assert row["mean"] == pytest.approx(sum(respondents.received.values()) / PEOPLE)
        favorable = sum(value >= 3 for value in respondents.received.values())
        assert row["favorable"] == pytest.approx(favorable / PEOPLE)


@contextmanager
def _admin(suite: RunningSuite) -> Iterator[httpx2.Client]:
    with suite.client(PACKAGE, "district_admin", "admin-1") as client:
        yield client


def _survey(admin: httpx2.Client) -> tuple[str, list[str]]:
    """One question for the students of a school; its id, and their codes."""
    now = datetime.now(UTC)
    plan = {
        "instrument_id": INSTRUMENT,
        "version": 1,
        "name": "Fall",
        "opens_at": now.isoformat(),
        "closes_at": (now + timedelta(days=1)).isoformat(),
        "mode": "anonymous",
        "languages": ["en"],
        "schools": [{"school_id": "s-1", "invited": {"student": PEOPLE}}],
    }
    _made(admin.post("/v1/instruments", json=an_instrument([an_item("q1")])))
    survey = _made(admin.post("/v1/administrations", json=plan)).json()["administration_id"]
    _made(admin.post(f"/v1/administrations/{survey}/opening", json={}))
    sheet = _made(admin.post(f"/v1/administrations/{survey}/access-codes", json=UNIT | {"count": PEOPLE})).text
    return survey, [row["code"] for row in csv.DictReader(io.StringIO(sheet.removeprefix("\ufeff")))]


def _kill_and_start(suite: RunningSuite) -> None:
    part = suite.part(PACKAGE, VERB)
    suite.kill(part)
    suite.start(part)
    suite.until_ready(part)


def _close_amid_a_kill(suite: RunningSuite, admin: httpx2.Client, survey: str, chance: random.Random) -> None:
    """Close it, and kill the service meanwhile; close it again."""
    path = f"/v1/administrations/{survey}/closing"

    def close_once() -> None:
        with _admin(suite) as another:
            try:
                another.post(path, json={})
            except httpx2.HTTPError:
                return

    closing = threading.Thread(target=close_once)
    closing.start()
    time.sleep(chance.uniform(0.0, 0.05))  # any moment may be the one
    _kill_and_start(suite)
    closing.join()
    _made(admin.post(path, json={}))


def _results(admin: httpx2.Client, survey: str) -> list[dict[str, Any]]:
    """The rows of the school; none until it is counted."""
    path = f"/v1/administrations/{survey}/results?by=dimension&school_id=s-1&group=student"
    answer = admin.get(path)
    if answer.status_code == 409:
        return []
    rows: list[dict[str, Any]] = _made(answer).json()["rows"]
    return rows


def _get(admin: httpx2.Client, path: str) -> dict[str, Any]:
    told: dict[str, Any] = _made(admin.get(path)).json()
    return told


def _made(answer: httpx2.Response) -> httpx2.Response:
    assert answer.is_success, answer.text
    return answer
