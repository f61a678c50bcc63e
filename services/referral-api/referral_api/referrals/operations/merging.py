"""Merging two referrals about one student, which two adults have sent without knowing of each other."""

from datetime import datetime
from uuid import UUID

from pydantic import ConfigDict

from referral_api.calendar.views import calendar_to_go_by
from referral_api.referrals import announcements, merges, rules
from referral_api.referrals.errors import ReferralNotFound
from referral_api.referrals.operations.storing import SOURCE, store
from referral_api.referrals.rules import Doing, Referral, Status
from referral_api.referrals.views.finding import find_for_change
from shared.auth import Caller
from shared.db import Session
from shared.http.bodies import Id, StrictBody
from shared.http.etags import ensure_match
from shared.outbox import new_event_id, record


class MergeReferral(StrictBody):
    """This referral is about the same need as another one of the student, which goes on instead."""

    into: Id

    model_config = ConfigDict(json_schema_extra={"examples": [{"into": "0197a4c2-2a00-7d11-8c40-0e5f6a7b8c9d"}]})


async def merge_referral(
    session: Session,
    referral_id: UUID,
    command: MergeReferral,
    *,
    caller: Caller,
    if_match: str | None = None,
    now: datetime,
) -> Referral:
    """The referral has ended as a duplicate and points to the one that goes on; both say so in their history.

    ReferralCancelled is announced of it, with the closing of its loop where the referrer had been told already. Of the
    other, ReferralContacted where somebody had been reached for this one only, or ReferralRescheduled where this one
    was due sooner. The same again changes nothing.
    Raises: ReferralNotFound, NotYourStep, ChangedMeanwhile, NothingToMergeInto, NoSuchStep, OtherNotOpen.
    """
    both = await find_for_change(session, district_id=caller.district_id, referral_ids={referral_id, command.into})
    before = both.get(referral_id)
    if before is None:
        raise ReferralNotFound
    rules.ensure_visible(caller, before)
    merges.ensure_may_merge(caller, before)
    if before.merged_into == command.into:
        return before
    ensure_match(if_match, before.version)
    into = merges.ensure_same_student(caller, before, both.get(command.into))
    calendar = await calendar_to_go_by(session, caller.district_id)
    ended, goes_on, carries_contact, is_due_anew = merges.merge(before, into, calendar, now)
    closing = rules.closes_loop(ended)
    ended = rules.close_loop(ended) if closing else ended
    await store(session, before, ended, caller=caller, step=Status.CANCELLED)
    await store(session, into, goes_on, caller=caller, step=Doing.MERGED, merged_from=referral_id)
    events = [announcements.step_taken(before, ended, event_id=new_event_id(), now=now)]
    if closing:
        events.append(announcements.loop_closed(ended, event_id=new_event_id(), now=now))
    if carries_contact:
        events.append(announcements.contacted(goes_on, event_id=new_event_id(), now=now))
    if is_due_anew:
        events.append(announcements.rescheduled(into, goes_on, event_id=new_event_id(), now=now))
    await record(session, *events, source=SOURCE)
    return ended
