"""The contact clock: when somebody must have reached the student, and what is said before and after. Pure.

It runs from the sending on, through every open status, until somebody is reached or the referral ends. `alarm_at` is
the next moment at which it has something to say: a reminder, then the escalation, then nothing any more.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

from referral_api.calendar.rules import SchoolCalendar, opening_before, school_days_later
from referral_api.referrals.rules import OPEN, Referral, Status, is_shared
from shared.events.referrals import Stage, Urgency

NAME = "contact-clock"
"""What it is called in a referral's history, in the place of a person."""
_AN_HOUR = timedelta(hours=1)
_REMINDER_OF_IMMINENT = timedelta(minutes=15)
_SCHOOL_DAYS = {Urgency.URGENT: 1, Urgency.SOON: 2, Urgency.ROUTINE: 5}


class Said(StrEnum):
    """What the clock says, each once per referral."""

    REMINDED = "reminded"
    OVERDUE = "overdue"


def send(referral: Referral, now: datetime, calendar: SchoolCalendar) -> Referral:
    """The referral as it is once sent: its clock runs from now, and it counts under the day it was noted."""
    noted = referral.noted_at if referral.noted_at is not None else now
    due, alarm = _times([(now, referral.urgency)], calendar, may_remind=True)
    return replace(
        referral,
        status=Status.REQUESTED,
        submitted_at=now,
        submitted_on=calendar.local(noted).date(),
        updated_at=now,
        reached=frozenset({Stage.SUBMITTED}),
        was_shared=is_shared(referral),
        due_at=due,
        alarm_at=alarm,
    )


def due_at(submitted_at: datetime, urgency: Urgency, calendar: SchoolCalendar) -> datetime:
    """When somebody must have reached the student: an hour by the clock, or 1, 2 or 5 school days.

    Source: design defaults; no national norm was found (research on referral practice).
    """
    if urgency is Urgency.IMMINENT:
        return submitted_at + _AN_HOUR
    return school_days_later(calendar, submitted_at, _SCHOOL_DAYS[urgency])


def remind_at(due_at: datetime, urgency: Urgency, calendar: SchoolCalendar) -> datetime:
    """When to say that the clock runs out: a quarter of an hour before, or when school opens for the last time before.

    On the morning of the day itself, then, and on that of the school day before for what is due at the opening.
    """
    if urgency is Urgency.IMMINENT:
        return due_at - _REMINDER_OF_IMMINENT
    return opening_before(calendar, due_at)


def reach(referral: Referral, contacted_at: datetime, now: datetime) -> Referral:
    """The referral once somebody was reached, which may have been before it was noted: its clock has stopped."""
    return replace(
        referral,
        contacted_at=contacted_at,
        alarm_at=None,
        reached=referral.reached | {Stage.CONTACTED},
        version=referral.version + 1,
        updated_at=now,
    )


def reschedule(referral: Referral, calendar: SchoolCalendar, now: datetime) -> Referral:
    """The referral as the calendar has it now; as it is where the calendar moves nothing.

    Only a clock that still has something to say is moved: one that ran out has been escalated, and what counted as in
    time stays so. An hour is an hour whatever the calendar says. Where only the reminder moves, nothing has changed
    that anybody could read: the version stays.
    """
    if not _runs(referral):
        return referral
    moved = _timed(referral, calendar)
    if moved.due_at == referral.due_at:
        return moved if moved.alarm_at != referral.alarm_at else referral
    return replace(moved, version=referral.version + 1, updated_at=now)


def wind(referral: Referral) -> Referral:
    """The referral with an alarm where it has none: at the time at which it is due, as far as that is known."""
    if referral.alarm_at is not None or not _runs(referral):
        return referral
    if referral.due_at is None:
        raise ValueError("a referral that was sent is due some time")
    return replace(referral, alarm_at=referral.due_at)


def inherit(referral: Referral, merged: Referral, calendar: SchoolCalendar) -> Referral:
    """The referral as it answers for a merged one too: due when the first of both is.

    It keeps when that one was sent and how urgent it was, so that another calendar moves both. A clock that has
    stopped or run out stays as it is.
    """
    if not _runs(referral):
        return referral
    starts = [*_starts(merged), *_starts(referral)[1:]]
    at, urgency = min(starts, key=lambda start: due_at(start[0], start[1], calendar))
    return _timed(replace(referral, inherited_at=at, inherited_urgency=urgency), calendar)


def ring(referral: Referral, now: datetime) -> tuple[Referral, Said | None]:
    """What the clock says by now, and the referral once it is said.

    After a silence past the due time only the escalation: a reminder after the fact helps nobody.
    """
    if referral.alarm_at is None or referral.due_at is None or now < referral.alarm_at:
        return referral, None
    if not _runs(referral):
        # Stopped by a process of the release before, which knows of no alarm.
        return replace(referral, alarm_at=None), None
    if now >= referral.due_at:
        return replace(referral, alarm_at=None, overdue_at=now), Said.OVERDUE
    return replace(referral, alarm_at=referral.due_at, reminded_at=now), Said.REMINDED


def _runs(referral: Referral) -> bool:
    """Whether somebody is still to be reached, and it was not escalated yet."""
    return referral.contacted_at is None and referral.overdue_at is None and referral.status in OPEN


def _starts(referral: Referral) -> list[tuple[datetime, Urgency]]:
    """When and how urgently it was sent; and the same of the merged one that it answers for."""
    if referral.submitted_at is None:
        raise ValueError("a draft has no clock")
    own = (referral.submitted_at, referral.urgency)
    if referral.inherited_at is None or referral.inherited_urgency is None:
        return [own]
    return [own, (referral.inherited_at, referral.inherited_urgency)]


def _timed(referral: Referral, calendar: SchoolCalendar) -> Referral:
    """The referral with its due time and next alarm by this calendar; no second reminder."""
    due, alarm = _times(_starts(referral), calendar, may_remind=referral.reminded_at is None)
    return replace(referral, due_at=due, alarm_at=alarm)


def _times(
    starts: Sequence[tuple[datetime, Urgency]], calendar: SchoolCalendar, *, may_remind: bool
) -> tuple[datetime, datetime]:
    """When it is due and when the clock next says something, the first start being its own.

    A reminder that would have come with the sending or before it is left out: the referral itself is news enough.
    """
    due, urgency = min((due_at(*start, calendar), start[1]) for start in starts)
    reminder = remind_at(due, urgency, calendar)
    return due, reminder if may_remind and reminder > starts[0][0] else due
