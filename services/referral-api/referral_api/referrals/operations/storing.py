"""How a referral is taken up for a change and put back: locked, sealed, compared by version."""

from dataclasses import fields
from typing import Any
from uuid import UUID

from sqlalchemy import update

from referral_api.referrals import rules
from referral_api.referrals.errors import ReferralNotFound
from referral_api.referrals.models import referrals
from referral_api.referrals.rules import Referral
from referral_api.referrals.views import find_referral, seal_key
from shared.auth import Caller
from shared.bulk import bulk_upsert
from shared.crypto import KeyRing
from shared.db import Session

SOURCE = "referral-api"
COLUMNS = tuple(f.name for f in fields(Referral))


async def to_change(session: Session, referral_id: UUID, caller: Caller) -> Referral:
    """The referral, locked until the transaction ends.

    Raises: ReferralNotFound, also where it is not the caller's to see.
    """
    found = await find_referral(session, district_id=caller.district_id, referral_id=referral_id, for_update=True)
    if found is None:
        raise ReferralNotFound
    rules.ensure_visible(caller, found)
    return found


async def add(session: Session, referral: Referral) -> bool:
    """Store a new referral; false, and nothing stored, where there is one with its id."""
    row = [stored(getattr(referral, name)) for name in COLUMNS]
    return bool(await bulk_upsert(session, referrals, COLUMNS, [row], on_conflict="ignore"))


async def store(session: Session, before: Referral, after: Referral) -> None:
    """Write what changed. The row is locked, so its version is still the one that was read."""
    changed = {name: stored(value) for name in COLUMNS if (value := getattr(after, name)) != getattr(before, name)}
    await session.execute(
        update(referrals)
        .where(
            referrals.c.district_id == before.district_id,
            referrals.c.referral_id == before.referral_id,
            referrals.c.version == before.version,
        )
        .values(**changed)
    )


def stored(value: Any) -> Any:
    """A field as its column holds it."""
    if isinstance(value, frozenset):
        return " ".join(sorted(value))
    return value.model_dump_json() if hasattr(value, "model_dump_json") else value


def sealed(ring: KeyRing, column: str, text: str | None, referral_id: UUID, district_id: str) -> bytes | None:
    """A text about a person, encrypted for this column of this referral."""
    if text is None:
        return None
    return ring.seal(text, table="referrals", column=column, key=seal_key(district_id, referral_id))
