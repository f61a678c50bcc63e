"""From a file's text to rows in the scratch database: each row is checked on its own, and refused on its own."""

import sqlite3
from dataclasses import dataclass
from typing import TextIO

from referral_api.students.imports.checking import Layout
from referral_api.students.imports.errors import Interrupted
from referral_api.students.imports.files import FileKind
from referral_api.students.imports.manifest import Mode
from referral_api.students.imports.rows import Numbered, batches_of
from referral_api.students.imports.scratch import note_refused, put

_NO_HEADER: Numbered = (1, [])


@dataclass(slots=True)
class Progress:
    """How far the reading is, told across threads."""

    rows_read: int = 0
    stopped: bool = False

    def advance(self, rows: int) -> None:
        """Count rows. Raises: Interrupted when the run was told to stop."""
        self.rows_read += rows
        if self.stopped:
            raise Interrupted


def read_file(
    scratch: sqlite3.Connection, kind: FileKind, mode: Mode, text: TextIO, progress: Progress, latest: str
) -> None:
    """Take one file in; note which rows are refused. Raises: RosterRefused, Interrupted.

    `latest` is the last `dateLastModified` that is taken, as `instant` writes it.
    """
    batches = batches_of(text, f"{kind.name}.csv")
    ((_, header),) = next(batches, [_NO_HEADER])
    layout = Layout(kind, mode, header, latest)
    for batch in batches:
        rows = [(line, row) for line, row in batch if row]
        if rows:
            kept, refused = layout.check(rows)
            put(scratch, f"file_{kind.name}", kept)
            if refused:
                note_refused(scratch, kind.name, refused)
        progress.advance(len(rows))
