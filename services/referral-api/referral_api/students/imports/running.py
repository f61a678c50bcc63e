"""One run of an import from the zip on disk to its end: read, load, resolve, apply."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from uuid import UUID

import structlog

from referral_api.students.imports import resolving
from referral_api.students.imports.applying import (
    announce,
    apply_differences,
    finish,
    leave_referrals_alone,
    take_over,
)
from referral_api.students.imports.archive import Archive, open_archive
from referral_api.students.imports.counting import Enrollment, Schools, count_students
from referral_api.students.imports.errors import RosterRefused
from referral_api.students.imports.files import ROLES_FILE, USED, FileKind, kinds_of
from referral_api.students.imports.loading import load_known
from referral_api.students.imports.losses import ensure_little_lost
from referral_api.students.imports.manifest import Manifest, Mode
from referral_api.students.imports.naming import resolve_students
from referral_api.students.imports.reading import Progress, read_file
from referral_api.students.imports.relations import ACADEMIC_SESSIONS, ENROLLMENTS
from referral_api.students.imports.revisions import latest_modified, refuse_older, resolve_revisions
from referral_api.students.imports.scratch import add_file, scratch_database
from referral_api.students.imports.threads import in_thread
from shared.crypto import KeyRing
from shared.db import Database
from shared.events.facets import school_year_of

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Run:
    """An import that this worker has taken on."""

    import_id: UUID
    district_id: str
    force: bool
    owner: str
    archive: Path
    scratch: Path
    attempt: int = 1
    """How often it was begun, this time included."""


async def run_import(
    run: Run, *, database: Database, ring: KeyRing, now: Callable[[], datetime], today: date, progress: Progress
) -> None:
    """Apply a roster file as a whole, or refuse it as a whole and say why.

    Announces EnrollmentCounted for every school of the district.
    Raises: Interrupted, DatabaseUnavailable; then nothing was changed and the import may run again.
    """
    latest = latest_modified(now())
    with scratch_database(run.scratch) as scratch:
        version: int | None = None
        because: str | None = None
        school_year: int | None = None
        try:
            manifest = await in_thread(progress, _read, run, scratch, progress, latest)
            log.info("roster_import_compares", import_id=str(run.import_id), rows_read=progress.rows_read)
            await load_known(database, run.district_id, manifest, scratch, progress)
            school_year = await in_thread(progress, _resolve, run, scratch, manifest, today, latest)
        except RosterRefused as refused:
            because = str(refused)
        async with database.write(run.district_id) as session:
            await leave_referrals_alone(session)
            await take_over(session, run.import_id, run.owner)
            if school_year is not None:
                log.info("roster_import_writes", import_id=str(run.import_id), rows_read=progress.rows_read)
                schools: Schools = {}
                counting = count_students(scratch, schools)
                await apply_differences(session, scratch, run.district_id, ring, progress, beside=counting)
                enrollment = Enrollment(school_year, today, schools)
                version = await announce(session, enrollment, progress, district_id=run.district_id, now=now())
            await finish(
                session,
                scratch,
                import_id=run.import_id,
                district_id=run.district_id,
                progress=progress,
                now=now(),
                version=version,
                refused_because=because,
            )
    log.info(
        "roster_import_ended", import_id=str(run.import_id), refused=because is not None, rows_read=progress.rows_read
    )


def _read(run: Run, scratch: sqlite3.Connection, progress: Progress, latest: str) -> Manifest:
    with open_archive(run.archive, wanted=USED) as archive:
        manifest = archive.manifest
        kinds = kinds_of(manifest.version)
        for kind in {k.name: k for k in (*kinds, ROLES_FILE)}.values():
            add_file(scratch, kind)
        for kind in kinds:
            if manifest.mode(kind.name) is not Mode.ABSENT:
                _read_one(archive, kind, scratch, progress, latest)
    return manifest


def _read_one(archive: Archive, kind: FileKind, scratch: sqlite3.Connection, progress: Progress, latest: str) -> None:
    with archive.text(kind.name) as text:
        read_file(scratch, kind, archive.manifest.mode(kind.name), text, progress, latest)
    resolving.refuse_duplicates(scratch, kind.name, archive.manifest.mode(kind.name))


def _resolve(run: Run, scratch: sqlite3.Connection, manifest: Manifest, today: date, latest: str) -> int:
    kinds = [k.name for k in kinds_of(manifest.version)]
    refuse_older(scratch, manifest, kinds, latest)
    resolving.resolve_orgs(scratch, manifest)
    resolving.resolve_users(scratch, manifest)
    resolving.resolve_roles(scratch, manifest, today)
    resolving.resolve_rest(scratch, manifest, ACADEMIC_SESSIONS, ENROLLMENTS)
    resolve_students(scratch, manifest)
    resolving.resolve_other_users(scratch)
    resolve_revisions(scratch, manifest, kinds)
    if not run.force:
        ensure_little_lost(scratch)
    return resolving.school_year_said(scratch, today) or school_year_of(today)
