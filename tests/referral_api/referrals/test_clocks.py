"""The contact clock as a table of cases: due when, reminded when, and what it says after a silence."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from referral_api.calendar.rules import SchoolCalendar
from referral_api.referrals import clocks, rules
from referral_api.referrals.clocks import Said
from referral_api.referrals.rules import Referral, Status
from shared.events.referrals import StatusReason, Urgency
from tests.referral_api.referrals.test_rules import NOW, a_referral

MINUTE = timedelta(minutes=1)
CLOSED_TUESDAY = SchoolCalendar(closed_on=frozenset({date(2026, 11, 3)}))


def utc(text: str) -> datetime:
    """An instant."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def sent(urgency: str = "soon", at: datetime = NOW, calendar: SchoolCalendar | None = None) -> Referral:
    """A referral whose clock has just begun to run."""
    draft = a_referral(status=Status.DRAFT, submitted_at=None, urgency=Urgency(urgency))
    return clocks.send(draft, at, calendar or SchoolCalendar())


@pytest.mark.parametrize(
    ("submitted", "urgency", "due"),
    [
        ("2026-11-02T15:00", "imminent", "2026-11-02T16:00"),  # an hour, whatever the school's clock says
        ("2026-11-07T03:00", "imminent", "2026-11-07T04:00"),  # a Saturday night too
        ("2026-11-02T15:00", "urgent", "2026-11-03T15:00"),  # Monday 10:00 -> Tuesday 10:00
        ("2026-11-02T15:00", "routine", "2026-11-09T15:00"),  # five school days: next Monday
        ("2026-11-06T22:00", "urgent", "2026-11-10T13:00"),  # Friday 17:00 -> opens Monday 8:00 -> Tuesday 8:00
        ("2026-11-02T11:00", "soon", "2026-11-04T13:00"),  # Monday 6:00 -> opens at 8:00 -> Wednesday 8:00
        ("2026-10-30T14:00", "soon", "2026-11-03T15:00"),  # over the end of daylight time: 10:00 stays 10:00
    ],
)
def test_the_clock_runs_in_school_time(submitted: str, urgency: str, due: str) -> None:
    assert clocks.due_at(utc(submitted), Urgency(urgency), SchoolCalendar()) == utc(due)


def test_a_closed_day_stops_the_clock() -> None:
    assert clocks.due_at(NOW, Urgency.URGENT, CLOSED_TUESDAY) == NOW.replace(day=4)


def test_a_late_evening_counts_under_the_local_day() -> None:
    late = datetime(2026, 11, 3, 3, 30, tzinfo=UTC)  # still 2 November in New York
    after = clocks.send(a_referral(status=Status.DRAFT, noted_at=late), NOW, SchoolCalendar())
    assert after.submitted_on == date(2026, 11, 2)


@pytest.mark.parametrize(
    ("submitted", "urgency", "reminder"),
    [
        ("2026-11-02T15:00", "imminent", "2026-11-02T15:45"),
        ("2026-11-02T15:00", "urgent", "2026-11-03T13:00"),  # due Tuesday 10:00, said when Tuesday opens
        ("2026-11-02T15:00", "routine", "2026-11-09T13:00"),
        ("2026-11-02T11:00", "soon", "2026-11-03T13:00"),  # due when Wednesday opens, said when Tuesday does
        ("2026-11-05T23:00", "urgent", "2026-11-06T13:00"),  # due when Monday opens, said on Friday
        ("2026-11-02T13:00", "urgent", "2026-11-03T13:00"),  # sent as school opens: no reminder in the same breath
        ("2026-11-02T12:59", "urgent", "2026-11-02T13:00"),
    ],
)
def test_the_first_alarm_is_the_reminder(submitted: str, urgency: str, reminder: str) -> None:
    assert sent(urgency, utc(submitted)).alarm_at == utc(reminder)


def test_a_clock_reminds_once_then_escalates_once_then_is_silent() -> None:
    running = sent()
    assert running.alarm_at is not None
    assert running.due_at is not None
    assert clocks.ring(running, running.alarm_at - MINUTE) == (running, None)
    reminded, said = clocks.ring(running, running.alarm_at)
    assert (said, reminded.reminded_at, reminded.alarm_at) == (Said.REMINDED, running.alarm_at, running.due_at)
    assert clocks.ring(reminded, running.due_at - MINUTE) == (reminded, None)
    overdue, said = clocks.ring(reminded, running.due_at)
    assert (said, overdue.overdue_at, overdue.alarm_at) == (Said.OVERDUE, running.due_at, None)
    assert clocks.ring(overdue, running.due_at + timedelta(days=9)) == (overdue, None)


def test_after_a_silence_past_the_due_time_only_the_escalation_is_said() -> None:
    running = sent()
    late = NOW + timedelta(days=30)
    after, said = clocks.ring(running, late)
    assert (said, after.reminded_at, after.overdue_at, after.alarm_at) == (Said.OVERDUE, None, late, None)


@pytest.mark.parametrize("to", [Status.REJECTED, Status.CANCELLED, Status.ENTERED_IN_ERROR, Status.COMPLETED])
def test_a_clock_stops_when_the_referral_ends(to: Status) -> None:
    assert rules.take_step(sent(), to, StatusReason.OTHER, NOW).alarm_at is None


@pytest.mark.parametrize("to", [Status.ACCEPTED, Status.IN_PROGRESS, Status.ON_HOLD])
def test_a_clock_runs_on_while_nobody_was_reached(to: Status) -> None:
    running = sent()
    assert rules.take_step(running, to, StatusReason.WAITLISTED, NOW).alarm_at == running.alarm_at


def test_a_contact_stops_the_clock_also_one_that_was_earlier_than_the_escalation() -> None:
    running = sent()
    assert running.due_at is not None
    overdue, _ = clocks.ring(running, running.due_at)
    reached = clocks.reach(overdue, running.due_at - MINUTE, running.due_at + MINUTE)
    assert reached.alarm_at is None
    assert reached.contacted_at == running.due_at - MINUTE
    assert reached.overdue_at == overdue.overdue_at
    assert clocks.reach(running, NOW, NOW).alarm_at is None


def test_another_calendar_moves_a_running_clock_and_its_reminder() -> None:
    running = sent("urgent")
    moved = clocks.reschedule(running, CLOSED_TUESDAY, NOW + MINUTE)
    assert (moved.due_at, moved.alarm_at) == (utc("2026-11-04T15:00"), utc("2026-11-04T13:00"))
    assert (moved.version, moved.updated_at) == (running.version + 1, NOW + MINUTE)


def test_another_calendar_leaves_alone_what_it_does_not_move() -> None:
    for running in (sent("imminent"), sent("soon"), replace(sent("urgent"), alarm_at=None, overdue_at=NOW)):
        elsewhere = SchoolCalendar(closed_on=frozenset({date(2027, 1, 1)}))
        assert clocks.reschedule(running, elsewhere, NOW) is running
    for still in (sent("imminent"), replace(sent("urgent"), alarm_at=None, overdue_at=NOW)):
        assert clocks.reschedule(still, CLOSED_TUESDAY, NOW) is still


def test_nobody_is_reminded_again_when_the_calendar_moves_the_due_time() -> None:
    running = sent("urgent")
    assert running.alarm_at is not None
    reminded, _ = clocks.ring(running, running.alarm_at)
    moved = clocks.reschedule(reminded, CLOSED_TUESDAY, running.alarm_at)
    assert moved.alarm_at == moved.due_at == utc("2026-11-04T15:00")


def test_a_due_time_that_the_calendar_moved_into_the_past_is_escalated_at_once() -> None:
    running = sent("urgent", calendar=CLOSED_TUESDAY)
    moved = clocks.reschedule(running, SchoolCalendar(), utc("2026-11-03T20:00"))
    assert clocks.ring(moved, utc("2026-11-03T20:00"))[1] is Said.OVERDUE
