"""Finding referrals: one by its id, or those that the caller may see, newest first."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, select, tuple_

from referral_api.referrals.errors import ReferralNotFound
from referral_api.referrals.models import referrals
from referral_api.referrals.rules import OPEN, Referral, Status, ensure_visible
from referral_api.referrals.views.visibility import readable_in_full, visible_to
from shared.auth import Caller
from shared.db import ReadSession
from shared.events.facets import Facets
from shared.events.referrals import Need, Stage, StatusReason, Urgency

_ONE = select(referrals).where(
    referrals.c.district_id == bindparam("district_id"), referrals.c.referral_id == bindparam("referral_id")
)


async def find_referral(
    session: ReadSession, *, district_id: str, referral_id: UUID, for_update: bool = False
) -> Referral | None:
    """One referral, locked until the transaction ends where it is to change."""
    wanted = _ONE.with_for_update() if for_update else _ONE
    found = await session.execute(wanted, {"district_id": district_id, "referral_id": referral_id})
    row = found.one_or_none()
    return referral_of(row) if row is not None else None


async def visible_referral(
    session: ReadSession, caller: Caller, referral_id: UUID, *, for_update: bool = False
) -> Referral:
    """One referral that the caller may see, in full or by status.

    Raises: ReferralNotFound, also where it is there and not the caller's to see.
    """
    found = await find_referral(session, district_id=caller.district_id, referral_id=referral_id, for_update=for_update)
    if found is None:
        raise ReferralNotFound
    ensure_visible(caller, found)
    return found


async def find_for_change(
    session: ReadSession, *, district_id: str, referral_ids: Collection[UUID]
) -> Mapping[UUID, Referral]:
    """Those of the referrals that are there, by id, locked until the transaction ends.

    They are locked in the order of their ids, as whatever locks several does: two who want the same wait, and none
    for ever.
    """
    r = referrals.c
    wanted = select(referrals).where(r.district_id == district_id, r.referral_id.in_(referral_ids))
    found = await session.execute(wanted.order_by(r.referral_id).with_for_update())
    return {row.referral_id: referral_of(row) for row in found}


async def list_referrals(
    session: ReadSession,
    caller: Caller,
    *,
    status: Status | None,
    school_id: str | None,
    due_before: datetime | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Referral]:
    """Referrals the caller may see, in full or by status, newest first.

    Shape: at most `limit` referrals behind the key `before`; what was entered in error is left out unless asked for.
    Asked for by exact status or due date, only those that the caller reads in full: the others would give theirs away.
    By due date only those whose clock runs: whoever was reached, and what has ended, is due no more.
    """
    r = referrals.c
    wanted = select(referrals).where(r.district_id == caller.district_id, visible_to(caller))
    wanted = wanted.where(r.status != Status.ENTERED_IN_ERROR if status is None else r.status == status)
    if school_id is not None:
        wanted = wanted.where(r.school_id == school_id)
    if status is not None or due_before is not None:
        wanted = wanted.where(readable_in_full(caller))
    if due_before is not None:
        wanted = wanted.where(r.due_at < due_before, r.contacted_at.is_(None), r.status.in_(sorted(OPEN)))
    if before is not None:
        wanted = wanted.where(tuple_(r.created_at, r.referral_id) < before)
    ordered = wanted.order_by(r.created_at.desc(), r.referral_id.desc()).limit(limit)
    return [referral_of(row) for row in await session.execute(ordered)]


def referral_of(row: Row[Any]) -> Referral:
    """A stored row as the rules know it."""
    fields = {name: value for name, value in row._mapping.items() if name != "change_no"}
    return Referral(
        **fields
        | {
            "need": Need(row.need),
            "urgency": Urgency(row.urgency),
            "status": Status(row.status),
            "inherited_urgency": Urgency(row.inherited_urgency) if row.inherited_urgency else None,
            "reason": StatusReason(row.reason) if row.reason else None,
            "facets": Facets.model_validate_json(row.facets),
            "reached": frozenset(Stage(word) for word in row.reached.split()),
        }
    )
