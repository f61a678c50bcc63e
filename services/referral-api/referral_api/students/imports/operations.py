"""Taking a roster file in: streamed to disk first, queued in the request's transaction after."""

import asyncio
import errno
import hashlib
import os
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import func, insert, select

from referral_api.students.imports.errors import ImportTooLarge, ServerDiskFull, TooManyWaiting
from referral_api.students.imports.models import UNDER_WAY, roster_imports
from shared.db import Session
from shared.http.headers import RETRY_AFTER

UNFINISHED = ".part"
"""How a file ends that is still being sent."""
MOST_WAITING = 20
"""Of one district: a system that sends without end fills nobody else's disk."""
_FLUSH_BYTES = 1 << 20


def ensure_fits(stated: str | None, limit_bytes: int) -> None:
    """Refuse a body that says itself that it is over the limit. Raises: ImportTooLarge."""
    if stated is not None and stated.isdecimal() and int(stated) > limit_bytes:
        raise _too_large(limit_bytes)


def _too_large(limit_bytes: int) -> ImportTooLarge:
    return ImportTooLarge(f"At most {limit_bytes} bytes.", headers={"Connection": "close"})


async def spool(chunks: AsyncIterator[bytes], path: Path, *, limit_bytes: int) -> bytes:
    """Write a body to a file that only we may read, in bounded memory; its SHA-256. On refusal no file is left.

    It gets its name once it is whole: until then there is nothing for a worker to look at.
    Raises: ImportTooLarge, ServerDiskFull.
    """
    unfinished = path.with_suffix(UNFINISHED)
    digest = hashlib.sha256()
    size = 0
    held = bytearray()
    file = await asyncio.to_thread(_create, unfinished)
    try:
        async for chunk in chunks:
            size += len(chunk)
            if size > limit_bytes:
                raise _too_large(limit_bytes)
            held += chunk
            if len(held) >= _FLUSH_BYTES:
                await asyncio.to_thread(_write, file, bytes(held), digest)
                held.clear()
        await asyncio.to_thread(_write, file, bytes(held), digest)
        await asyncio.to_thread(os.fsync, file)
        unfinished.rename(path)
    except BaseException as error:
        await asyncio.shield(asyncio.to_thread(unfinished.unlink, missing_ok=True))
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise ServerDiskFull() from None
        raise
    finally:
        os.close(file)
    return digest.digest()


def _create(path: Path) -> int:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)


def _write(file: int, data: bytes, digest: "hashlib._Hash") -> None:
    digest.update(data)
    with open(file, "wb", closefd=False) as out:
        out.write(data)


async def queue_import(
    session: Session, *, import_id: UUID, district_id: str, requested_by: str, force: bool, now: datetime
) -> None:
    """Queue a spooled file; the worker takes it on after the commit. Raises: TooManyWaiting."""
    waiting = select(func.count()).where(
        roster_imports.c.district_id == district_id, roster_imports.c.status.in_(UNDER_WAY)
    )
    if (await session.execute(waiting)).scalar_one() >= MOST_WAITING:
        raise TooManyWaiting(headers={RETRY_AFTER: "60"})
    await session.execute(
        insert(roster_imports).values(
            import_id=import_id,
            district_id=district_id,
            status="queued",
            force=force,
            requested_by=requested_by,
            requested_at=now,
            attempts=0,
            rows_read=0,
            rows_applied=0,
            rows_rejected=0,
        )
    )
