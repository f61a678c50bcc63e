"""The scratch database of one import: a SQLite file in which its rows are joined with what is known.

It keeps memory bounded whatever the district's size, leaves the service's database alone until everything is decided,
and is deleted at the end. It holds names in the clear, as the zip itself does, so nobody else may read it.
"""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

from referral_api.students.imports.checking import Refused
from referral_api.students.imports.errors import RosterRefused
from referral_api.students.imports.files import FileKind
from referral_api.students.imports.relations import RELATIONS

MOST_FAULTS = 1_000_000
"""Nobody reads more, and no zip may fill our database with what is wrong with it."""
_ROWS_AT_ONCE = 100
_PRAGMAS = (
    "PRAGMA page_size = 16384",  # resolving takes a tenth less of the time than with 4096
    "PRAGMA journal_mode = OFF",
    "PRAGMA synchronous = OFF",
    "PRAGMA locking_mode = EXCLUSIVE",
    "PRAGMA cache_size = -32768",
    "PRAGMA temp_store = FILE",
)


@contextmanager
def scratch_database(path: Path) -> Iterator[sqlite3.Connection]:
    """An empty scratch database, gone when the block ends. One thread at a time may use it, any thread."""
    path.unlink(missing_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o600))
    try:
        with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as scratch:
            for pragma in _PRAGMAS:
                scratch.execute(pragma)
            add_refusals(scratch)
            for relation in RELATIONS:
                relation.create(scratch)
            scratch.execute("BEGIN")  # never committed: the file is as short-lived as this connection
            yield scratch
    finally:
        path.unlink(missing_ok=True)


def add_refusals(scratch: sqlite3.Connection) -> None:
    """Make the empty tables of what is wrong with rows, and of the sourcedIds of those that were refused."""
    scratch.execute("CREATE TABLE errors (file, line, field, problem)")
    scratch.execute("CREATE TABLE refused (kind, id, PRIMARY KEY (kind, id)) WITHOUT ROWID")
    scratch.execute("CREATE TABLE found_bad (row, line, id)")


def add_file(scratch: sqlite3.Connection, kind: FileKind) -> None:
    """Make the empty table of a file's rows: `gone` says that one is to be deleted."""
    scratch.execute(f"CREATE TABLE file_{kind.name} (line, gone, modified, {', '.join(kind.kept)})")


def put(scratch: sqlite3.Connection, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Add rows, many in a statement: half the time of `executemany`."""
    if not rows:
        return
    row = f"({', '.join('?' * len(rows[0]))})"
    whole = len(rows) - len(rows) % _ROWS_AT_ONCE
    many = f"INSERT INTO {table} VALUES {', '.join([row] * _ROWS_AT_ONCE)}"
    for start in range(0, whole, _ROWS_AT_ONCE):
        scratch.execute(many, tuple(chain.from_iterable(rows[start : start + _ROWS_AT_ONCE])))
    scratch.executemany(f"INSERT INTO {table} VALUES {row}", rows[whole:])


def note_refused(scratch: sqlite3.Connection, kind: str, refused: Sequence[Refused]) -> None:
    """Note what is wrong with rows. Raises: RosterRefused, where it is too much."""
    scratch.executemany("INSERT OR IGNORE INTO refused VALUES (?, ?)", [(kind, row.sourced_id) for row in refused])
    faults = [(f"{kind}.csv", row.line, *fault) for row in refused for fault in row.faults]
    scratch.executemany("INSERT INTO errors VALUES (?, ?, ?, ?)", faults)
    ensure_few_faults(scratch)


def reject(scratch: sqlite3.Connection, kind: str, field: str, problem: str, rows: str) -> None:
    """Refuse the rows of a file that the condition `rows` finds: note each and leave it out."""
    found = scratch.execute(f"INSERT INTO found_bad SELECT rowid, line, id FROM file_{kind} WHERE {rows}")
    if found.rowcount:
        scratch.execute("INSERT OR IGNORE INTO refused SELECT ?, id FROM found_bad", (kind,))
        scratch.execute("INSERT INTO errors SELECT ?, line, ?, ? FROM found_bad", (f"{kind}.csv", field, problem))
        scratch.execute(f"DELETE FROM file_{kind} WHERE rowid IN (SELECT row FROM found_bad)")
        scratch.execute("DELETE FROM found_bad")
        ensure_few_faults(scratch)


def ensure_few_faults(scratch: sqlite3.Connection) -> None:
    """Go on only with a file that is worth it. Raises: RosterRefused."""
    (noted,) = scratch.execute("SELECT coalesce(max(rowid), 0) FROM errors").fetchone()  # nothing is ever taken away
    if noted > MOST_FAULTS:
        raise RosterRefused(f"It has more than {MOST_FAULTS:,} faults; errors.csv holds that many.")
