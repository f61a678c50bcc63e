"""Where one stands in the order of changes: how far it is settled, and whether a place in it was ever given out here.

Source: docs/decisions/0011.
"""

import asyncio
from dataclasses import dataclass, field
from functools import lru_cache
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Select, Text, Uuid, bindparam, exists, func, literal, select

from referral_api.referrals.models import change_eras, referrals
from shared.db import Database, ReadSession

_NOTHING = -1
_LAST_ID = UUID(int=(1 << 128) - 1)
_LOOK_AGAIN_SECONDS = (0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.492)
"""A second in all: whoever else writes in this moment has usually committed within the first few milliseconds."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A place in the order of changes: behind what changed under this number up to this referral."""

    change_no: int
    referral_id: UUID
    era_id: UUID | None = field(default=None, compare=False)
    """The era in which it was given out."""


BEGINNING = Place(_NOTHING, UUID(int=0))


class NeverGivenOut(ValueError):
    """A place that this database did not give out: made up, or of a state that it was set back from."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a district's changes stand in one snapshot."""

    district_id: str
    newest: int
    """The number of its last change, settled or not."""
    settled_below: int
    """No change of a lower number can become visible any more."""
    era_id: UUID

    def place(self, change_no: int, referral_id: UUID = _LAST_ID) -> Place:
        """A place to be given out now: behind this change, or behind all of this number."""
        return Place(change_no, referral_id if change_no > _NOTHING else BEGINNING.referral_id, self.era_id)


async def standing(session: ReadSession, district_id: str, since: Place) -> Standing:
    """How the district's changes stand, for somebody who has come this far.

    Raises: NeverGivenOut.
    """
    asked = {"district_id": district_id, "change_no": since.change_no, "era_id": since.era_id}
    row = (await session.execute(_standing(session.dialect.name), asked)).one()
    if since != BEGINNING and (since.change_no > row.newest or not row.is_of_here):
        raise NeverGivenOut
    return Standing(district_id, row.newest, row.settled_below, row.era_id)


async def last_settled(session: ReadSession, stands: Standing) -> Place:
    """Behind the last settled change of the district, whoever's it was."""
    if stands.newest < stands.settled_below:
        return stands.place(stands.newest)
    r = referrals.c
    last = func.coalesce(func.max(r.change_no), _NOTHING)
    wanted = select(last).where(r.district_id == stands.district_id, r.change_no < stands.settled_below)
    return stands.place((await session.execute(wanted)).scalar_one())


async def wait_until_settled(database: Database, district_id: str, *, first: int, last: int) -> bool:
    """Wait up to a second for all changes from the first number to the last; whether any of them is settled by then."""
    settled_below = first
    for pause in _LOOK_AGAIN_SECONDS:
        await asyncio.sleep(pause)
        async with database.read(district_id) as session:
            settled_below = (await session.execute(select(_settled_below(literal(last, BigInteger()))))).scalar_one()
        if settled_below > last:
            break
    return settled_below > first


@lru_cache
def _standing(dialect: str) -> Select[tuple[int, int, UUID, bool]]:
    r, era, later = referrals.c, change_eras.alias("era").c, change_eras.alias("later").c
    district_id, change_no = bindparam("district_id", type_=Text()), bindparam("change_no", type_=BigInteger())
    last = func.coalesce(func.max(r.change_no), _NOTHING).label("newest")
    newest = select(last).where(r.district_id == district_id).subquery().c.newest
    ended_before = exists().where(later.era_no > era.era_no, later.begun_behind < change_no)
    return select(
        newest,
        # On SQLite there is one writer at a time, which numbers and commits before the next.
        (_settled_below(newest) if dialect == "postgresql" else newest + 1).label("settled_below"),
        select(change_eras.c.era_id).order_by(change_eras.c.era_no.desc()).limit(1).scalar_subquery().label("era_id"),
        exists().where(era.era_id == bindparam("era_id", type_=Uuid()), ~ended_before).label("is_of_here"),
    )


def _settled_below(newest: ColumnElement[int]) -> ColumnElement[int]:
    """PostgreSQL's answer, see the migration: numbers are transactions', and it knows which of them are under way."""
    return func.changes_settled_below(newest, type_=BigInteger())
