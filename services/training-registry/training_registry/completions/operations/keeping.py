"""How completions are taken up for a change and put down again: locked, certified, stored with their history."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo
from functools import cache
from uuid import UUID

from sqlalchemy import update

from shared.auth import Caller
from shared.bulk import bulk_insert, bulk_update, bulk_upsert
from shared.crypto import KeyRing
from shared.db import Session
from training_registry.changes import OnOfficersChanged
from training_registry.completions.errors import CompletionNotFound
from training_registry.completions.models import completion_versions, completions
from training_registry.completions.rules import CompletionStep, Content, Recorded, ensure_not_own
from training_registry.completions.views.finding import find_completion
from training_registry.completions.views.storage import seal_key, topics_as_text
from training_registry.credentials.operations import Alignment, Certified, issue_credentials, revoke_credential
from training_registry.officers.rules import Position
from training_registry.officers.views import lock_officers, officers_known, officers_seen_by
from training_registry.requirements.views import alignments_for, requirements_known

_CONTENT = (
    "course",
    "course_code",
    "provider",
    "topics",
    "completed_on",
    "expires_on",
    "evidence_sha256",
    "is_outside",
)
_COLUMNS = (
    "district_id",
    "completion_id",
    "officer_id",
    *_CONTENT,
    "status",
    "credential_id",
    "version",
    "sent_sha256",
    "recorded_at",
    "updated_at",
)
_VERSION_COLUMNS = (
    "district_id",
    "completion_id",
    "version",
    "officer_id",
    *_CONTENT,
    "status",
    "credential_id",
    "step",
    "taken_at",
    "taken_by",
    "because",
)


@dataclass(frozen=True, slots=True)
class Clerk:
    """Who keeps the books just now, and with what."""

    caller: Caller
    now: datetime
    zone: tzinfo
    public_url: str
    ring: KeyRing
    on_change: OnOfficersChanged

    @property
    def today(self) -> date:
        """The day, where the registry is."""
        return self.now.astimezone(self.zone).date()

    @property
    def district_id(self) -> str:
        """Whose books."""
        return self.caller.district_id


async def to_change(session: Session, completion_id: UUID, clerk: Clerk) -> Recorded:
    """The completion, locked until the transaction ends, and its officer before it.

    Officers are locked first wherever both are, so that two who change the same wait, and none for ever.
    Raises: CompletionNotFound, also where its officer is not the caller's to see; OwnCompletion.
    """
    found = await find_completion(session, district_id=clerk.district_id, completion_id=completion_id)
    seen = await officers_seen_by(session, clerk.caller)
    if found is None or (seen is not None and found.officer_id not in seen):
        raise CompletionNotFound
    ensure_not_own(found.officer_id, clerk.caller.sub)
    await lock_officers(session, clerk.district_id, {found.officer_id})
    locked = await find_completion(session, district_id=clerk.district_id, completion_id=completion_id, for_update=True)
    assert locked is not None  # none is ever deleted
    return locked


async def add(session: Session, records: Sequence[Recorded], clerk: Clerk) -> dict[UUID, Recorded]:
    """Store new completions, certify those that count, and tell what follows; those that are stored, by their ids.

    One whose id has been taken meanwhile is left out.
    """
    in_order = sorted(records, key=lambda record: record.completion_id.bytes)
    rows = [_row(record, clerk.district_id) for record in in_order]
    stored: set[UUID] = await bulk_insert(session, completions, _COLUMNS, rows, returning="completion_id")
    new = [record for record in in_order if record.completion_id in stored]
    issued = await certify(session, [record for record in new if record.counts], clerk)
    new = [replace(record, credential_id=issued.get(record.completion_id)) for record in new]
    named = [(clerk.district_id, r.completion_id, r.credential_id) for r in new if r.credential_id is not None]
    await bulk_update(session, completions, ("district_id", "completion_id", "credential_id"), named)
    await _note(session, new, clerk, step=CompletionStep.RECORDED)
    await _follow(session, new, clerk)
    return {record.completion_id: record for record in new}


async def store(
    session: Session, before: Recorded, after: Recorded, clerk: Clerk, *, step: CompletionStep, because: str | None
) -> Recorded:
    """Put a changed completion in the place of what it was, which its history keeps, and tell what follows.

    Its credential goes along: revoked where it is no more true, issued where the completion counts.
    """
    keeps = after.counts and before.counts and after.content.certifies_the_same(before.content)
    credential_id = before.credential_id if keeps else None
    if before.counts and not keeps:
        await revoke_credential(
            session, district_id=clerk.district_id, completion_id=before.completion_id, now=clerk.now
        )
    if after.counts and not keeps:
        credential_id = (await certify(session, [after], clerk))[after.completion_id]
    # Not before the version that it follows: the clocks of two processes may differ.
    taken_at = max(clerk.now, before.updated_at)
    after = replace(after, credential_id=credential_id, version=before.version + 1, updated_at=taken_at)
    c = completions.c
    await session.execute(
        update(completions)
        .where(c.district_id == clerk.district_id, c.completion_id == after.completion_id)
        .values(dict(zip(_COLUMNS, _row(after, clerk.district_id), strict=True)))
    )
    await _note(session, [after], clerk, step=step, because=because)
    await _follow(session, [after], clerk)
    return after


async def certify(session: Session, records: Sequence[Recorded], clerk: Clerk) -> dict[UUID, UUID]:
    """A credential stands for each of these completions; its id, by that of the completion."""
    if not records:
        return {}
    requirements = await requirements_known(session, clerk.district_id)
    officers = await officers_known(session, clerk.district_id, officer_ids={record.officer_id for record in records})

    @cache  # many complete the same course
    def aligned(course: str, topics: frozenset[str], position: Position) -> Sequence[Alignment]:
        # With the shipped topics themselves, which are there without any rule, it is aligned where it is made.
        topics_alone = alignments_for((), course, topics, position=position)
        found = alignments_for(requirements, course, topics, position=position)
        return [Alignment(rule.name, rule.code, rule.url, rule.source) for rule in found if rule not in topics_alone]

    certified = [
        Certified(
            completion_id=record.completion_id,
            officer_id=record.officer_id,
            course=record.content.course,
            provider=record.content.provider,
            topics=record.content.topics,
            completed_on=record.content.completed_on,
            expires_on=record.content.expires_on,
            alignments=aligned(
                record.content.course, frozenset(record.content.topics), officers[record.officer_id].position
            ),
        )
        for record in records
    ]
    return await issue_credentials(
        session,
        certified,
        district_id=clerk.district_id,
        public_url=clerk.public_url,
        zone=clerk.zone,
        ring=clerk.ring,
        now=clerk.now,
    )


async def _note(
    session: Session, records: Sequence[Recorded], clerk: Clerk, *, step: CompletionStep, because: str | None = None
) -> None:
    rows = [
        (
            clerk.district_id,
            record.completion_id,
            record.version,
            record.officer_id,
            *_said(record.content),
            record.status.value,
            record.credential_id,
            step.value,
            record.updated_at,
            clerk.caller.sub,
            _sealed(because, record, clerk),
        )
        for record in records
    ]
    await bulk_upsert(session, completion_versions, _VERSION_COLUMNS, rows, on_conflict="ignore")


async def _follow(session: Session, records: Collection[Recorded], clerk: Clerk) -> None:
    officer_ids = {record.officer_id for record in records}
    if officer_ids:
        await clerk.on_change(session, district_id=clerk.district_id, officer_ids=officer_ids, now=clerk.now)


def _row(record: Recorded, district_id: str) -> tuple[object, ...]:
    return (
        district_id,
        record.completion_id,
        record.officer_id,
        *_said(record.content),
        record.status.value,
        record.credential_id,
        record.version,
        record.sent_sha256,
        record.recorded_at,
        record.updated_at,
    )


def _said(content: Content) -> tuple[object, ...]:
    return (
        content.course,
        content.course_code,
        content.provider,
        topics_as_text(content.topics),
        content.completed_on,
        content.expires_on,
        content.evidence_sha256,
        content.is_outside,
    )


def _sealed(because: str | None, record: Recorded, clerk: Clerk) -> bytes | None:
    if because is None:
        return None
    key = seal_key(clerk.district_id, record.completion_id, record.version)
    return clerk.ring.seal(because, table=completion_versions.name, column="because", key=key)
