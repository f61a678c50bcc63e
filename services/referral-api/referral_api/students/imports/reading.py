"""From a file's text to rows in the scratch database: each row is checked on its own, and refused on its own."""

import csv
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate, islice
from typing import Any, TextIO

from referral_api.students.imports.errors import Interrupted, RosterRefused
from referral_api.students.imports.files import FileKind
from referral_api.students.imports.layout import Kept, Layout, ended
from referral_api.students.imports.manifest import Mode

BATCH = 1000


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


@dataclass(slots=True)
class _Batch:
    """What became of some rows."""

    kept: list[Kept] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    errors: list[tuple[str, int, str, str]] = field(default_factory=list)


def read_file(scratch: sqlite3.Connection, kind: FileKind, mode: Mode, text: TextIO, progress: Progress) -> None:
    """Take one file in, and note which of its rows are refused. Raises: RosterRefused, Interrupted."""
    reader = csv.reader(text, strict=True)
    line, rows = 1, list[list[str]]()
    try:
        layout = Layout(kind, mode, next(reader, []))
        line = reader.line_num + 1
        while True:
            rows.extend(islice(reader, BATCH))  # those before a fault are then there, to count lines by
            if not rows:
                break
            # A row without line breaks is one line, as is an empty one, which is no row.
            is_plain = reader.line_num + 1 - line == len(rows)
            lines = range(line, line + len(rows)) if is_plain else _lines(line, rows)
            numbered = [(start, ended(row)) for start, row in zip(lines, rows, strict=False) if row]
            line = reader.line_num + 1
            _store(scratch, kind, _checked(kind, layout, numbered))
            progress.advance(len(numbered))
            rows.clear()
    except csv.Error:
        begins = _lines(line, rows)[-1]
        raise RosterRefused(
            f"{kind.name}.csv: the row that begins on line {begins} cannot be read as CSV; is a quote missing?"
        ) from None


def _lines(first: int, rows: Sequence[Sequence[str]]) -> list[int]:
    """The lines that rows begin on, and the one behind the last: line breaks within quotes make a row longer."""
    return [*accumulate((1 + _breaks("|".join(row)) for row in rows), initial=first)]


def _breaks(text: str) -> int:
    return text.count("\n") + text.count("\r") - text.count("\r\n")


def _checked(kind: FileKind, layout: Layout, numbered: Sequence[tuple[int, list[str]]]) -> _Batch:
    lines, rows = [line for line, _ in numbered], [row for _, row in numbered]
    good = layout.keep_all(lines, rows) if rows else []
    if good is not None:
        return _Batch(good)
    batch = _Batch()
    for line, row in numbered:
        kept, faults = layout.check(line, row)
        if faults:
            batch.errors += [(f"{kind.name}.csv", line, column, problem) for column, problem in faults]
            batch.refused.append((kind.name, layout.id_of(row)))
        else:
            batch.kept.append(kept)
    return batch


def _store(scratch: sqlite3.Connection, kind: FileKind, batch: _Batch) -> None:
    def store(statement: str, rows: list[Any]) -> None:
        if rows:
            scratch.executemany(statement, rows)

    store(f"INSERT INTO file_{kind.name} VALUES ({', '.join('?' * (len(kind.kept) + 3))})", batch.kept)
    store("INSERT OR IGNORE INTO refused VALUES (?, ?)", batch.refused)
    store("INSERT INTO errors VALUES (?, ?, ?, ?)", batch.errors)
