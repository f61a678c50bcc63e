"""Whose books a caller may open, and in what order officers are locked by those who change what is theirs."""

from collections.abc import Collection

from sqlalchemy import select

from shared.auth import Caller, Role
from shared.db import ReadSession, Session
from training_registry.officers.models import officers
from training_registry.officers.views.finding import MOST_NAMED, visible_to


async def lock_officers(session: Session, district_id: str, officer_ids: Collection[str]) -> frozenset[str]:
    """Those of the officers whom the district knows, each locked until the transaction ends.

    In the order of their ids, and before anything else of theirs: two who change the same wait, and none for ever.
    """
    named = set(officer_ids)
    o = officers.c
    wanted = select(o.officer_id).where(o.district_id == district_id)
    if len(named) <= MOST_NAMED:
        wanted = wanted.where(o.officer_id.in_(named))
    found = await session.execute(wanted.order_by(o.officer_id).with_for_update())
    return frozenset(found.scalars()) & named


async def officers_seen_by(session: ReadSession, caller: Caller) -> frozenset[str] | None:
    """Whom the caller may see, by their ids; None: all of the district."""
    if caller.role is Role.OFFICER:
        return frozenset({caller.sub})
    if caller.school_ids is None:
        return None
    wanted = select(officers.c.officer_id).where(officers.c.district_id == caller.district_id, visible_to(caller))
    return frozenset((await session.execute(wanted)).scalars())
