"""The count: once, all in one transaction, and nothing of a single answer is left."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from climate_survey_api.comments.models import comments
from climate_survey_api.responses.models import ballot_keys, ballots
from climate_survey_api.responses.operations import empty_box
from climate_survey_api.results import operations, worker
from climate_survey_api.results.deciding import Decided, Gathered, decide
from climate_survey_api.results.models import result_sheets
from climate_survey_api.results.worker import Counting
from climate_survey_api.settings import Settings
from shared.db import EVERY_DISTRICT, Session
from shared.testing.service import ServiceInTest
from tests.climate_survey_api.results.counted import STUDENT, Counted, close, students_of, surveyed
from tests.climate_survey_api.suite import NOON, Clock

pytestmark = pytest.mark.slow


def a_worker(service: ServiceInTest[Settings], clock: Callable[[], datetime] = lambda: NOON) -> Counting:
    """One that counts what no request does."""
    return Counting(service.process.database, service.process.ring, clock, ZoneInfo("America/New_York"))


async def left(survey: Counted) -> dict[str, int]:
    """How many rows there are of each kind."""
    async with survey.service.process.database.read(EVERY_DISTRICT) as session:
        tables = (ballots, ballot_keys, comments, result_sheets)
        return {t.name: (await session.execute(select(func.count()).select_from(t))).scalar_one() for t in tables}


async def test_sums_are_announced_once_and_the_answers_are_gone(service: ServiceInTest[Settings]) -> None:
    survey = await surveyed(
        service, [*students_of("s-1", 30, point=4, words="Some words."), *students_of("s-2", 5, point=4)]
    )
    await close(survey)
    await close(survey)
    assert await a_worker(service).count_what_waits() == 0
    # Of the district, of both schools' students, and of the staff and their district: whole, and students by sex.
    assert await left(survey) == {"ballots": 0, "ballot_keys": 0, "comments": 30, "result_sheets": 10}
    told = await survey.announced()
    assert len(told) == 10
    (school,) = [e for e in told if (e.school_id, e.respondent_group, e.facet) == ("s-1", STUDENT, None)]
    assert (school.schools_counted, school.invited, school.minimum, school.school_year) == (1, 64, 10, 2027)
    safety = school.rows[0]
    assert (safety.dimension, safety.item_id) == ("safety", None)
    assert safety.sums is not None
    assert (safety.sums.n, safety.sums.answers, safety.sums.favorable) == (30, 120, 120)
    (few,) = [e for e in told if (e.school_id, e.respondent_group, e.facet) == ("s-2", STUDENT, None)]
    assert (few.schools_counted, few.invited, {row.sums for row in few.rows}) == (0, 0, {None})


async def test_what_is_too_much_for_a_request_is_counted_by_one_of_the_workers(
    service: ServiceInTest[Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operations, "FEW", 10)
    survey = await surveyed(service, students_of("s-1", 30, point=4))
    assert (await close(survey))["counted_at"] is None
    waiting = await survey.get()
    assert (waiting.status_code, waiting.headers["retry-after"]) == (409, "5")
    await asyncio.gather(*(a_worker(service).count_what_waits() for _ in range(3)))
    assert len(await survey.announced()) == 10
    (safety,) = [r for r in await survey.rows(school_id="s-1", group="student") if r["dimension"] == "safety"]
    assert (safety["n"], safety["favorable"]) == (30, 1.0)


async def test_a_rule_that_changes_while_it_is_counted_is_the_one_that_it_is_decided_by(
    service: ServiceInTest[Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operations, "FEW", 10)
    survey = await surveyed(service, students_of("s-1", 30, point=4))
    await close(survey)

    async def decide_and_hear_of_another_rule(gathered: Gathered, **said: Any) -> Decided:
        decided = await decide(gathered, **said)
        async with service.client("district_admin", "admin-1") as admin:
            assert (await admin.put("/v1/survey-policy", json={"minimum": 31})).is_success
        return decided

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(worker, "decide", decide_and_hear_of_another_rule)
        await a_worker(service).count_what_waits()
    assert (await left(survey))["ballots"] == 30
    assert await survey.announced() == []
    await a_worker(service).count_what_waits()
    assert {event.minimum for event in await survey.announced()} == {31}
    assert {row["suppressed"] for row in await survey.rows()} == {True}


async def test_a_count_that_fails_leaves_everything_as_it_was_and_stops_no_other(
    service: ServiceInTest[Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operations, "FEW", 10)
    survey = await surveyed(service, students_of("s-1", 30, point=4))
    await close(survey)
    other = await surveyed(service, students_of("s-1", 12, point=4))
    await close(other)

    async def fails(session: Session, *, district_id: str, administration_id: UUID) -> None:
        if administration_id == survey.administration_id:
            raise RuntimeError
        await empty_box(session, district_id=district_id, administration_id=administration_id)

    clock = Clock()
    counting = a_worker(service, clock)
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(operations, "empty_box", fails)
        await counting.count_what_waits()
    assert await left(survey) == {"ballots": 30, "ballot_keys": 1, "comments": 0, "result_sheets": 10}
    assert (await survey.announced(), len(await other.announced())) == ([], 10)
    await counting.count_what_waits()
    assert await survey.announced() == []  # not again at once
    clock.move(worker.TRY_AGAIN)
    await counting.count_what_waits()
    assert len(await survey.announced()) == 10
