"""Keeping the numbers of changes rising where PostgreSQL's own, which they are made of, began anew."""

import structlog
from sqlalchemy import func, literal_column, select, text, update

from referral_api.referrals.models import change_clock, referrals
from shared.db import EVERY_DISTRICT, Database, ReadSession

log = structlog.get_logger(__name__)

_NEWEST = select(func.coalesce(func.max(referrals.c.change_no), 0)).scalar_subquery()
_NEXT = change_clock.c.ahead + literal_column("pg_snapshot_xmax(pg_current_snapshot())::text::bigint")


async def ensure_numbers_rise(database: Database) -> None:
    """The next change is numbered above every one that is stored, also in a database restored into another cluster.

    Called before anything is written: whoever has followed the changes would miss those numbered below his cursor.
    A database that was never migrated has none yet. Measured: 25 ms with 200,000 referrals.
    """
    if database.dialect == "sqlite":
        return  # its numbers are counted from those that are stored
    async with database.read(EVERY_DISTRICT) as session:
        if await _rise(session):
            return
    async with database.write(EVERY_DISTRICT, wakes_relay=False) as session:
        # What is under way has the lower numbers already: it ends first, and whoever comes later reads the new sum.
        await session.execute(text("LOCK TABLE referrals IN SHARE ROW EXCLUSIVE MODE"))
        if not await _rise(session):  # else another process has been here meanwhile
            await session.execute(update(change_clock).values(ahead=_NEWEST))
            log.warning("change_numbers_raised")


async def _rise(session: ReadSession) -> bool:
    """Whether the next transaction's number lies above all; true also where there is nothing to number."""
    if (await session.execute(text("SELECT to_regclass('change_clock')"))).scalar() is None:
        return True
    return bool((await session.execute(select(_NEXT > _NEWEST))).scalar())
