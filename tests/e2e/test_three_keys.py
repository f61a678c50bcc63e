"""A certificate is revoked in one process, and in another the door it opened closes: timed, also after an outage."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from shared.testing.kafka import KafkaBroker, kafka_broker
from shared.testing.postgres import PostgresServer
from tests.e2e.processes import Engines, RunningSuite, embedded, on_servers, running, until
from tests.e2e.roster import load_roster

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

PARTS = [("referral_api", "serve"), ("referral_api", "api"), ("training_registry", "serve")]
"""Of the two that decide, one hears of standing itself; the other has no consumer, and shares only the database."""
IN_TIME_SECONDS = 2.0
LONGER_THAN_A_SESSION_SECONDS = 3.0
"""Beyond the ten seconds after which the broker would take a silent reader for dead: so late is standing stale."""
STUDENT, SCHOOL = "st-00000", "s-1"


@pytest.fixture(scope="module")
def own_broker() -> Iterator[KafkaBroker]:
    """Its killer starts it again."""
    with kafka_broker(fast=True) as started:
        yield started


@pytest.fixture(scope="module")
def on_embedded_engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSuite]:
    home = tmp_path_factory.mktemp("embedded")
    with a_district(home, embedded(home)) as suite:
        yield suite


@pytest.fixture(scope="module")
def on_big_engines(
    tmp_path_factory: pytest.TempPathFactory, own_broker: KafkaBroker, postgresql: PostgresServer
) -> Iterator[RunningSuite]:
    with a_district(tmp_path_factory.mktemp("big"), on_servers(postgresql, own_broker.url)) as suite:
        yield suite


@pytest.fixture(params=["embedded", pytest.param("big", marks=[pytest.mark.kafka, pytest.mark.postgresql])])
def suite(request: pytest.FixtureRequest) -> RunningSuite:
    running_suite: RunningSuite = request.getfixturevalue(f"on_{request.param}_engines")
    return running_suite


def day(n: int) -> str:
    """So many days from today."""
    return (datetime.now(UTC).date() + timedelta(days=n)).isoformat()


@contextmanager
def a_district(home: Path, engines: Engines) -> Iterator[RunningSuite]:
    """A suite whose district asks its officers for a certificate, and has an agreement with their agency."""
    with running(home, engines, *PARTS) as suite, _keeper(suite) as keeper:
        load_roster(suite)
        basic = {"title": "Basic", "jurisdiction": "local", "min_hours": 40, "anchor": "appointment", "due_days": 30}
        basic |= {"blocks": ["serve", "open_records"], "source": "district policy", "as_of": day(-300)}
        _done(keeper.put("/v1/requirements/basic", json=basic))
        agreement: dict[str, Any] = {"agency": "City Police", "school_ids": [SCHOOL]}
        agreement |= {"starts_on": day(-100), "ends_on": day(200), "ferpa_basis": "school_official"}
        agreement["clauses"] = {"no_discipline": {"state": "present"}}
        _done(keeper.put("/v1/agreements/a-1", json=agreement))
        for party in ("district", "agency"):
            signature = {"party": party, "signed_by": "Head", "signed_on": day(-90)}
            _done(keeper.post("/v1/agreements/a-1/signatures", json=signature))
        yield suite


@dataclass
class Officer:
    """An officer who asks for the same record again and again, of either process that decides."""

    deciding: list[httpx2.Client]
    keeper: httpx2.Client
    completion_id: str
    """What his access hangs on."""

    def asks(self) -> list[httpx2.Response]:
        """What each of them answers."""
        purpose = {"Purpose-Of-Use": "school_official_duty"}
        return [client.get(f"/v1/students/{STUDENT}", headers=purpose) for client in self.deciding]

    def is_answered(self, status: int) -> bool:
        """Whether both answer so."""
        return all(answer.status_code == status for answer in self.asks())

    def is_told_it_is_stale(self) -> list[bool]:
        """Whether each of them says so."""
        return [answer.headers.get("standing-stale") == "true" for answer in self.asks()]

    def reads_standing(self) -> list[str]:
        """What `/readyz` of each says about it; requests are answered in any case."""
        ready = [client.get("/readyz") for client in self.deciding]
        assert {answer.status_code for answer in ready} == {200}
        return [str(answer.json()["checks"]["standing"]) for answer in ready]

    def is_revoked(self) -> None:
        """His certificate is taken back."""
        _done(self.keeper.post(f"/v1/completions/{self.completion_id}/revocation", json={"reason": "not attended"}))


@contextmanager
def an_officer(suite: RunningSuite, officer_id: str) -> Iterator[Officer]:
    """One who is certified, and to whom both open the record."""
    with (
        _keeper(suite) as keeper,
        suite.client("referral_api", "officer", officer_id, schools=[SCHOOL], verbs=["serve"]) as hearing,
        suite.client("referral_api", "officer", officer_id, schools=[SCHOOL], verbs=["api"]) as deaf,
    ):
        officer = Officer([hearing, deaf], keeper, _certified(keeper, officer_id))
        until(lambda: officer.is_answered(200), "the three keys open the record")
        yield officer


def _keeper(suite: RunningSuite) -> httpx2.Client:
    return suite.client("training_registry", "district_admin", "admin")


def _certified(keeper: httpx2.Client, officer_id: str) -> str:
    officer = {"name": "Pat Doe", "agency": "City Police", "badge": officer_id, "appointed_on": day(-200)}
    _done(keeper.put(f"/v1/officers/{officer_id}", json=officer))
    assignment = {"school_id": SCHOOL, "from_on": day(-150)}
    _done(keeper.post(f"/v1/officers/{officer_id}/assignments", json=assignment))
    course = {"officer_id": officer_id, "course": "Basic", "provider": "NASRO", "topics": {"law": 40}}
    made = _done(keeper.post("/v1/completions", json=course | {"completed_on": day(-90)}))
    return str(made.json()["completion_id"])


def _done(answer: httpx2.Response) -> httpx2.Response:
    assert answer.status_code in (200, 201), answer.text
    return answer


def test_a_revoked_certificate_closes_the_record_within_two_seconds(suite: RunningSuite) -> None:
    with an_officer(suite, "o-1") as officer:
        officer.is_revoked()
        until(lambda: officer.is_answered(403), "the door is closed", seconds=IN_TIME_SECONDS)
        assert [answer.json()["missing"] for answer in officer.asks()] == [["training"]] * 2


@pytest.mark.kafka
@pytest.mark.postgresql
def test_what_was_revoked_while_the_bus_was_away_is_closed_within_two_seconds_of_its_return(
    on_big_engines: RunningSuite, own_broker: KafkaBroker
) -> None:
    with an_officer(on_big_engines, "o-2") as officer:
        until(lambda: officer.reads_standing() == ["ok", "ok"], "the register is up to date")
        own_broker.kill()
        officer.is_revoked()
        until(lambda: all(officer.is_told_it_is_stale()), "the answers say that standing is stale")
        assert all(said.startswith("stale since ") for said in officer.reads_standing())
        time.sleep(LONGER_THAN_A_SESSION_SECONDS)
        assert officer.is_answered(200)
        own_broker.start()
        returned = time.monotonic()
        until(lambda: officer.is_answered(403), "the door is closed")
        assert time.monotonic() - returned < IN_TIME_SECONDS
        assert [answer.json()["missing"] for answer in officer.asks()] == [["training"]] * 2
        until(lambda: not any(officer.is_told_it_is_stale()), "the register is up to date again")
        assert officer.reads_standing() == ["ok", "ok"]
