"""An API without a consumer of its own says in an outage that standing is stale; what was revoked closes after it."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from shared.bus.connect import connect
from shared.db import Database
from shared.events.base import Event
from shared.events.training import StandingStatus
from shared.outbox import record
from shared.relay import Relay
from shared.testing.kafka import KafkaBroker, kafka_broker
from shared.testing.plumbing import plumbed
from tests.e2e.processes import Engines, RunningSuite, running, until
from tests.e2e.roster import load_roster
from tests.referral_api.clearance.officers import DUTY, a_requirement, a_standing, an_agreement, assigned

pytestmark = [pytest.mark.slow, pytest.mark.kafka, pytest.mark.timeout(300)]

APART = [("referral_api", "api"), ("referral_api", "consume")]
"""What decides and what hears are processes of their own: the database is all that they share."""
CLOSES_WITHIN_SECONDS = 2.0
STALE_AFTER_SECONDS = 10
LONGER_THAN_A_SESSION = 3.0
"""Beyond the ten seconds after which the broker would take a silent reader for dead."""


@pytest.fixture
def own_broker() -> Iterator[KafkaBroker]:
    with kafka_broker(fast=True) as started:
        yield started


class Registry:
    """Who tells of officers: an outbox and a relay, as the training registry has them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def tell(self, *events: Event) -> None:
        """Record these facts, whether the bus is there or not."""
        async with self._database.write("demo") as session:
            await record(session, *events, source="training-registry")


@asynccontextmanager
async def registry(folder: Path, broker: KafkaBroker) -> AsyncIterator[Registry]:
    """A registry whose relay runs."""
    bus = connect(broker.url, client_id="training-registry")
    async with plumbed(f"sqlite:///{folder / 'registry.db'}") as database:
        relaying = asyncio.create_task(Relay(database, bus, topics={"training": 6}).run())
        try:
            yield Registry(database)
        finally:
            relaying.cancel()
            with suppress(asyncio.CancelledError):
                await relaying
            await bus.close()


class Officer:
    """An officer who opens the same record again and again."""

    def __init__(self, client: httpx2.Client) -> None:
        self._client = client

    def opens(self) -> httpx2.Response:
        """The answer to his asking for the record."""
        return self._client.get("/v1/students/st-00000", headers=DUTY)

    def is_answered(self, status: int) -> bool:
        """Whether he is answered so."""
        return self.opens().status_code == status

    def is_told_it_is_stale(self) -> bool:
        """Whether the answer says so."""
        return self.opens().headers.get("standing-stale") == "true"


def standing(suite: RunningSuite) -> Any:
    """What `/readyz` of the API says."""
    return httpx2.get(f"http://127.0.0.1:{suite.part('referral_api', 'api').port}/readyz").json()["checks"]["standing"]


async def test_a_revocation_of_an_outage_closes_the_record_within_two_seconds_of_the_bus_return(
    tmp_path: Path, own_broker: KafkaBroker
) -> None:
    engines = Engines({"referral_api": f"sqlite:///{tmp_path / 'referrals.db'}"}, own_broker.url)
    everywhere = tuple(assigned(f"s-{n}") for n in range(1, 4))
    overdue = a_requirement("basic", (date(2026, 1, 1), StandingStatus.EXPIRED))
    year = {"in_force_from": date(2020, 1, 1), "in_force_to": datetime.now(UTC).date() + timedelta(days=30)}
    with running(tmp_path, engines, *APART) as suite, suite.client("referral_api", "officer", "o-1") as client:
        officer = Officer(client)
        await asyncio.to_thread(load_roster, suite)
        async with registry(tmp_path, own_broker) as told:
            await told.tell(a_standing(assignments=everywhere), an_agreement(school_ids=("s-1", "s-2", "s-3"), **year))
            await asyncio.to_thread(until, lambda: officer.is_answered(200), "the record opens")
            assert standing(suite) == "ok"

            own_broker.stop()
            await told.tell(a_standing(version=2, assignments=everywhere, requirements=(overdue,)))
            await asyncio.to_thread(until, officer.is_told_it_is_stale, "the answer says that standing is stale")
            assert standing(suite).startswith("stale since ")
            await asyncio.sleep(LONGER_THAN_A_SESSION)
            assert officer.is_answered(200)

            await asyncio.to_thread(own_broker.start)
            returned = time.monotonic()
            await asyncio.to_thread(until, lambda: officer.is_answered(403), "the record closes")
            assert time.monotonic() - returned < CLOSES_WITHIN_SECONDS
            assert officer.opens().json()["missing"] == ["training"]
            await asyncio.to_thread(until, lambda: not officer.is_told_it_is_stale(), "it is no longer stale")
            assert standing(suite) == "ok"
