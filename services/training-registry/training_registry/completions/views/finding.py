"""Finding completions: one by its id, those of many ids, those that the caller may see, and what was done to one."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, select, tuple_

from shared.auth import Caller
from shared.crypto import KeyRing
from shared.db import ReadSession
from training_registry.completions.errors import CompletionNotFound
from training_registry.completions.models import completion_versions, completions
from training_registry.completions.rules import CompletionStatus, Recorded
from training_registry.completions.views.records import CompletionVersion, CompletionView, opened, version_of, view_of
from training_registry.completions.views.storage import recorded_of, seal_key

_IDS_AT_ONCE = 5000
"""Values in one statement: both databases take 32,766 and no more."""
_LAST_STEP = and_(
    completion_versions.c.district_id == completions.c.district_id,
    completion_versions.c.completion_id == completions.c.completion_id,
    completion_versions.c.version == completions.c.version,
)


async def find_completion(
    session: ReadSession, *, district_id: str, completion_id: UUID, for_update: bool = False
) -> Recorded | None:
    """One completion, locked until the transaction ends where it is to change."""
    c = completions.c
    wanted = select(completions).where(c.district_id == district_id, c.completion_id == completion_id)
    found = await session.execute(wanted.with_for_update() if for_update else wanted)
    row = found.one_or_none()
    return recorded_of(row) if row is not None else None


async def find_each(
    session: ReadSession, *, district_id: str, completion_ids: Collection[UUID]
) -> Mapping[UUID, Recorded]:
    """Those of the completions that are there, by id."""
    c = completions.c
    found: dict[UUID, Recorded] = {}
    for ids in _parts(completion_ids):
        wanted = select(completions).where(c.district_id == district_id, c.completion_id.in_(ids))
        found.update((row.completion_id, recorded_of(row)) for row in await session.execute(wanted))
    return found


async def visible_completion(
    session: ReadSession, caller: Caller, completion_id: UUID, *, officer_ids: Collection[str] | None, ring: KeyRing
) -> tuple[CompletionView, int]:
    """A completion of one of these officers (None: of anybody) and its version.

    Raises: CompletionNotFound, also where it is there and another's.
    """
    c = completions.c
    wanted = _with_reasons(caller.district_id).where(c.completion_id == completion_id)
    row = (await session.execute(wanted)).one_or_none()
    if row is None or (officer_ids is not None and row.officer_id not in officer_ids):
        raise CompletionNotFound
    return _shown(row, ring), row.version


async def list_completions(
    session: ReadSession,
    caller: Caller,
    *,
    officer_ids: Collection[str] | None,
    course: str | None,
    status: CompletionStatus | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
    ring: KeyRing,
) -> list[CompletionView]:
    """Completions of these officers (None: of anybody), the one recorded last first.

    Shape: at most `limit` of them behind the key `before`.
    """
    c = completions.c
    wanted = _with_reasons(caller.district_id)
    if officer_ids is not None:
        wanted = wanted.where(c.officer_id.in_(officer_ids))
    if course is not None:
        wanted = wanted.where(c.course == course)
    if status is not None:
        wanted = wanted.where(c.status == status)
    if before is not None:
        wanted = wanted.where(tuple_(c.recorded_at, c.completion_id) < tuple_(*before))
    rows = await session.execute(wanted.order_by(c.recorded_at.desc(), c.completion_id.desc()).limit(limit))
    return [_shown(row, ring) for row in rows]


async def versions_of(
    session: ReadSession, caller: Caller, completion_id: UUID, *, behind: int, limit: int, ring: KeyRing
) -> Sequence[CompletionVersion]:
    """What was done to a completion after this version of it, oldest first."""
    v = completion_versions.c
    wanted = select(completion_versions).where(
        v.district_id == caller.district_id, v.completion_id == completion_id, v.version > behind
    )
    rows = await session.execute(wanted.order_by(v.version).limit(limit))
    return [version_of(row, ring, caller.district_id) for row in rows]


def _with_reasons(district_id: str) -> Any:
    reasons = completions.outerjoin(completion_versions, _LAST_STEP)
    wanted = select(completions, completion_versions.c.because).select_from(reasons)
    return wanted.where(completions.c.district_id == district_id)


def _shown(row: Row[Any], ring: KeyRing) -> CompletionView:
    key = seal_key(row.district_id, row.completion_id, row.version)
    return view_of(recorded_of(row), opened(ring, row.because, key))


def _parts(ids: Collection[UUID]) -> Iterator[list[UUID]]:
    left = iter(ids)
    while part := list(islice(left, _IDS_AT_ONCE)):
        yield part
