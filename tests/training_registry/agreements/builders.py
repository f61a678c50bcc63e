"""Agreements for tests: ordinary ones, in which a test names only what it is about."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from typing import Any

import httpx2

from shared.testing.service import ServiceInTest
from tests.training_registry.suite import NOON
from training_registry.agreements.rules import Clause, ClauseState, ClauseTerm, Facts, FerpaBasis, Party, Terms
from training_registry.settings import Settings

TODAY = date(2026, 11, 25)
STARTS, ENDS = date(2026, 8, 1), date(2027, 6, 30)
ALL_PRESENT = {name: ClauseTerm(ClauseState.PRESENT) for name in Clause}
PATH = "/v1/agreements/a-1"


def some_terms(**given: Any) -> Terms:
    """All clauses present, a FERPA basis, two schools and a school year, but for what is given."""
    ordinary: dict[str, Any] = {
        "agency": "City Police",
        "school_ids": frozenset({"s-1", "s-2"}),
        "starts_on": STARTS,
        "ends_on": ENDS,
        "clauses": ALL_PRESENT,
        "ferpa_basis": FerpaBasis.SCHOOL_OFFICIAL,
    }
    return Terms(**(ordinary | given))


def some_facts(*, terms: Terms | None = None, **given: Any) -> Facts:
    """Signed by both in July, but for what is given."""
    signed_on = {Party.DISTRICT: date(2026, 7, 20), Party.AGENCY: date(2026, 7, 21)}
    return Facts("a-1", terms or some_terms(), **({"signed_on": signed_on} | given))


def a_body(**given: Any) -> dict[str, Any]:
    """The body of a PUT: all clauses present, and so on, but for what is given."""
    ordinary = {
        "agency": "City Police",
        "school_ids": ["s-1", "s-2"],
        "starts_on": STARTS.isoformat(),
        "ends_on": ENDS.isoformat(),
        "clauses": {name.value: {"state": "present"} for name in Clause},
        "ferpa_basis": "school_official",
    }
    return ordinary | given


def day(n: int) -> str:
    """So many days from today."""
    return (NOON.date() + timedelta(days=n)).isoformat()


@asynccontextmanager
async def an_admin(api: ServiceInTest[Settings], **given: Any) -> AsyncIterator[httpx2.AsyncClient]:
    """Who keeps agreements and officers."""
    async with api.client("district_admin", "d-1", **given) as client:
        yield client


async def signed(admin: httpx2.AsyncClient, path: str = PATH, *, on: str = "2026-07-21", **given: Any) -> None:
    """Write an agreement and have both parties sign it."""
    written = await admin.put(path, json=a_body(**given))
    assert written.status_code in (200, 201), written.text
    for party in ("district", "agency"):
        body = {"party": party, "signed_by": f"Somebody of the {party}", "signed_on": on}
        answer = await admin.post(f"{path}/signatures", json=body)
        assert answer.status_code == 201, answer.text
