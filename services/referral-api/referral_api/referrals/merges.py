"""Two referrals about one student become one: which may, who may do it, and what follows for each. Pure."""

from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from referral_api.calendar.rules import SchoolCalendar
from referral_api.referrals import clocks, rules
from referral_api.referrals.errors import NothingToMergeInto, NotYourStep, OtherNotOpen
from referral_api.referrals.rules import OPEN, Referral, Status
from shared.auth import Caller, Role
from shared.errors import Fault
from shared.events.referrals import StatusReason


class Merged(NamedTuple):
    """Both referrals after the merge."""

    ended: Referral
    goes_on: Referral
    carries_contact: bool
    """Whether somebody had been reached for the one that ended, and only now counts as reached for the other."""
    is_due_anew: bool
    """Whether the other is due at another time than before: when the one that ended was."""


OF_THE_OTHER = frozenset({"merged_into", "merged_from", "inherited_at", "inherited_urgency", "reopens"})
"""What a referral and its history hold of another one: merged with it, or taken up again by it."""


def may_know_the_other(caller: Caller) -> bool:
    """A provider may not: the other referral was perhaps never sent to him, and no parent asked about it."""
    return caller.role is not Role.PROVIDER


def as_told(caller: Caller, referral: Referral) -> Referral:
    """A referral that the caller reads in full, without what he may not know of another one."""
    return referral if may_know_the_other(caller) else replace(referral, merged_into=None, reopens=None)


def ensure_may_merge(caller: Caller, referral: Referral) -> None:
    """The school's own staff who read it in full merge it.

    Raises: NotYourStep.
    """
    if not may_know_the_other(caller) or not rules.may_read_in_full(caller, referral):
        raise NotYourStep(f"{caller.role} does not merge this referral.")


def ensure_same_student(caller: Caller, referral: Referral, into: Referral | None) -> Referral:
    """The other one, if it is another referral of the same student that the caller reads in full.

    Raises: NothingToMergeInto.
    """
    fits = (
        into is not None
        and into.referral_id != referral.referral_id
        and into.student_id == referral.student_id
        and rules.may_read_in_full(caller, into)
    )
    if into is None or not fits:
        raise NothingToMergeInto(errors=[Fault("into", "is no other referral of this student")])
    return into


def merge(referral: Referral, into: Referral, calendar: SchoolCalendar, now: datetime) -> Merged:
    """The first ends as a duplicate and points to the second, which goes on. Its history stays its own.

    Whoever was reached for the first was reached for the second: it is the same student. Where nobody was, the second
    answers for both, and so is due when the first of them is: merging gains nobody time. Feedback is not carried over,
    since each has its own referrer.
    Raises: NoSuchStep where the first cannot be cancelled any more; OtherNotOpen.
    """
    rules.ensure_step(referral.status, Status.CANCELLED)
    if into.status not in OPEN:
        raise OtherNotOpen(status_now=str(into.status))
    ended = rules.take_step(referral, Status.CANCELLED, StatusReason.DUPLICATE, now)
    ended = replace(ended, merged_into=into.referral_id)
    if referral.contacted_at is not None and into.contacted_at is None:
        goes_on = clocks.reach(into, referral.contacted_at, now)
        return Merged(ended, goes_on, carries_contact=True, is_due_anew=False)
    goes_on = clocks.inherit(into, referral, calendar)
    goes_on = replace(goes_on, version=into.version + 1, updated_at=now)
    return Merged(ended, goes_on, carries_contact=False, is_due_anew=goes_on.due_at != into.due_at)
