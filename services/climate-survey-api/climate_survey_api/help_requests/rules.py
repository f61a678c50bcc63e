"""Where and how long one may ask, how soon somebody has to answer, and what may become of a request. Pure."""

from collections.abc import Collection
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum

from climate_survey_api.help_requests.errors import (
    AlreadyClosed,
    AlreadyTakenUp,
    AskingIsOver,
    NotTakenUp,
    SchoolNotAsked,
)
from shared.errors import Fault

ASKING_AFTER_CLOSE = timedelta(days=30)
"""How long a survey's link leads to an adult once the survey is over: sheets and e-mails stay about."""

_SATURDAY = 5


class HelpStatus(StrEnum):
    """Where a request stands; it never goes back."""

    WAITING = "waiting"
    TAKEN_UP = "taken_up"
    CLOSED = "closed"


class HelpOutcome(StrEnum):
    """What came of a request."""

    TALKED = "talked"
    REFERRED = "referred"
    COULD_NOT_BE_FOUND = "could_not_be_found"
    OTHER = "other"


def ensure_may_ask(
    school_id: str, *, surveyed: Collection[str], survey_closed_at: datetime | None, now: datetime
) -> None:
    """Refuse a school that the survey is not put to, and a survey long over. Raises: SchoolNotAsked, AskingIsOver.

    Before it opens and after it closes one may ask: whoever holds the link may need somebody.
    """
    if survey_closed_at is not None and now > survey_closed_at + ASKING_AFTER_CLOSE:
        raise AskingIsOver
    if school_id not in surveyed:
        raise SchoolNotAsked(errors=[Fault("school_id", "is none of the survey's schools")])


def beginning_of(day: date, zone: tzinfo) -> datetime:
    """The only instant that is told of a request: the minute would point at who was seen with the form."""
    return datetime.combine(day, time.min, zone)


def due_on(requested_on: date) -> date:
    """The day by whose end somebody takes a request up: the next one that is not a Saturday or Sunday.

    This service knows no school calendar: before a holiday a request seems overdue sooner than it is.
    """
    due = requested_on + timedelta(days=1)
    while due.weekday() >= _SATURDAY:
        due += timedelta(days=1)
    return due


def is_overdue(status: HelpStatus, requested_on: date, today: date) -> bool:
    """Whether the second school day has come and nobody has taken the request up."""
    return status is HelpStatus.WAITING and today > due_on(requested_on)


def overdue_through(today: date) -> date:
    """The last day of asking that is overdue today where nobody took the request up."""
    day = today - timedelta(days=1)
    while due_on(day) >= today:
        day -= timedelta(days=1)
    return day


def may_take_up(status: HelpStatus, taken_up_by: str | None, who: str) -> bool:
    """Whether anything is to be done: not where he has it already. Raises: AlreadyTakenUp, AlreadyClosed."""
    if status is HelpStatus.CLOSED:
        raise AlreadyClosed
    if status is HelpStatus.TAKEN_UP and taken_up_by != who:
        raise AlreadyTakenUp
    return status is HelpStatus.WAITING


def ensure_closable(status: HelpStatus) -> None:
    """Refuse to close what nobody has read, or what is closed. Raises: NotTakenUp, AlreadyClosed."""
    if status is HelpStatus.CLOSED:
        raise AlreadyClosed
    if status is HelpStatus.WAITING:
        raise NotTakenUp
