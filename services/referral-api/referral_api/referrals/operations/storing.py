"""How a referral is taken up for a change and put back: locked, sealed, compared by version, noted in its history."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from operator import attrgetter
from types import MappingProxyType
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import insert, update

from referral_api.referrals.models import referral_steps, referrals
from referral_api.referrals.rules import Doing, Referral, Status
from referral_api.referrals.views.finding import visible_referral
from referral_api.referrals.views.records import seal_key
from shared.auth import Caller
from shared.bulk import bulk_upsert
from shared.crypto import KeyRing
from shared.db import Session

SOURCE = "referral-api"
COLUMNS = tuple(f.name for f in fields(Referral))
_VALUES = attrgetter(*COLUMNS)
_AS_TEXT: Mapping[int, Callable[[Any], str]] = MappingProxyType(
    {
        COLUMNS.index("facets"): lambda facets: facets.model_dump_json(),
        COLUMNS.index("reached"): lambda stages: " ".join(sorted(stages)),
    }
)
"""The fields that their columns hold as text, by their places."""
_SEALED = frozenset(column.name for column in referrals.columns if column.info.get("sealed"))
_FOLLOWS = {"version", "updated_at", "reached", "alarm_at", "facets", "was_shared", "inherited_at", "inherited_urgency"}
_NOT_TOLD = _SEALED | _FOLLOWS
"""Fields that a history entry does not repeat: sealed ones, and what follows from the others."""


async def to_change(session: Session, referral_id: UUID, caller: Caller) -> Referral:
    """The referral, locked until the transaction ends.

    Raises: ReferralNotFound, also where it is not the caller's to see.
    """
    return await visible_referral(session, caller, referral_id, for_update=True)


async def add(session: Session, referral: Referral) -> bool:
    """Store a new referral; false, and nothing stored, where there is one with its id."""
    return bool(await bulk_upsert(session, referrals, COLUMNS, [row_of(referral)], on_conflict="ignore"))


async def store(
    session: Session,
    before: Referral,
    after: Referral,
    *,
    caller: Caller,
    step: Status | Doing,
    note: bytes | None = None,
    merged_from: UUID | None = None,
) -> None:
    """Write what changed, and who did it, under the new version; `note` comes sealed, see `note_sealed`.

    `merged_from` is told beside the fields: the other referral that points here from now on.
    The row is locked, so its version is still the one that was read.
    """
    before_and_after = zip(COLUMNS, row_of(before), row_of(after), strict=True)
    changed = {name: now for name, was, now in before_and_after if was != now}
    await session.execute(
        update(referrals)
        .where(
            referrals.c.district_id == before.district_id,
            referrals.c.referral_id == before.referral_id,
            referrals.c.version == before.version,
        )
        .values(**changed)
    )
    told = {name: [getattr(before, name), getattr(after, name)] for name in changed if name not in _NOT_TOLD}
    if merged_from is not None:
        told["merged_from"] = [None, merged_from]
    await session.execute(
        insert(referral_steps).values(
            district_id=after.district_id,
            referral_id=after.referral_id,
            version=after.version,
            taken_at=after.updated_at,
            taken_by=caller.sub,
            role=caller.role,
            step=step,
            reason=after.reason if isinstance(step, Status) else None,
            note=note,
            changes=orjson.dumps(told, default=str, option=orjson.OPT_UTC_Z).decode(),  # the driver's UUIDs are its own
        )
    )


def note_sealed(ring: KeyRing, after: Referral, note: str | None) -> bytes | None:
    """A note on the step that made this version, encrypted for it."""
    if note is None:
        return None
    key = f"{seal_key(after.district_id, after.referral_id)}/{after.version}"
    return ring.seal(note, table="referral_steps", column="note", key=key)


def row_of(referral: Referral) -> list[Any]:
    """A referral as its columns hold it."""
    row = list(_VALUES(referral))
    for place, as_text in _AS_TEXT.items():
        row[place] = as_text(row[place])
    return row


def sealed(ring: KeyRing, column: str, text: str | None, referral_id: UUID, district_id: str) -> bytes | None:
    """A text about a person, encrypted for this column of this referral."""
    if text is None:
        return None
    return ring.seal(text, table="referrals", column=column, key=seal_key(district_id, referral_id))
