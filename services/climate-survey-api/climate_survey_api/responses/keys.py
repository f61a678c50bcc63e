"""The key of each administration's box: made when it opens, destroyed when its ballots are counted."""

import base64
import os
from collections import OrderedDict
from uuid import UUID
from weakref import WeakKeyDictionary

import structlog
from sqlalchemy import delete, select, text
from sqlalchemy.exc import DBAPIError

from climate_survey_api.administrations.destroyed import KeyTable, note_destroyed
from climate_survey_api.responses.models import ballot_keys
from climate_survey_api.responses.sealing import KEY_BYTES
from shared.bulk import bulk_upsert
from shared.crypto import KeyRing
from shared.db import Database, ReadSession, Session

_MOST_AT_HAND = 64
"""Administrations that answer at the same time in one process; the key of another is read again."""
_at_hand: WeakKeyDictionary[KeyRing, OrderedDict[UUID, bytes]] = WeakKeyDictionary()
"""Keys that were opened, by the ring that opens them. A box gets its key once, so none can be out of date."""

_LOCK_NOT_AVAILABLE = "55P03"
_FILE = "SELECT pg_relation_filenode(CAST(:table AS text)::regclass)"

log = structlog.get_logger(__name__)


class BoxMissing(Exception):
    """There is no key to this administration's box: it was never opened, or was counted already."""


async def make_key(session: Session, ring: KeyRing, *, district_id: str, administration_id: UUID) -> None:
    """A random key for the administration, unless it has one."""
    secret = base64.b64encode(os.urandom(KEY_BYTES)).decode()
    row = (administration_id, district_id, ring.seal(secret, **_place(administration_id)))
    await bulk_upsert(session, ballot_keys, ("administration_id", "district_id", "key"), [row], on_conflict="ignore")


async def key_of(session: ReadSession, ring: KeyRing, administration_id: UUID) -> bytes:
    """The administration's key, opened once in this process. Raises: BoxMissing."""
    opened = _at_hand.setdefault(ring, OrderedDict())
    key = opened.get(administration_id)
    if key is None:
        key = await _read(session, ring, administration_id)
        opened[administration_id] = key
        if len(opened) > _MOST_AT_HAND:
            opened.popitem(last=False)
    return key


async def destroy_key(session: Session, *, district_id: str, administration_id: UUID) -> None:
    """Delete the administration's key, so that nothing it sealed can be read again."""
    its = ballot_keys.c.administration_id == administration_id
    if (await session.execute(delete(ballot_keys).where(its))).rowcount:
        await note_destroyed(session, district_id=district_id, held_in=KeyTable.BALLOT_KEYS)
    for opened in _at_hand.values():
        opened.pop(administration_id, None)


async def forget_destroyed_keys(session: ReadSession, ring: KeyRing) -> None:
    """Keep none at hand that another process has destroyed. Where none is at hand it asks nothing."""
    opened = _at_hand.get(ring)
    if not opened:
        return
    at_hand = set(opened)
    wanted = select(ballot_keys.c.administration_id).where(ballot_keys.c.administration_id.in_(at_hand))
    for administration_id in at_hand.difference((await session.execute(wanted)).scalars()):
        opened.pop(administration_id, None)


async def wipe_destroyed_keys(database: Database, table: KeyTable) -> bool:
    """Take out of a table's files what destroyed keys have left there; False: somebody is in the way, try again.

    Whoever holds these files and the ring would open with it what lies there likewise: the ballots. On SQLite the keys
    lie in the log, which is emptied for all tables. On PostgreSQL even vacuum leaves a deleted row's bytes in its page,
    so the few rows that live are written into a new file; a login that may not do that says so in the log. What an
    older transaction may still ask for stays until the next time.
    """
    async with database.dedicated() as connection:
        if database.dialect == "sqlite":
            # Writers wait while it waits for readers: no longer than nobody minds.
            await connection.execute(text("PRAGMA busy_timeout = 100"))
            busy, *_ = (await connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))).one()
            return not busy
        # Whoever answers waits behind it meanwhile.
        await connection.execute(text("SET lock_timeout = '200ms'"))
        try:
            before = (await connection.execute(text(_FILE), {"table": table.value})).scalar_one()
            await connection.execute(text(f"VACUUM FULL {table.value}"))
            if (await connection.execute(text(_FILE), {"table": table.value})).scalar_one() == before:
                log.warning("destroyed_keys_not_wiped", table=table.value, remedy="VACUUM FULL as its owner, each time")
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) != _LOCK_NOT_AVAILABLE:
                raise
            return False
    return True


async def _read(session: ReadSession, ring: KeyRing, administration_id: UUID) -> bytes:
    wanted = select(ballot_keys.c.key).where(ballot_keys.c.administration_id == administration_id)
    sealed = (await session.execute(wanted)).scalar_one_or_none()
    if sealed is None:
        raise BoxMissing
    return base64.b64decode(ring.open(sealed, **_place(administration_id)))


def _place(administration_id: UUID) -> dict[str, str]:
    return {"table": ballot_keys.name, "column": ballot_keys.c.key.name, "key": str(administration_id)}
