"""A survey opens when nothing forbids it, closes once, and is told of both times."""

import asyncio
import csv
import io
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from climate_survey_api.administrations.errors import AdministrationNotFound
from climate_survey_api.administrations.operations import locked_administration, note_counted
from climate_survey_api.administrations.rules import Status
from climate_survey_api.administrations.views import administration_anywhere
from shared.db import EVERY_DISTRICT
from shared.events.surveys import SurveyClosed, SurveyMode, SurveyOpened
from shared.testing.service import DISTRICT
from tests.climate_survey_api.administrations.holding import PATH, STAFF, STUDENT, Surveys, at, surveys_at_noon
from tests.climate_survey_api.suite import NOON

pytestmark = pytest.mark.slow


async def test_a_survey_opens_once_closes_once_and_never_goes_back(surveys: Surveys) -> None:
    administration_id = await surveys.plan()
    path = f"{PATH}/{administration_id}"
    never = await surveys.admin.post(f"{path}/closing")
    assert (never.status_code, never.json()["type"]) == (409, "urn:rapport:problem:never-opened")
    stale, seen = {"If-Match": '"7"'}, {"If-Match": '"1"'}
    assert (await surveys.admin.post(f"{path}/opening", headers=stale)).status_code == 412
    opened = await surveys.admin.post(f"{path}/opening", json={}, headers=seen)
    assert (opened.status_code, opened.json()["status"], opened.headers["etag"]) == (200, "open", '"2"')
    surveys.clock.move(timedelta(hours=1))
    again = await surveys.admin.post(f"{path}/opening", json={}, headers=seen)
    assert (again.status_code, again.json()) == (200, opened.json())
    surveys.clock.move(timedelta(hours=1))
    assert (await surveys.admin.post(f"{path}/closing", headers=seen)).status_code == 412
    closed = await surveys.admin.post(f"{path}/closing", json={})
    assert (closed.status_code, closed.json()["status"]) == (200, "closed")
    assert closed.json()["closed_at"] == "2026-11-25T19:00:00Z"
    surveys.clock.move(timedelta(hours=1))
    again = await surveys.admin.post(f"{path}/closing", json={})
    assert (again.status_code, again.json()["closed_at"]) == (200, "2026-11-25T19:00:00Z")
    back = await surveys.admin.post(f"{path}/opening", json={})
    assert (back.status_code, back.json()["because"]) == (409, ["closed"])

    (told,) = await surveys.announced(SurveyOpened)
    assert (told.administration_id, told.instrument_id) == (UUID(administration_id), "rapport-climate")
    assert (told.mode, told.school_year, told.opened_on) == (SurveyMode.ANONYMOUS, 2027, date(2026, 11, 25))
    people = [(unit.school_id, unit.respondent_group, unit.invited) for unit in told.units]
    assert people == [("s-1", STAFF, 8), ("s-1", STUDENT, 64), ("s-2", STUDENT, 5)]
    (ended,) = await surveys.announced(SurveyClosed)
    assert (ended.closed_on, ended.school_year) == (date(2026, 11, 25), 2027)
    assert [(unit.invited, unit.generated, unit.used) for unit in ended.units] == [(8, 0, 0), (64, 0, 0), (5, 0, 0)]


async def test_outside_its_window_a_survey_does_not_open(surveys: Surveys) -> None:
    early = await surveys.plan(opens_at=at(minutes=1))
    assert (await surveys.shown(early))["waits_for"] == ["before_opens_at"]
    refused = await surveys.admin.post(f"{PATH}/{early}/opening")
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:rapport:problem:window-not-begun")
    surveys.clock.move(timedelta(days=7))
    late = await surveys.admin.post(f"{PATH}/{early}/opening")
    assert (late.status_code, late.json()["type"]) == (409, "urn:rapport:problem:window-over")
    assert late.json()["because"] == ["after_closes_at"]
    assert (await surveys.shown(early))["status"] == "draft"
    assert not await surveys.announced(SurveyOpened)


async def test_protected_items_are_asked_after_notice_and_with_the_consent_they_need(surveys: Surveys) -> None:
    protected = await surveys.protected()

    async def opening(**ppra: Any) -> tuple[int, list[str] | None]:
        told = {"ppra": ppra} if ppra else {}
        administration_id = await surveys.plan(**protected, **told)
        answer = await surveys.admin.post(f"{PATH}/{administration_id}/opening")
        because = answer.json().get("because")
        assert because is None or because == (await surveys.shown(administration_id))["waits_for"]
        return answer.status_code, because

    month_ago, today = "2026-10-25", "2026-11-25"
    assert await opening() == (409, ["consent_too_weak", "no_notice"])
    assert await opening(notice_on=month_ago, consent="none") == (409, ["consent_too_weak"])
    assert await opening(notice_on=today, consent="opt_out") == (409, ["no_notice"])
    assert await opening(notice_on="2026-11-24", consent="opt_out") == (200, None)
    funded = {"required": True, "ed_funded": True}
    assert await opening(notice_on=month_ago, consent="opt_out", **funded) == (409, ["consent_too_weak"])
    assert await opening(notice_on=month_ago, consent="opt_in", **funded) == (200, None)

    early = {
        "minimum": 10,
        "open_text_minimum": 10,
        "notice_days": 14,
        "helpline": {"en": "988"},
        "comment_readers": [],
    }
    kept = await surveys.admin.put("/v1/survey-policy", json=early | {"comment_readers": []})
    assert kept.status_code in (200, 201), kept.text
    assert await opening(notice_on="2026-11-24", consent="opt_out") == (409, ["no_notice"])
    staff_alone = [{"school_id": "s-1", "invited": {"staff": 8}}]
    assert (await surveys.shown(await surveys.open(**protected, schools=staff_alone)))["consent_mode"] == "none"


async def test_closing_waits_for_the_answers_that_are_under_way(surveys: Surveys) -> None:
    administration_id = UUID(await surveys.open())
    database = surveys.service.process.database
    async with database.write(EVERY_DISTRICT) as answering:
        held = await locked_administration(answering, administration_id)
        assert held.takes_answers(surveys.clock.now)
        closing = asyncio.create_task(surveys.admin.post(f"{PATH}/{administration_id}/closing"))
        done, _ = await asyncio.wait([closing], timeout=0.1)
        assert not done
    assert (await closing).json()["status"] == "closed"
    async with database.write(EVERY_DISTRICT) as answering:
        held = await locked_administration(answering, administration_id)
        assert (held.status, held.takes_answers(surveys.clock.now)) == (Status.CLOSED, False)


async def test_many_answer_at_once(postgresql_url: str, tmp_path: Path) -> None:
    async with surveys_at_noon(postgresql_url, tmp_path) as surveys:
        administration_id = UUID(await surveys.open())
        database = surveys.service.process.database
        async with database.write(EVERY_DISTRICT) as one, database.write(EVERY_DISTRICT) as other:
            first = await locked_administration(one, administration_id)
            answering = asyncio.create_task(locked_administration(other, administration_id))
            done, _ = await asyncio.wait([answering], timeout=5)
            assert done, "who answers waits for nobody else who does"
            assert (await answering).status is first.status is Status.OPEN


async def test_at_the_closing_it_is_told_who_answered(surveys: Surveys) -> None:
    path = f"{PATH}/{await surveys.open()}"
    wanted = {"school_id": "s-1", "respondent_group": "staff", "count": 3}
    made = await surveys.admin.post(f"{path}/access-codes", json=wanted, headers={"Accept": "text/csv"})
    codes = [row["code"] for row in csv.DictReader(io.StringIO(made.text.removeprefix("\ufeff")))]
    async with surveys.service.anonymous() as anybody:
        form = (await anybody.get(f"/v1/surveys/{codes[0]}")).json()
        answers = {form["items"][0]["item_id"]: 1}
        for code in codes[:2]:
            taken = await anybody.post("/v1/responses", json={"code": code, "answers": answers})
            assert taken.status_code == 201, taken.text
        assert (await surveys.admin.post(f"{path}/closing")).json()["has_codes"] is True
        late = await anybody.post("/v1/responses", json={"code": codes[2], "answers": answers})
    assert late.status_code == 410
    (told,) = await surveys.announced(SurveyClosed)
    assert [(unit.invited, unit.generated, unit.used) for unit in told.units] == [(8, 3, 2), (64, 0, 0), (5, 0, 0)]


async def test_results_are_noted_once_and_nobody_is_found_elsewhere(surveys: Surveys) -> None:
    administration_id = UUID(await surveys.open())
    await surveys.admin.post(f"{PATH}/{administration_id}/closing")
    database = surveys.service.process.database
    async with database.read(EVERY_DISTRICT) as session:
        counted_at = (await administration_anywhere(session, administration_id)).counted_at
    later = NOON + timedelta(hours=3)
    async with database.write(EVERY_DISTRICT) as session:
        await note_counted(session, administration_id, later)
        await note_counted(session, administration_id, later + timedelta(hours=1))
    async with database.read(EVERY_DISTRICT) as session:
        found = await administration_anywhere(session, administration_id)
        assert found.counted_at == (counted_at or later)
        with pytest.raises(AdministrationNotFound):
            await administration_anywhere(session, uuid4())
    assert found == await surveys.found(str(administration_id))
    assert found.district_id == DISTRICT
