"""Events of the topic `surveys` for tests: ordinary ones, in which a test names only what it is about."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

from shared.events.surveys import (
    AnswerSums,
    RespondentGroup,
    ResultRow,
    SurveyClosed,
    SurveyMode,
    SurveyOpened,
    SurveyProgressed,
    SurveyResultsCounted,
    UnitInvited,
    UnitUsed,
)
from shared.testing.events import DISTRICT

SURVEY = UUID(int=44)
STUDENT = RespondentGroup.STUDENT


def an_opening(*units: Mapping[str, Any], **given: Any) -> SurveyOpened:
    """Survey 44 opened on 5 October 2026 for 100 students of s-1, but for what is given; so with each unit."""
    day: date = given.get("opened_on", date(2026, 10, 5))
    ordinary: dict[str, Any] = _of_an_event(day) | {
        "instrument_id": "rapport-climate",
        "instrument_version": 1,
        "mode": SurveyMode.ANONYMOUS,
        "school_year": 2027,
        "opened_on": day,
        "closes_at": datetime(2026, 10, 17, tzinfo=UTC),
        "units": tuple(UnitInvited(**(_UNIT | dict(unit))) for unit in units or ({},)),
    }
    return SurveyOpened(**(ordinary | given))


def some_progress(**given: Any) -> SurveyProgressed:
    """40 of the 90 codes of the students of s-1 were used by the end of 6 October 2026, but for what is given."""
    day: date = given.get("counted_on", date(2026, 10, 6))
    ordinary = _of_an_event(day) | _UNIT | {"counted_on": day, "generated": 90, "used": 40}
    return SurveyProgressed(**(ordinary | given))


def a_closing(*units: Mapping[str, Any], **given: Any) -> SurveyClosed:
    """Survey 44 closed on 16 October 2026, when 72 of the 90 codes of s-1 were used, but for what is given."""
    day: date = given.get("closed_on", date(2026, 10, 16))
    ordinary: dict[str, Any] = _of_an_event(day) | {
        "school_year": 2027,
        "closed_on": day,
        "units": tuple(UnitUsed(**(_UNIT | {"generated": 90, "used": 72} | dict(unit))) for unit in units or ({},)),
    }
    return SurveyClosed(**(ordinary | given))


def a_count(*rows: ResultRow, **given: Any) -> SurveyResultsCounted:
    """What the students of s-1 said about safety in survey 44, but for what is given."""
    day: date = given.get("closed_on", date(2026, 10, 16))
    ordinary: dict[str, Any] = _of_an_event(day) | {
        "school_year": 2027,
        "closed_on": day,
        "school_id": "s-1",
        "respondent_group": STUDENT,
        "facet": None,
        "schools_counted": 1,
        "invited": 100,
        "minimum": 10,
        "rows": rows or (a_finding(),),
    }
    return SurveyResultsCounted(**(ordinary | given))


def a_finding(dimension: str = "safety", *, suppressed: bool = False, **given: Any) -> ResultRow:
    """72 respondents gave 210 answers about safety, 147 of them favourable, but for what is given."""
    of_the_row = {"value": None, "item_id": None} | {name: given.pop(name) for name in _OF_A_ROW if name in given}
    ordinary: dict[str, Any] = {
        "n": 72,
        "answers": 210,
        "favorable": 147,
        "answers_squares": 620,
        "favorable_squares": 330,
        "favorable_answers": 432,
        "means": 208.5,
        "means_squares": 626.25,
        "histogram": (21, 42, 84, 63),
        "complete": 68,
        "alpha": 0.81,
    }
    sums = None if suppressed else AnswerSums(**(ordinary | given))
    return ResultRow(dimension=dimension, sums=sums, **of_the_row)


_UNIT: dict[str, Any] = {"school_id": "s-1", "respondent_group": STUDENT, "invited": 100}
_OF_A_ROW = ("value", "item_id")


def _of_an_event(day: date) -> dict[str, Any]:
    at = datetime(day.year, day.month, day.day, 15, tzinfo=UTC)
    return {"event_id": uuid4(), "occurred_at": at, "district_id": DISTRICT, "administration_id": SURVEY}
