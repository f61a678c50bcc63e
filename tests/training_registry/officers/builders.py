"""Officers for tests: an ordinary one, in whom a test names only what it is about, and a follower of changes."""

from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx2

from shared.db import Session
from shared.testing.service import ServiceInTest, in_test
from tests.training_registry.suite import NOON
from training_registry.app import SERVICE
from training_registry.officers.routes import officer_routes
from training_registry.officers.rules import Officer
from training_registry.officers.views import officers_known
from training_registry.settings import Settings

PATH = "/v1/officers/o-1"
ASSIGNMENTS = f"{PATH}/assignments"
EVALUATIONS = f"{PATH}/evaluations"


@dataclass
class Follower:
    """What follows from changes, here: noting whose standing would be announced, and what was known of him by then."""

    told: list[Officer] = field(default_factory=list)

    async def __call__(
        self, session: Session, *, district_id: str, officer_ids: Collection[str], now: datetime
    ) -> None:
        """Note the officers as the transaction sees them."""
        self.told += (await officers_known(session, district_id, officer_ids=officer_ids)).values()


@asynccontextmanager
async def officers_in_test(
    database_url: str, folder: Path, follower: Follower, *, clock: Callable[[], datetime] = lambda: NOON
) -> AsyncIterator[ServiceInTest[Settings]]:
    """The registry with its officers alone."""
    service = replace(SERVICE, routers=lambda process: (officer_routes(ZoneInfo("America/New_York"), follower),))
    settings = Settings(
        database_url=database_url, event_bus_url=f"sqlite:///{folder / 'bus.db'}", keys_dir=folder / "keys"
    )
    async with in_test(service, settings, clock=clock) as running:
        yield running


def an_officer(**given: Any) -> dict[str, Any]:
    """The body of a PUT."""
    ordinary = {
        "name": "Pat Doe",
        "agency": "City Police",
        "badge": "77",
        "appointed_on": "2026-01-05",
        "certified_on": "2018-06-01",
    }
    return ordinary | given


def an_assignment(**given: Any) -> dict[str, Any]:
    """The body of a POST."""
    return {"school_id": "s-1", "from_on": "2026-08-10", "principal_interviewed": True} | given


def an_evaluation(**given: Any) -> dict[str, Any]:
    """The body of a POST."""
    ordinary = {
        "school_year": 2027,
        "school_id": "s-1",
        "evaluated_on": day(0),
        "by_role": "principal",
        "ratings": {"teaching": 4, "mentoring": 5},
    }
    return ordinary | given


def day(n: int) -> str:
    """So many days from today."""
    return (NOON.date() + timedelta(days=n)).isoformat()


def a_date(n: int) -> date:
    """The same as a date."""
    return NOON.date() + timedelta(days=n)


async def kept(admin: httpx2.AsyncClient, officer_id: str = "o-1", *schools: str, **given: Any) -> None:
    """An officer who is assigned to these schools from August on."""
    answer = await admin.put(f"/v1/officers/{officer_id}", json=an_officer(**given))
    assert answer.status_code in (200, 201), answer.text
    for school_id in schools:
        body = an_assignment(school_id=school_id)
        assigned = await admin.post(f"/v1/officers/{officer_id}/assignments", json=body)
        assert assigned.status_code == 201, assigned.text


def is_refused(answer: httpx2.Response, status: int, kind: str, *paths: str) -> bool:
    """Whether it is that problem, with those faults."""
    assert answer.status_code == status, answer.text
    body = answer.json()
    return body["type"].endswith(f":{kind}") and [e["path"] for e in body.get("errors", [])] == list(paths)
