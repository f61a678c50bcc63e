"""Which credentials of a district are revoked, as a Bitstring Status List: a long row of bits, a place for each.

A place tells nothing of whose it is: it is drawn at random, and a list is given out only to its half, so that a draw
seldom meets one that is taken. 131,072 places are what the standard asks for at least.
"""

import base64
import gzip
import secrets
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import select, update

from shared.bulk import bulk_upsert
from shared.db import ReadSession, Session
from training_registry.credentials.models import credentials, status_lists

PLACES = 131_072
"""Source: Bitstring Status List 1.0, 3.1: 16 KiB, so that one credential is not told from others by its list."""
MOST_TAKEN = PLACES // 2
_COLUMNS = ("district_id", "number", "status_list_id", "taken", "made_at")

Draw = Callable[[], int]


def draw_place() -> int:
    """A place that nobody can foresee."""
    return secrets.randbelow(PLACES)


async def take_places(
    session: Session, count: int, *, district_id: str, now: datetime, draw: Draw = draw_place
) -> tuple[UUID, Sequence[int]]:
    """Places of one list that belong to nobody else; the list. Whoever else wants some waits until we have committed.

    At most half a list at once.
    """
    if not 0 < count <= MOST_TAKEN:
        raise ValueError(f"between 1 and {MOST_TAKEN} places are taken at once")
    status_list_id = await _reserve(session, count, district_id=district_id, now=now)
    drawn: set[int] = set()
    while len(drawn) < count:
        fresh = {draw() for _ in range(count - len(drawn))}
        drawn |= fresh - await _taken(session, status_list_id, fresh)
    # In no order: neighbours in a batch would else tell of each other's places.
    return status_list_id, secrets.SystemRandom().sample(sorted(drawn), count)


async def find_district(session: ReadSession, status_list_id: UUID) -> str | None:
    """Whose list it is; None where there is none of this id."""
    table = status_lists
    wanted = select(table.c.district_id).where(table.c.status_list_id == status_list_id)
    found: str | None = (await session.execute(wanted)).scalar()
    return found


async def revoked_places(session: ReadSession, status_list_id: UUID) -> list[int]:
    """The places of what is revoked."""
    table = credentials
    wanted = select(table.c.status_index).where(
        table.c.status_list_id == status_list_id, table.c.revoked_at.is_not(None)
    )
    return list((await session.execute(wanted)).scalars())


def encode(places: Iterable[int]) -> str:
    """The list as it is published: the first place is the highest bit, compressed, as text behind a `u`."""
    bits = bytearray(PLACES // 8)
    for place in places:
        bits[place >> 3] |= 0x80 >> (place & 7)
    # With 3,000 revoked: 1 ms and 3.7 kB; at level 9, the default, 13 ms and 3.5 kB.
    packed = gzip.compress(bytes(bits), compresslevel=6, mtime=0)
    return "u" + base64.urlsafe_b64encode(packed).rstrip(b"=").decode("ascii")


async def _reserve(session: Session, count: int, *, district_id: str, now: datetime) -> UUID:
    """The newest list, its row locked and the places counted as taken; a new one where they would not fit."""
    table = status_lists
    newest = select(table).where(table.c.district_id == district_id).order_by(table.c.number.desc()).limit(1)
    while True:
        row = (await session.execute(newest.with_for_update())).one_or_none()
        if row is not None and row.taken + count <= MOST_TAKEN:
            this = (table.c.district_id == district_id, table.c.number == row.number)
            await session.execute(update(table).where(*this).values(taken=row.taken + count))
            found: UUID = row.status_list_id
            return found
        # Of two who find the list full one makes the next, and both look again.
        following = (district_id, row.number + 1 if row else 1, uuid4(), 0, now)
        await bulk_upsert(session, table, _COLUMNS, [following], on_conflict="ignore")


async def _taken(session: Session, status_list_id: UUID, places: set[int]) -> set[int]:
    table = credentials
    wanted = select(table.c.status_index).where(
        table.c.status_list_id == status_list_id, table.c.status_index.in_(places)
    )
    return set((await session.execute(wanted)).scalars())
