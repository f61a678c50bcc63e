"""How soon somebody has to answer, where and how long one may ask, and what may become of a request."""

from datetime import date, timedelta

import pytest

from climate_survey_api.help_requests.errors import (
    AlreadyClosed,
    AlreadyTakenUp,
    AskingIsOver,
    NotTakenUp,
    SchoolNotAsked,
)
from climate_survey_api.help_requests.rules import (
    ASKING_AFTER_CLOSE,
    HelpStatus,
    due_on,
    ensure_closable,
    ensure_may_ask,
    is_overdue,
    may_take_up,
)
from tests.climate_survey_api.suite import NOON

WEDNESDAY, THURSDAY, FRIDAY = (date(2026, 11, day) for day in (25, 26, 27))
SATURDAY, SUNDAY, MONDAY, TUESDAY = (FRIDAY + timedelta(days=n) for n in (1, 2, 3, 4))


@pytest.mark.parametrize(
    ("asked", "due"),
    [(WEDNESDAY, THURSDAY), (THURSDAY, FRIDAY), (FRIDAY, MONDAY), (SATURDAY, MONDAY), (SUNDAY, MONDAY)],
)
def test_a_request_is_due_by_the_end_of_the_next_weekday(asked: date, due: date) -> None:
    assert due_on(asked) == due
    assert not is_overdue(HelpStatus.WAITING, asked, due)
    assert is_overdue(HelpStatus.WAITING, asked, due + timedelta(days=1))


def test_what_somebody_has_taken_up_is_never_overdue() -> None:
    assert is_overdue(HelpStatus.WAITING, FRIDAY, TUESDAY)
    assert not any(is_overdue(status, FRIDAY, TUESDAY) for status in (HelpStatus.TAKEN_UP, HelpStatus.CLOSED))


def test_one_may_ask_at_the_survey_s_schools_until_thirty_days_after_it_closed() -> None:
    ensure_may_ask("s-1", surveyed={"s-1"}, survey_closed_at=None, now=NOON)
    ensure_may_ask("s-1", surveyed={"s-1"}, survey_closed_at=NOON - ASKING_AFTER_CLOSE, now=NOON)
    late = NOON + timedelta(microseconds=1)
    with pytest.raises(AskingIsOver):
        ensure_may_ask("s-1", surveyed={"s-1"}, survey_closed_at=NOON - ASKING_AFTER_CLOSE, now=late)
    with pytest.raises(SchoolNotAsked):
        ensure_may_ask("s-2", surveyed={"s-1"}, survey_closed_at=None, now=NOON)


def test_a_request_is_taken_up_by_one_and_closed_after_that() -> None:
    assert may_take_up(HelpStatus.WAITING, None, "c-1")
    assert not may_take_up(HelpStatus.TAKEN_UP, "c-1", "c-1")
    with pytest.raises(AlreadyTakenUp):
        may_take_up(HelpStatus.TAKEN_UP, "c-1", "c-2")
    with pytest.raises(AlreadyClosed):
        may_take_up(HelpStatus.CLOSED, "c-1", "c-1")
    with pytest.raises(NotTakenUp):
        ensure_closable(HelpStatus.WAITING)
    with pytest.raises(AlreadyClosed):
        ensure_closable(HelpStatus.CLOSED)
    ensure_closable(HelpStatus.TAKEN_UP)
