"""What the clock does where nobody presses anything: surveys open, tell of each day, and close."""

import asyncio
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from shared.events.surveys import SurveyClosed, SurveyOpened, SurveyProgressed
from tests.climate_survey_api.administrations.holding import PATH, STAFF, STUDENT, Surveys, a_plan, at
from tests.climate_survey_api.suite import NOON

pytestmark = pytest.mark.slow
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


async def progress(surveys: Surveys) -> list[tuple[date, str, str, int, int]]:
    """What was told of days that ended."""
    told = await surveys.announced(SurveyProgressed)
    return [(e.counted_on, e.school_id, e.respondent_group.value, e.generated, e.used) for e in told]


async def test_a_survey_opens_and_closes_when_its_time_has_come(surveys: Surveys) -> None:
    administration_id = await surveys.plan(opens_at=at(hours=1), closes_at=at(hours=5))
    assert await surveys.look() == 0
    assert (await surveys.shown(administration_id))["status"] == "draft"
    surveys.clock.move(HOUR)
    assert await surveys.look() == 1
    opened = await surveys.shown(administration_id)
    assert (opened["status"], opened["opened_at"]) == ("open", "2026-11-25T18:00:00Z")
    surveys.clock.move(4 * HOUR - timedelta(microseconds=1))
    assert await surveys.look() == 0
    # Whoever looks late closes it as of the end of its window: from then on no answer was taken.
    surveys.clock.move(2 * HOUR)
    surveys.used[("s-1", STUDENT)] = (60, 46)
    assert (await surveys.look(), await surveys.look()) == (1, 0)
    closed = await surveys.shown(administration_id)
    assert (closed["status"], closed["closed_at"]) == ("closed", "2026-11-25T22:00:00Z")
    assert surveys.closings == [UUID(administration_id)]
    assert len(await surveys.announced(SurveyOpened)) == 1
    (told,) = await surveys.announced(SurveyClosed)
    assert [(unit.generated, unit.used) for unit in told.units] == [(0, 0), (60, 46), (0, 0)]


async def test_a_survey_that_cannot_be_closed_keeps_no_other_open_and_is_tried_again(surveys: Surveys) -> None:
    ids = [await surveys.open(closes_at=at(hours=1)) for _ in range(3)]
    surveys.broken.update(map(UUID, ids[:2]))
    surveys.clock.move(HOUR)
    with capture_logs() as logged:
        assert await surveys.look() == 3
    assert [(await surveys.shown(one))["status"] for one in ids] == ["open", "open", "closed"]
    failed = [told["administration_id"] for told in logged if told["event"] == "survey_move_failed"]
    assert sorted(failed) == sorted(ids[:2])
    surveys.broken.clear()
    assert (await surveys.look(), await surveys.look()) == (2, 0)


async def test_what_something_forbids_to_open_stays_a_draft_until_nothing_does(surveys: Surveys) -> None:
    protected = await surveys.protected()
    administration_id = await surveys.plan(**protected)
    assert await surveys.look() == 0
    shown = await surveys.shown(administration_id)
    assert (shown["status"], shown["waits_for"]) == ("draft", ["consent_too_weak", "no_notice"])
    told = a_plan(**protected, ppra={"notice_on": "2026-11-25", "consent": "opt_out"})
    await surveys.admin.put(f"{PATH}/{administration_id}", json=told)
    assert await surveys.look() == 0
    surveys.clock.move(DAY)
    assert await surveys.look() == 1
    shown = await surveys.shown(administration_id)
    assert (shown["status"], shown["waits_for"]) == ("open", [])


async def test_a_day_that_ended_is_told_of_where_the_number_has_grown(surveys: Surveys) -> None:
    await surveys.open()
    surveys.used.update({("s-1", STUDENT): (60, 10), ("s-1", STAFF): (8, 0), ("s-2", STUDENT): (5, 2)})
    await surveys.look()
    surveys.clock.now = datetime.fromisoformat("2026-11-25T23:59:59-05:00")
    assert await surveys.look() == 0
    assert await progress(surveys) == []
    surveys.clock.move(timedelta(seconds=1))
    assert (await surveys.look(), await surveys.look()) == (1, 0)
    first = date(2026, 11, 25)
    assert await progress(surveys) == [(first, "s-1", "student", 60, 10), (first, "s-2", "student", 5, 2)]
    surveys.clock.move(DAY)
    surveys.used[("s-1", STUDENT)] = (60, 12)
    await surveys.look()
    assert (await progress(surveys))[2:] == [(date(2026, 11, 26), "s-1", "student", 60, 12)]
    # Two days on which no process ran are told of as one, and a day without an answer not at all.
    surveys.clock.move(2 * DAY)
    surveys.used[("s-1", STAFF)] = (8, 1)
    await surveys.look()
    surveys.clock.move(DAY)
    await surveys.look()
    assert (await progress(surveys))[3:] == [(date(2026, 11, 28), "s-1", "staff", 8, 1)]


async def test_two_that_look_at_once_open_tell_and_close_once(surveys: Surveys) -> None:
    for n in range(4):
        await surveys.plan(name=f"Wave {n}")
    surveys.used[("s-1", STUDENT)] = (60, 10)

    async def look_at_once() -> None:
        await asyncio.gather(*(surveys.look() for _ in range(3)))

    await look_at_once()
    assert len(await surveys.announced(SurveyOpened)) == 4
    surveys.clock.move(DAY)
    await look_at_once()
    assert len(await progress(surveys)) == 4
    surveys.clock.now = NOON + timedelta(days=7)
    await look_at_once()
    assert len(await surveys.announced(SurveyClosed)) == len(surveys.closings) == 4
    assert len(await progress(surveys)) == 4
