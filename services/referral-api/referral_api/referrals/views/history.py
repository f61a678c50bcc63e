"""The history of a referral: who did what when, and what it changed; for those who read the referral in full.

Put together of the steps that were noted, the tries to reach somebody, and the referral itself: its submission and what
its clock said are no steps, so that neither costs a statement more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Column, ColumnElement, select, tuple_

from referral_api.referrals import clocks
from referral_api.referrals.merges import OF_THE_OTHER, may_know_the_other
from referral_api.referrals.models import referral_contacts, referral_steps
from referral_api.referrals.rules import Doing, Referral, Status
from referral_api.referrals.views.beginnings import (
    Shared,
    consents_recorded,
    sent_at,
    shared_since,
    stated_with_it,
)
from referral_api.referrals.views.records import seal_key
from shared.auth import Caller, Role
from shared.crypto import KeyRing
from shared.db import ReadSession
from shared.events.base import Instant
from shared.events.referrals import StatusReason

_LAST_VERSION = (1 << 31) - 1


class Noted(StrEnum):
    """What a history tells beside the steps to a status and what else was done."""

    DRAFTED = "drafted"
    SUBMITTED = "submitted"
    CONTACT_TRIED = "contact_tried"
    REMINDED = "reminded"
    OVERDUE = "overdue"


class Changed(BaseModel):
    """A field before and after."""

    before: str | bool | None
    after: str | bool | None


class HistoryEntry(BaseModel):
    """One thing that was done to a referral or said of it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "happened_at": "2026-11-03T15:20:00Z",
                    "by": "c-1",
                    "role": "counselor",
                    "noted_by": None,
                    "what": "on_hold",
                    "reason": "waitlisted",
                    "note": "Third on the list; the family knows.",
                    "reached": None,
                    "changes": {
                        "status": {"before": "accepted", "after": "on_hold"},
                        "reason": {"before": None, "after": "waitlisted"},
                    },
                }
            ]
        }
    )

    happened_at: Instant
    by: str = Field(description=f"Who: an id, not a name; `{clocks.NAME}` where nobody did it.")
    role: str | None = Field(description="In which role; null where only the person was noted.")
    noted_by: str | None = Field(
        None, description="Of a try to contact: who recorded it, on whose word alone it stands that `by` made it."
    )
    what: Status | Doing | Noted = Field(description="A status that it was moved to, or what else was done.")
    reason: StatusReason | None = None
    note: str | None = Field(None, description="The note on the step, or what the referrer was told.")
    reached: bool | None = Field(None, description="Of a try to contact: whether somebody was reached.")
    changes: dict[str, Changed] = Field(default_factory=dict, description="Fields that it changed; no texts.")


class _Source(IntEnum):
    """Where an entry comes from; of entries of one instant, in this order."""

    REFERRAL = 0
    STEPS = 1
    CONTACTS = 2


class Position(NamedTuple):
    """Where an entry stands in its history."""

    happened_at: datetime
    source: int
    key: str


@dataclass(frozen=True, slots=True)
class PlacedEntry:
    """An entry and where it stands."""

    position: Position
    entry: HistoryEntry


async def history_of(
    session: ReadSession, referral: Referral, caller: Caller, ring: KeyRing, *, behind: Position | None, limit: int
) -> list[PlacedEntry]:
    """What happened to a referral that the caller reads in full, oldest first, at most `limit` entries.

    A try to contact stands at the time at which it was made, which may be before it was noted, or before the referral.
    A provider is told what happened since the consent under which it reads: what was noted before that, or while
    consent was withdrawn, was noted among the school's own staff.
    Nor is it told anything of another referral, merged or taken up again.
    """
    consents = await consents_recorded(session, referral)
    since = shared_since(referral, consents) if caller.role is Role.PROVIDER else None
    # Of two hosts' clocks the one behind can let a later consent begin in the instant of the submission.
    stated = stated_with_it(referral, consents) if since is None or since.from_the_beginning else {}
    found = [
        *(own for own in _own_entries(referral, stated) if since is None or own.position.happened_at >= since.at),
        *await _steps(session, referral, ring, since, behind, limit),
        *await _contacts(session, referral, since, behind, limit),
    ]
    told = [
        placed if may_know_the_other(caller) else _without_the_other(placed)
        for placed in found
        if behind is None or placed.position > behind
    ]
    return sorted(told, key=lambda placed: placed.position)[:limit]


def _without_the_other(placed: PlacedEntry) -> PlacedEntry:
    changes = {name: changed for name, changed in placed.entry.changes.items() if name not in OF_THE_OTHER}
    return replace(placed, entry=placed.entry.model_copy(update={"changes": changes}))


def _own_entries(referral: Referral, stated: Mapping[str, Any]) -> list[PlacedEntry]:
    """What the referral itself knows; that a draft was sent later is a step."""
    sent_at_once = referral.submitted_at == referral.created_at
    author, role = referral.submitted_by, referral.submitter_role
    first, nothing = _changes({name: (None, value) for name, value in stated.items()}), _changes({})
    clock = clocks.NAME
    happened = (
        (referral.created_at, Noted.SUBMITTED if sent_at_once else Noted.DRAFTED, author, role, first),
        (referral.reminded_at, Noted.REMINDED, clock, clock, nothing),
        (referral.overdue_at, Noted.OVERDUE, clock, clock, nothing),
    )
    return [
        PlacedEntry(
            Position(at, _Source.REFERRAL, what),
            HistoryEntry(happened_at=at, by=by, role=role, what=what, changes=changes),
        )
        for at, what, by, role, changes in happened
        if at is not None
    ]


def _changes(told: Mapping[str, Sequence[Any]]) -> dict[str, Changed]:
    return {name: Changed(before=before, after=after) for name, (before, after) in told.items()}


async def _steps(
    session: ReadSession,
    referral: Referral,
    ring: KeyRing,
    since: Shared | None,
    behind: Position | None,
    limit: int,
) -> list[PlacedEntry]:
    s = referral_steps.c
    wanted = select(referral_steps).where(s.district_id == referral.district_id, s.referral_id == referral.referral_id)
    if since is not None:
        wanted = wanted.where(s.version >= since.version, s.taken_at >= sent_at(referral))
    if behind is not None:
        wanted = wanted.where(_behind(behind, _Source.STEPS, s.taken_at, s.version, int))
    place = seal_key(referral.district_id, referral.referral_id)
    entries = []
    for row in await session.execute(wanted.order_by(s.taken_at, s.version).limit(limit)):
        note = None
        if row.note is not None:
            note = ring.open(row.note, table="referral_steps", column="note", key=f"{place}/{row.version}")
        entry = HistoryEntry(
            happened_at=row.taken_at,
            by=row.taken_by,
            role=row.role,
            what=row.step,
            reason=row.reason,
            note=note,
            changes=_changes(orjson.loads(row.changes)) if row.changes else {},
        )
        entries.append(PlacedEntry(Position(row.taken_at, _Source.STEPS, _as_key(row.version)), entry))
    return entries


async def _contacts(
    session: ReadSession, referral: Referral, since: Shared | None, behind: Position | None, limit: int
) -> list[PlacedEntry]:
    c = referral_contacts.c
    wanted = select(referral_contacts).where(
        c.district_id == referral.district_id, c.referral_id == referral.referral_id
    )
    if since is not None:
        wanted = wanted.where(c.contacted_at >= since.at)
    if behind is not None:
        wanted = wanted.where(_behind(behind, _Source.CONTACTS, c.contacted_at, c.contact_id, UUID))
    return [
        PlacedEntry(
            Position(row.contacted_at, _Source.CONTACTS, str(row.contact_id)),
            HistoryEntry(
                happened_at=row.contacted_at,
                by=row.contacted_by,
                role=None,
                noted_by=row.noted_by,
                what=Noted.CONTACT_TRIED,
                reached=row.reached,
            ),
        )
        for row in await session.execute(wanted.order_by(c.contacted_at, c.contact_id).limit(limit))
    ]


def _behind(
    position: Position, source: _Source, at: Column[datetime], key: Column[Any], kind: type[int] | type[UUID]
) -> ColumnElement[bool]:
    """Whether a row of this source stands behind the position."""
    if source == position.source:
        return tuple_(at, key) > (position.happened_at, kind(position.key))
    return at >= position.happened_at if source > position.source else at > position.happened_at


def _as_key(version: int) -> str:
    return f"{version:010}"  # sorts as text


def position(happened_at: datetime, source: int, key: str) -> Position:
    """A position as it was given out. Raises: ValueError where it cannot have been."""
    if _Source(source) is _Source.STEPS and (len(key) != len(_as_key(0)) or int(key) > _LAST_VERSION):
        raise ValueError("no version of a step")
    if source == _Source.CONTACTS:
        UUID(key)
    return Position(happened_at, source, key)
