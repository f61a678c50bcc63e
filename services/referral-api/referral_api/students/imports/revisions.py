"""When each row was last modified in the district's system: a delta file that comes late undoes no newer one."""

import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from referral_api.students.imports.manifest import Manifest, Mode
from referral_api.students.imports.resolving import stays
from referral_api.students.imports.scratch import reject

_OLDER = (
    "modified < (SELECT w.modified_at FROM was_roster_revisions w"
    " WHERE w.file = '{0}' AND w.sourced_id = file_{0}.id AND w.modified_at <= '{1}')"
)
_CLOCKS_DIFFER = timedelta(days=1)


def latest_modified(now: datetime) -> str:
    """The last `dateLastModified` that is taken: a day ahead, for systems that write their local time as UTC."""
    return (now + _CLOCKS_DIFFER).astimezone(UTC).isoformat(timespec="microseconds")


def refuse_older(scratch: sqlite3.Connection, manifest: Manifest, kinds: Iterable[str], latest: str) -> None:
    """Refuse the rows of delta files that are older than what came before. Bulk files are the truth, however old.

    What was taken with a date after `latest`, before such were refused, keeps no row out.
    """
    for kind in kinds:
        if manifest.mode(kind) is Mode.DELTA:
            problem = "is older than the row that came before, which stays"
            reject(scratch, kind, "dateLastModified", problem, _OLDER.format(kind, latest))


def resolve_revisions(scratch: sqlite3.Connection, manifest: Manifest, kinds: Iterable[str]) -> None:
    """`now_roster_revisions`: of the rows taken, and of those known that no bulk file left out.

    A row without a date is at least as new as the one before it, so that one's date stays.
    """
    for kind in kinds:
        scratch.execute(
            f"INSERT INTO now_roster_revisions SELECT '{kind}', id, modified FROM file_{kind}"
            " WHERE modified IS NOT NULL ORDER BY id"
        )
    for kind in {k for (k,) in scratch.execute("SELECT DISTINCT file FROM was_roster_revisions")}:
        named = f" OR sourced_id IN (SELECT id FROM file_{kind})" if kind in kinds else ""
        scratch.execute(
            "INSERT OR IGNORE INTO now_roster_revisions SELECT * FROM was_roster_revisions"
            f" WHERE file = ? AND ({stays(manifest, kind, 'sourced_id')}{named})",
            (kind,),
        )
