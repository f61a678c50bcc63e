"""Asking to talk to an adult over HTTP, and what a school's counsellors do then."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import select

from climate_survey_api.doors import MOST_CALLS_FOR_HELP
from climate_survey_api.help_requests.models import help_requests
from climate_survey_api.settings import Settings
from shared.outbox import outbox
from shared.testing.service import ServiceInTest
from tests.climate_survey_api.planned import a_survey
from tests.climate_survey_api.suite import NOON, Clock, climate_survey_api

PATH = "/v1/help-requests"
CONTACT, MESSAGE = "Sam in Ms. Rivera's class", "Somebody waits for me after school."
MIDNIGHT = datetime(2026, 11, 25, 5, tzinfo=UTC)
"""When the day of NOON began in New York."""


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def service(database_url: str, tmp_path: Path, clock: Clock) -> AsyncIterator[ServiceInTest[Settings]]:
    async with climate_survey_api(database_url, tmp_path, clock=clock) as made:
        yield made


async def ask(service: ServiceInTest[Settings], **said: object) -> httpx2.Response:
    """Somebody without a token asks."""
    body = {"school_id": "s-1", "contact": CONTACT, "message": MESSAGE} | said
    if "administration_id" not in body:
        body["administration_id"] = str(await a_survey(service))
    async with service.anonymous() as anybody:
        return await anybody.post(PATH, json=body)


async def waiting(counselor: httpx2.AsyncClient, **asked: str) -> list[dict[str, Any]]:
    """The list, as this counsellor sees it."""
    answer = await counselor.get(PATH, params=asked)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_a_request_waits_at_its_school_and_is_opened_taken_up_and_closed(
    service: ServiceInTest[Settings], clock: Clock
) -> None:
    asked = await ask(service, language="es")
    assert (asked.status_code, asked.json()) == (201, {"received": True})
    async with service.client("counselor", "c-1", schools=["s-1"]) as counselor:
        (row,) = await waiting(counselor)
        told = ("school_id", "language", "requested_on", "due_on", "is_overdue", "status", "opened_by", "version")
        assert [row[name] for name in told] == ["s-1", "es", "2026-11-25", "2026-11-26", False, "waiting", None, 1]
        assert {"contact", "message", "note"}.isdisjoint(row)
        this = f"{PATH}/{row['help_request_id']}"

        assert (await counselor.post(f"{this}/closing", json={"outcome": "talked"})).status_code == 409
        opened = await counselor.get(this)
        assert (opened.status_code, opened.headers["etag"]) == (200, '"1"')
        assert (opened.json()["contact"], opened.json()["message"]) == (CONTACT, MESSAGE)
        clock.move(timedelta(minutes=5))
        async with service.client("administrator", "p-1") as principal:
            again = (await principal.get(this)).json()
            assert (again["opened_by"], again["opened_at"]) == ("c-1", "2026-11-25T17:00:00Z")

            taken = await counselor.post(f"{this}/taking-up", headers={"If-Match": '"1"'})
            assert (taken.status_code, taken.headers["etag"], taken.json()["taken_up_by"]) == (200, '"2"', "c-1")
            assert (await principal.post(f"{this}/taking-up")).status_code == 409
            assert (await principal.post(f"{this}/taking-up", headers={"If-Match": '"1"'})).status_code == 412
        assert (await counselor.post(f"{this}/taking-up")).json()["version"] == 2

        closed = await counselor.post(f"{this}/closing", json={"outcome": "talked", "note": "Met at lunch."})
        assert (closed.status_code, closed.json()["status"], closed.json()["outcome"]) == (200, "closed", "talked")
        assert "note" not in closed.json()
        assert (await counselor.get(this)).json()["note"] == "Met at lunch."
        assert (await counselor.post(f"{this}/closing", json={"outcome": "other"})).status_code == 409
        assert await waiting(counselor, status="waiting") == []
        assert len(await waiting(counselor, status="closed", school_id="s-1")) == 1
        assert (await counselor.delete(this)).status_code == 405


async def test_nothing_of_a_request_can_be_read_in_the_tables_or_dated_closer_than_its_day(
    service: ServiceInTest[Settings],
) -> None:
    survey = await a_survey(service)
    await ask(service, administration_id=str(survey))
    async with service.process.database.read("*") as session:
        (request,) = (await session.execute(select(help_requests))).mappings()
        (event,) = (await session.execute(select(outbox.c.value, outbox.c.headers))).all()
    held = repr(dict(request)) + repr(event)
    assert not any(word in held for word in ("Sam", "Rivera", "waits", str(survey)))
    assert [value for value in request.values() if isinstance(value, datetime)] == []
    assert request["help_request_id"].version == 4
    assert MIDNIGHT.isoformat().encode().replace(b"+00:00", b"Z") in event.value
    assert b"traceparent" not in event.headers
    assert NOON.strftime("T%H:").encode() not in event.value + event.headers


async def test_a_request_is_for_those_who_work_at_its_school_alone(service: ServiceInTest[Settings]) -> None:
    await ask(service)
    async with service.client("counselor", "c-1") as counselor:
        (row,) = await waiting(counselor)
    this = f"{PATH}/{row['help_request_id']}"
    async with service.client("counselor", "c-2", schools=["s-2"]) as other:
        assert await waiting(other) == []
        assert (await other.get(this)).status_code == 404
        assert (await other.post(f"{this}/taking-up")).status_code == 404
        assert (await other.post(f"{this}/closing", json={"outcome": "other"})).status_code == 404
    async with service.client("counselor", "c-3", district="elsewhere") as stranger:
        assert (await stranger.get(this)).status_code == 404
    async with service.client("district_admin") as admin:
        assert (await admin.get(PATH)).status_code == 403
    async with service.client("officer") as officer:
        assert (await officer.get(this)).status_code == 403


async def test_one_asks_before_a_survey_opens_and_for_a_month_after_it_closed(
    service: ServiceInTest[Settings], clock: Clock
) -> None:
    for survey in (await a_survey(service, status="draft"), await a_survey(service, status="closed", closed_at=NOON)):
        assert (await ask(service, administration_id=str(survey))).status_code == 201
    clock.move(timedelta(days=31))
    assert (await ask(service, administration_id=str(survey))).status_code == 410
    nowhere = "019c8a5e-7b7a-7c3e-9f10-3d2a6f1b4c55"
    assert (await ask(service, administration_id=nowhere)).status_code == 404
    assert (await ask(service, school_id="s-9")).status_code == 422
    for wrong in ({"contact": " "}, {"contact": "x" * 301}, {"message": "x" * 2001}, {"code": "x"}):
        assert (await ask(service, **wrong)).status_code == 422
    async with service.client("counselor") as counselor:
        assert [row["is_overdue"] for row in await waiting(counselor)] == [True, True]


async def test_nobody_asks_for_everybody(service: ServiceInTest[Settings]) -> None:
    body = {"administration_id": str(await a_survey(service)), "school_id": "s-1", "contact": CONTACT}
    async with service.anonymous() as anybody:
        answers = [(await anybody.post(PATH, json=body)).status_code for _ in range(MOST_CALLS_FOR_HELP)]
        refused = await anybody.post(PATH, json=body)
    assert set(answers) == {201}
    assert (refused.status_code, "retry-after" in refused.headers) == (429, True)
    async with service.client("counselor") as counselor:
        first = await counselor.get(PATH, params={"limit": 20})
        rest = await counselor.get(PATH, params={"limit": 20, "cursor": first.json()["next_cursor"]})
    seen = [row["help_request_id"] for answer in (first, rest) for row in answer.json()["items"]]
    assert len(set(seen)) == len(seen) == MOST_CALLS_FOR_HELP
    assert rest.json()["next_cursor"] is None
