"""Runs the imports that wait, one at a time in all processes together, in the order in which they came."""

import asyncio
import time
import uuid
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import structlog
from sqlalchemy import select, update

from referral_api.calendar.views import calendar_to_go_by
from referral_api.students.imports.errors import Interrupted
from referral_api.students.imports.models import UNDER_WAY, roster_imports
from referral_api.students.imports.operations import UNFINISHED
from referral_api.students.imports.reading import Progress
from referral_api.students.imports.running import Run, run_import
from shared.away import is_away
from shared.backoff import Backoff
from shared.crypto import KeyRing
from shared.db import EVERY_DISTRICT, Database, Session
from shared.errors import DatabaseUnavailable
from shared.leases import Leadership

POLL = timedelta(milliseconds=200)
"""How often the folder is looked at. The database is asked when other files lie there than before."""
ASK_AGAIN = timedelta(seconds=1)
"""How often it is asked while files lie there: they may have to wait for another import, or for their own to resume."""
LOOK_FOR_LOST = timedelta(seconds=10)
"""How often it is asked while none does, for imports whose file nobody has."""
TELL = timedelta(seconds=1)
"""How often a running import says how far it is."""
MOST_ATTEMPTS = 5
PAUSE = timedelta(minutes=1)
"""How long an import that met a fault of ours is left alone, and its district's later ones with it."""
FILE_MUST_TURN_UP = timedelta(minutes=15)
"""A file lies on the host that took it; after this long nobody has it."""
LEFT_BEHIND_AFTER = timedelta(hours=1)
_NEVER_ENDED = "It was begun several times and never came to an end: a fault of ours, not of the file. Send it again."
ARCHIVE, SCRATCH = ".zip", ".scratch"
"""How the files of an import end; they are called after it."""
_IS_OPEN = roster_imports.c.status.in_(UNDER_WAY)
_WAITING = select(roster_imports).where(_IS_OPEN).order_by(roster_imports.c.requested_at, roster_imports.c.import_id)

log = structlog.get_logger(__name__)


class ImportSettings(Protocol):
    """What the worker needs to be told."""

    @property
    def import_dir(self) -> Path:
        """The folder in which uploaded rosters wait."""


class ImportWorker:
    """Takes on waiting imports until cancelled. Safe in any number of processes: one runs an import at a time."""

    def __init__(
        self,
        database: Database,
        ring: KeyRing,
        settings: ImportSettings,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._ring = ring
        self._folder = settings.import_dir
        self._clock = clock
        self._owner = str(uuid.uuid4())
        self._lay_here: frozenset[Path] = frozenset()
        self._ask_at = time.monotonic()

    async def run(self) -> None:
        """Work until cancelled. An import that a cancelled or killed worker left begins anew."""
        away, faulty = Backoff(), Backoff(most_seconds=PAUSE.total_seconds())
        while True:
            try:
                if not self._should_ask():
                    await asyncio.sleep(POLL.total_seconds())
                    continue
                await self.run_next()
                away.reset()
                faulty.reset()
            except DatabaseUnavailable as error:
                kind = type(error.__cause__ or error).__qualname__
                log.warning("imports_wait", because="the database is away, or the disk is full", error=kind)
                await away.wait()
            except Exception as error:  # met in taking one on: ended here, no import would be begun any more
                log.error("imports_wait", because="of a fault of ours", exc_info=error)
                await faulty.wait()

    async def run_next(self) -> bool:
        """Run the oldest waiting import; whether there was one for this process. Raises: DatabaseUnavailable."""
        if not await self._something_is_for_us():
            return False
        leadership = Leadership(self._database, "imports")
        async with leadership.try_to_lead() as leads:
            run = await self._take_on() if leads else None
            if run is None:
                return False
            progress = Progress()
            telling = asyncio.create_task(self._tell(leadership, run, progress))
            try:
                named = {"import_id": str(run.import_id), "district_id": run.district_id}
                log.info("roster_import_begins", **named, attempt=run.attempt)
                await self._run(run, progress)
            finally:
                telling.cancel()
                await asyncio.gather(telling, return_exceptions=True)
        return True

    async def _run(self, run: Run, progress: Progress) -> None:
        try:
            await run_import(
                run,
                database=self._database,
                ring=self._ring,
                now=self._clock,
                today=await self._today(run.district_id),
                progress=progress,
            )
            _delete(run.archive)
        except Interrupted:
            log.warning("roster_import_interrupted", import_id=str(run.import_id))
        except Exception as error:  # one district's import may not stop the others', nor this process
            # The first time, what is away may be back in a moment; then the others' turn comes before its next attempt.
            if run.attempt == 1 and isinstance(error, DatabaseUnavailable):
                raise
            if run.attempt == 1 and is_away(error):
                raise DatabaseUnavailable from error
            await self._pause(run, error)

    async def _pause(self, run: Run, error: Exception) -> None:
        """Leave an import that met a fault, or a full disk, to be begun anew later; what it changed was rolled back."""
        # The log takes its kind and its way and leaves its words, which may quote a row.
        log.error("roster_import_failed", import_id=str(run.import_id), exc_info=error)
        mine = (roster_imports.c.import_id == run.import_id, roster_imports.c.owner == self._owner)
        async with self._database.write(run.district_id) as session:
            await session.execute(update(roster_imports).where(*mine).values(resume_at=self._clock() + PAUSE))

    async def _today(self, district_id: str) -> date:
        """The day it is where the district is."""
        async with self._database.read(district_id) as session:
            calendar = await calendar_to_go_by(session, district_id)
        return calendar.local(self._clock()).date()

    def _should_ask(self) -> bool:
        """Whether there may be something for us that was not there, or not its turn, when the database was asked."""
        lie_here = frozenset(self._folder.glob(f"*{ARCHIVE}"))
        if lie_here == self._lay_here and time.monotonic() < self._ask_at:
            return False
        self._lay_here = lie_here
        self._ask_at = time.monotonic() + (ASK_AGAIN if lie_here else LOOK_FOR_LOST).total_seconds()
        return True

    async def _something_is_for_us(self) -> bool:
        """Whether a waiting file lies here, or is due to be given up: only then is leading worth its cost."""
        async with self._database.read(EVERY_DISTRICT) as session:
            waiting = (await session.execute(_WAITING)).all()
        unpaused = _unpaused(waiting, self._clock())
        return any(self._archive(w.import_id).exists() or self._is_overdue(w.requested_at) for w in unpaused)

    def _archive(self, import_id: uuid.UUID) -> Path:
        return self._folder / f"{import_id}{ARCHIVE}"

    def _is_overdue(self, requested_at: datetime) -> bool:
        return self._clock() - requested_at > FILE_MUST_TURN_UP

    async def _take_on(self) -> Run | None:
        """The oldest waiting import whose file lies here. Only the leader asks, so `running` means left by the dead."""
        async with self._database.write(EVERY_DISTRICT) as session:
            waiting = (await session.execute(_WAITING)).all()
            self._sweep({str(w.import_id) for w in waiting})
            for one in _unpaused(waiting, self._clock()):
                archive = self._archive(one.import_id)
                if one.attempts >= MOST_ATTEMPTS:
                    await self._give_up(session, one.import_id, _NEVER_ENDED)
                    _delete(archive)
                elif archive.exists():
                    taken = await session.execute(
                        update(roster_imports)
                        .where(roster_imports.c.import_id == one.import_id, _IS_OPEN)  # not if it has just ended
                        .values(status="running", owner=self._owner, attempts=one.attempts + 1, rows_read=0)
                    )
                    if taken.rowcount != 1:
                        continue
                    scratch = archive.with_suffix(SCRATCH)
                    return Run(
                        one.import_id, one.district_id, one.force, self._owner, archive, scratch, one.attempts + 1
                    )
                elif self._is_overdue(one.requested_at):
                    await self._give_up(session, one.import_id, "The uploaded file is no longer there; send it again.")
            return None

    async def _give_up(self, session: Session, import_id: uuid.UUID, because: str) -> None:
        await session.execute(
            update(roster_imports)
            .where(roster_imports.c.import_id == import_id)
            .values(status="refused", owner=None, finished_at=self._clock(), refused_because=because)
        )

    def _sweep(self, waiting: set[str]) -> None:
        """Delete what a killed process left in the folder: it holds names. What is not ours stays as it is."""
        for left in self._folder.glob("*"):
            if left.suffix in (ARCHIVE, SCRATCH, UNFINISHED) and left.stem not in waiting and _is_old(left):
                _delete(left)

    async def _tell(self, leadership: Leadership, run: Run, progress: Progress) -> None:
        """Keep leading, and say how far the import is; one that lost the lead is told to stop."""
        told = 0
        try:
            while await leadership.renew():
                if progress.rows_read != told:
                    told = progress.rows_read
                    log.info("roster_import_reads", import_id=str(run.import_id), rows_read=told)
                    async with self._database.write(run.district_id) as session:
                        await session.execute(
                            update(roster_imports)
                            .where(
                                roster_imports.c.import_id == run.import_id,
                                roster_imports.c.owner == self._owner,
                                roster_imports.c.status == "running",
                            )
                            .values(rows_read=told)
                        )
                await asyncio.sleep(TELL.total_seconds())
        except DatabaseUnavailable:
            log.warning("roster_import_unattended", import_id=str(run.import_id))
        finally:
            progress.stopped = True


def _unpaused(waiting: Sequence[Any], now: datetime) -> list[Any]:
    """The imports that may be begun now: a district's later ones do not overtake one that is paused."""
    paused = {w.district_id for w in waiting if w.resume_at is not None and w.resume_at > now}
    return [w for w in waiting if w.district_id not in paused]


def _is_old(left: Path) -> bool:
    try:
        return time.time() - left.stat().st_mtime > LEFT_BEHIND_AFTER.total_seconds()
    except OSError:  # somebody else has just deleted it
        return False


def _delete(path: Path) -> None:
    """Delete a file, or say that it stays: no other import has to wait for that."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        log.warning("roster_file_stays", file=path.name, error=type(error).__qualname__)
