"""Which tables still have a destroyed key in their files: noted by who destroys one, until somebody has wiped it out.

Notes, because a count of what is over would not know of a plan that was taken back, and a time not of a wipe that began
while a key was being destroyed: whoever wipes strikes out the notes that he had read before, and no others.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import delete, insert, select, update

from climate_survey_api.administrations.models import destroyed_keys
from shared.db import ReadSession, Session

_D = destroyed_keys.c


class KeyTable(StrEnum):
    """A table with keys that are destroyed when a survey is over."""

    BALLOT_KEYS = "ballot_keys"
    """Of what was answered."""
    ADMINISTRATIONS = "administrations"
    """Of what parents have decided."""


async def note_destroyed(session: Session, *, district_id: str, held_in: KeyTable) -> None:
    """A key in this table is destroyed by this transaction."""
    row = {"note_id": uuid4(), "district_id": district_id, "held_in": held_in.value}
    await session.execute(insert(destroyed_keys).values(row))


async def keys_to_wipe(session: ReadSession, now: datetime) -> dict[KeyTable, list[UUID]]:
    """All notes by the table to wipe, but for tables that are put off; at rest none."""
    notes = (await session.execute(select(_D.held_in, _D.note_id, _D.not_before))).all()
    later = {note.held_in for note in notes if note.not_before is not None and note.not_before > now}
    due: dict[KeyTable, list[UUID]] = {}
    for note in notes:
        if note.held_in not in later:
            due.setdefault(KeyTable(note.held_in), []).append(note.note_id)
    return due


async def note_wiped(session: Session, notes: Sequence[UUID]) -> None:
    """What these tell of is in the files no more."""
    await session.execute(delete(destroyed_keys).where(_D.note_id.in_(notes)))


async def put_off(session: Session, notes: Sequence[UUID], not_before: datetime) -> None:
    """Somebody is in the way: no process tries their table again before that."""
    await session.execute(update(destroyed_keys).where(_D.note_id.in_(notes)).values(not_before=not_before))
