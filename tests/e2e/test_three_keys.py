"""A certificate is revoked in one process, and in another the door it opened closes: timed, also after an outage."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
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

PARTS = [("referral_api", "serve"), ("training_registry", "serve")]
IN_TIME_SECONDS = 2.0
STUDENT, SCHOOL = "st-00000", "s-1"


@pytest.fixture
def own_broker() -> Iterator[KafkaBroker]:
    with kafka_broker(fast=True) as started:
        yield started


@pytest.fixture(params=["embedded", pytest.param("big", marks=[pytest.mark.kafka, pytest.mark.postgresql])])
def engines(request: pytest.FixtureRequest, tmp_path: Path) -> Engines:
    if request.param == "embedded":
        return embedded(tmp_path)
    server: PostgresServer = request.getfixturevalue("postgresql")
    broker: KafkaBroker = request.getfixturevalue("broker")
    return on_servers(server, broker.url)


def day(n: int) -> str:
    """So many days from today."""
    return (datetime.now(UTC).date() + timedelta(days=n)).isoformat()


@contextmanager
def with_an_officer(home: Path, engines: Engines) -> Iterator[tuple[RunningSuite, httpx2.Client, str]]:
    """The suite, a client of the registry's keeper, and the completion that an officer's access hangs on."""
    with running(home, engines, *PARTS) as suite:
        load_roster(suite)
        with suite.client("training_registry", "district_admin", "admin") as keeper:
            yield suite, keeper, _cleared(keeper)


def _cleared(keeper: httpx2.Client) -> str:
    officer = {"name": "Pat Doe", "agency": "City Police", "badge": "77", "appointed_on": day(-200)}
    _done(keeper.put("/v1/officers/o-1", json=officer))
    _done(keeper.post("/v1/officers/o-1/assignments", json={"school_id": SCHOOL, "from_on": day(-150)}))
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
    course = {"officer_id": "o-1", "course": "Basic", "provider": "NASRO", "topics": {"law": 40}}
    made = _done(keeper.post("/v1/completions", json=course | {"completed_on": day(-90)}))
    return str(made.json()["completion_id"])


def _done(answer: httpx2.Response) -> httpx2.Response:
    assert answer.status_code in (200, 201), answer.text
    return answer


def asked(officer: httpx2.Client) -> httpx2.Response:
    """The officer asks for the student's record."""
    return officer.get(f"/v1/students/{STUDENT}", headers={"Purpose-Of-Use": "school_official_duty"})


def revoke(keeper: httpx2.Client, completion_id: str) -> None:
    """Take the certificate back."""
    _done(keeper.post(f"/v1/completions/{completion_id}/revocation", json={"reason": "not attended"}))


def test_a_revoked_certificate_closes_the_record_within_two_seconds(tmp_path: Path, engines: Engines) -> None:
    with (
        with_an_officer(tmp_path, engines) as (suite, keeper, completion_id),
        suite.client("referral_api", "officer", "o-1", schools=[SCHOOL]) as officer,
    ):
        until(lambda: asked(officer).status_code == 200, "the three keys open the record")
        revoke(keeper, completion_id)
        until(lambda: asked(officer).status_code == 403, "the door is closed", seconds=IN_TIME_SECONDS)
        assert asked(officer).json()["missing"] == ["training"]


@pytest.mark.kafka
@pytest.mark.postgresql
def test_what_was_revoked_while_the_bus_was_away_is_closed_within_two_seconds_of_its_return(
    tmp_path: Path, own_broker: KafkaBroker, postgresql: PostgresServer
) -> None:
    with (
        with_an_officer(tmp_path, on_servers(postgresql, own_broker.url)) as (suite, keeper, completion_id),
        suite.client("referral_api", "officer", "o-1", schools=[SCHOOL]) as officer,
    ):
        until(lambda: asked(officer).status_code == 200, "the three keys open the record")
        own_broker.kill()
        revoke(keeper, completion_id)
        until(lambda: asked(officer).headers.get("standing-stale") == "true", "the answer says that it is stale")
        readyz = officer.get("/readyz")
        assert readyz.status_code == 200  # requests are answered, and it says what it does not know
        assert "stale" in readyz.text
        assert asked(officer).status_code == 200
        own_broker.start()
        returned = time.monotonic()
        until(lambda: asked(officer).status_code == 403, "the door is closed")
        assert time.monotonic() - returned < IN_TIME_SECONDS
        until(lambda: "standing-stale" not in asked(officer).headers, "the register is up to date again")
