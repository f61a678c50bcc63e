"""Answering a referral: reaching the student, and telling the referrer that somebody acted."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from pydantic import ConfigDict, Field
from sqlalchemy import select

from referral_api.referrals import announcements, clocks, rules
from referral_api.referrals.errors import ContactExists
from referral_api.referrals.models import referral_contacts
from referral_api.referrals.operations.storing import SOURCE, note_sealed, sealed, store, to_change
from referral_api.referrals.rules import Doing, Referral
from referral_api.referrals.texts import Line, Narrative
from shared.auth import Caller
from shared.bulk import bulk_upsert
from shared.crypto import KeyRing
from shared.db import Session
from shared.http.bodies import Id, Moment, StrictBody
from shared.http.etags import ensure_match
from shared.outbox import new_event_id, record


class NoteContact(StrictBody):
    """Somebody tried to reach the student or family."""

    contact_id: Id | None = None
    contacted_at: Moment
    by: Line = Field(description="Who tried: an id, not a name.")
    reached: bool

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"contacted_at": "2026-11-20T10:15:00-05:00", "by": "c-1", "reached": True}]}
    )


async def note_contact(
    session: Session,
    referral_id: UUID,
    command: NoteContact,
    *,
    caller: Caller,
    if_match: str | None = None,
    now: datetime,
) -> Referral:
    """A try is noted; the first that reached somebody stops the clock and announces ReferralContacted.

    The same id with the same content again is the contact that is there, whatever became of the referral meanwhile.
    Raises: ReferralNotFound, NotYourStep, NoSuchStep, ChangedMeanwhile, ContactInFuture, ContactTooEarly,
    ContactExists.
    """
    before = await to_change(session, referral_id, caller)
    rules.ensure_works(caller, before)
    contact_id = command.contact_id or new_event_id()
    columns = tuple(c.name for c in referral_contacts.columns)
    row = (
        caller.district_id,
        contact_id,
        referral_id,
        command.contacted_at,
        command.by,
        command.reached,
        caller.sub,
    )
    # Before all that a change may be refused for: a phone that heard no answer asks again, and its own contact, or a
    # merge since, has made another version.
    if not await bulk_upsert(session, referral_contacts, columns, [row], on_conflict="ignore"):
        await _ensure_the_same(session, row)
        return before
    rules.ensure_goes_on(before)
    ensure_match(if_match, before.version)
    rules.ensure_contact_happened(command.contacted_at, before, now)
    if not command.reached or before.contacted_at is not None:
        return before
    after = clocks.reach(before, command.contacted_at, now)
    await store(session, before, after, caller=caller, step=Doing.CONTACTED)
    await record(session, announcements.contacted(after, event_id=new_event_id(), now=now), source=SOURCE)
    return after


async def _ensure_the_same(session: Session, row: tuple[object, ...]) -> None:
    """Raises: ContactExists, for a contact must not be lost because its id was another's."""
    c = referral_contacts.c
    there = await session.execute(select(referral_contacts).where(c.district_id == row[0], c.contact_id == row[1]))
    if tuple(there.one()) != row:
        raise ContactExists


class GiveFeedback(StrictBody):
    """What the referrer is told: that somebody acted, never what."""

    message_to_referrer: Narrative

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"message_to_referrer": "Thank you. Somebody is in touch with the family."}]}
    )


async def give_feedback(
    session: Session,
    referral_id: UUID,
    command: GiveFeedback,
    *,
    caller: Caller,
    ring: KeyRing,
    if_match: str | None = None,
    now: datetime,
) -> Referral:
    """The referrer is told; with an outcome this closes the loop and announces ReferralLoopClosed.

    Raises: ReferralNotFound, NotYourStep, NoSuchStep, ChangedMeanwhile.
    """
    before = await to_change(session, referral_id, caller)
    rules.ensure_works(caller, before)
    ensure_match(if_match, before.version)
    message = command.message_to_referrer
    after = replace(
        before,
        message_to_referrer=sealed(ring, "message_to_referrer", message, before.referral_id, before.district_id),
        feedback_at=before.feedback_at or now,
        version=before.version + 1,
        updated_at=now,
    )
    closing = rules.closes_loop(after)
    after = rules.close_loop(after) if closing else after
    note = note_sealed(ring, after, message)
    await store(session, before, after, caller=caller, step=Doing.FEEDBACK_GIVEN, note=note)
    if closing:
        await record(session, announcements.loop_closed(after, event_id=new_event_id(), now=now), source=SOURCE)
    return after
