"""How many people answered a survey, through HTTP: by the last day known, whatever order days came to be known in."""

from datetime import date
from itertools import permutations
from typing import Any
from uuid import UUID, uuid4

from shared.events.surveys import RespondentGroup
from shared.testing.survey_events import SURVEY, a_closing, an_opening, some_progress
from tests.reporting.suite import Reporting, announce, view

STAFF = RespondentGroup.STAFF
LATER = UUID(int=45)


async def progress(reporting: Reporting, **query: Any) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """Status, day, generated, used and rate, by survey, school and group, as the rows come."""
    rows = (await view(reporting, "survey-progress", **query))["rows"]
    keys = ("school_id", "respondent_group")
    told = ("status", "counted_on", "invited", "generated", "used", "submission_rate")
    return {
        (UUID(row["administration_id"]).int, *(row[key] for key in keys)): tuple(row[name] for name in told)
        for row in rows
    }


async def test_a_survey_goes_from_its_opening_over_its_days_to_its_closing(reporting: Reporting) -> None:
    units: list[dict[str, Any]] = [{}, {"school_id": "s-2", "respondent_group": STAFF, "invited": 30}]
    key, other = (44, "s-1", "student"), (44, "s-2", "staff")
    await announce(reporting, an_opening(*units))
    nobody_yet = ("open", None, 30, None, 0, None)
    assert await progress(reporting) == {key: ("open", None, 100, None, 0, None), other: nobody_yet}
    await announce(reporting, some_progress())
    await announce(reporting, some_progress(counted_on=date(2026, 10, 9), invited=99, used=45))
    assert await progress(reporting) == {key: ("open", "2026-10-09", 99, 90, 45, 45 / 90), other: nobody_yet}
    await announce(reporting, a_closing(units[0], units[1] | {"generated": 0, "used": 0}))
    closed = ("closed", "2026-10-16")
    assert await progress(reporting) == {key: (*closed, 100, 90, 72, 72 / 90), other: (*closed, 30, 0, 0, None)}
    (row, _) = (await view(reporting, "survey-progress", role="analyst"))["rows"]
    assert (row["administration_id"], row["opened_on"], row["closed_on"]) == (str(SURVEY), "2026-10-05", "2026-10-16")
    assert row["suppressed"] is False


async def test_the_order_in_which_days_are_heard_of_changes_nothing(reporting: Reporting) -> None:
    days = [some_progress(counted_on=date(2026, 10, day), used=10 * day) for day in (6, 7)]
    for order in permutations([an_opening(), *days, a_closing()]):
        survey = uuid4()
        for event in order:  # each in a batch of its own
            await announce(reporting, event.model_copy(update={"administration_id": survey, "event_id": uuid4()}))
        told = await progress(reporting, administration_id=str(survey))
        assert list(told.values()) == [("closed", "2026-10-16", 100, 90, 72, 72 / 90)]


async def test_surveys_are_told_of_the_year_and_schools_that_are_asked_for_and_seen(reporting: Reporting) -> None:
    both: list[dict[str, Any]] = [{}, {"school_id": "s-2"}]
    await announce(
        reporting,
        an_opening(*both),
        an_opening(administration_id=LATER, opened_on=date(2027, 1, 11)),
        a_closing(administration_id=UUID(int=46), school_year=2026),
        an_opening(district_id="elsewhere", opened_on=date(2026, 9, 9)),
    )
    student = "student"
    assert list(await progress(reporting)) == [(44, "s-1", student), (44, "s-2", student), (45, "s-1", student)]
    assert list(await progress(reporting, school_id="s-2")) == [(44, "s-2", student)]
    assert list(await progress(reporting, administration_id=str(LATER))) == [(45, "s-1", student)]
    assert list(await progress(reporting, schools=["s-2"])) == [(44, "s-2", student)]
    assert await progress(reporting, schools=[]) == {}
    assert list(await progress(reporting, school_year=2026)) == [(46, "s-1", student)]
    assert list(await progress(reporting, district="elsewhere")) == [(44, "s-1", student)]
    async with reporting.client("analyst") as client:
        for query in ("", "?school_year=2027&by=school_id", "?school_year=2027&from=2026-10"):
            assert (await client.get(f"/v1/views/survey-progress{query}")).status_code == 422
