"""From a file's text to rows in the scratch database: each row is checked on its own, and refused on its own."""

import re
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, TextIO

from referral_api.students.imports.errors import Interrupted, RosterRefused
from referral_api.students.imports.files import SOURCED_ID, FileKind, check_day, check_instant, instant
from referral_api.students.imports.manifest import Mode
from referral_api.students.imports.rows import rows_of
from referral_api.students.imports.scratch import ensure_few_faults

BATCH = 2000
MOST_COMBINATIONS = 20_000
SHORT = 255
"""Texts that are not longer together are none of them too long."""
STATUS, MODIFIED = "status", "dateLastModified"
_CONTROL = re.compile(r"[\x01-\x1f\x7f-\x9f]")  # NUL has a word of its own
WHOLE_ROW = ""
"""The field of a fault that lies in no single column."""

Fault = tuple[str, str]
"""Which field, and what is wrong with it."""


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


class Layout:
    """Where a file has its columns, and so how one of its rows is checked."""

    def __init__(self, kind: FileKind, mode: Mode, header: Sequence[str], latest: str) -> None:
        """`latest` is the last `dateLastModified` taken. Raises: RosterRefused where columns are missing or twice."""
        name = f"{kind.name}.csv"
        header = [h.strip() for h in header]
        if any("\0" in h for h in header):
            raise RosterRefused(f"{name} holds NUL characters in its header; is it UTF-16? It must be UTF-8.")
        _ensure_named(name, kind, mode, header)
        named = [h for h in header if h]
        if len(set(named)) < len(named):
            raise RosterRefused(f"{name} has a column twice.")
        self._kind = kind
        self._mode = mode
        self._latest = latest
        self._width = len(header)
        # Columns that the file does not have are read from behind the row's end, where an empty value is put.
        places = {h: i for i, h in enumerate(header)}
        self._id_place = places[SOURCED_ID.name]
        self._pick = itemgetter(*(places.get(c.name, self._width) for c in kind.columns))
        self._status, self._modified = places.get(STATUS, self._width), places.get(MODIFIED, self._width)
        self._checks = [(c.name, c.check, c.filled) for c in kind.columns]
        self._nothing = (None,) * (len(kind.kept) - 1)
        dated = [c for c in kind.columns if c.check is check_day]
        codes = [c for c in kind.columns if not c.free and c not in dated]
        self._free = _getter([places.get(c.name, self._width) for c in kind.columns if c.free])
        self._filled = _getter([places[c.name] for c in kind.columns if c.filled])
        self._dates = _getter([places.get(c.name, self._width) for c in dated] or [self._width])
        self._codes = _getter([*(places.get(c.name, self._width) for c in codes), self._status])
        self._good_codes: set[tuple[str, ...]] = set()
        self._good_dates: set[tuple[str, ...]] = set()

    def check(self, line: int, row: list[str]) -> tuple[tuple[object, ...], Sequence[Fault]]:
        """What is kept of a row, and what is wrong with it; of a faulty row nothing is kept.

        Codes and dates repeat, so a combination that was found good is not looked at again: a third of the time.
        """
        if len(row) != self._width:
            return (), [(WHOLE_ROW, f"has {len(row)} columns, the header has {self._width}")]
        row.append("")
        if (
            self._codes(row) in self._good_codes
            and "" not in self._filled(row)
            and len(free := "".join(self._free(row))) <= SHORT
            and "\0" not in free
            and self._dates(row) in self._good_dates
            and row[self._id_place] == row[self._id_place].strip()
            and row[self._id_place].isprintable()
            and not self._is_ahead(modified := instant(row[self._modified]))
        ):
            return (line, 0, modified, *self._kind.keep(self._pick(row))), ()
        return self._check_each(line, row)

    def id_of(self, row: Sequence[str]) -> str:
        """The sourcedId of a row that was refused, as far as it can be told."""
        return row[self._id_place].strip() if self._id_place < len(row) else ""

    def _check_each(self, line: int, row: list[str]) -> tuple[tuple[object, ...], Sequence[Fault]]:
        values, modified = self._pick(row), instant(row[self._modified])
        faults = self._base_faults(row) if self._mode is Mode.DELTA or row[self._status] else []
        faults += self._misleading(values[0], modified)
        if row[self._status] == "tobedeleted":
            problem = SOURCED_ID.check(values[0]) if values[0] else "is missing"
            if problem:
                faults.append((SOURCED_ID.name, problem))
            return ((), faults) if faults else ((line, 1, modified, values[0], *self._nothing), ())
        for value, (name, check, filled) in zip(values, self._checks, strict=True):
            if value:
                problem = check(value)
                if problem:
                    faults.append((name, problem))
            elif filled:
                faults.append((name, "is missing"))
        if faults:
            return (), faults
        if self._mode is Mode.BULK:
            _remember(self._good_codes, self._codes(row))
            _remember(self._good_dates, self._dates(row))
        return (line, 0, modified, *self._kind.keep(values)), faults

    def _misleading(self, sourced_id: str, modified: str | None) -> list[Fault]:
        """What would make the row another student's, one whom nobody could ask for, or the newest for ever."""
        faults = []
        if sourced_id != sourced_id.strip():
            faults.append((SOURCED_ID.name, "has spaces around it"))
        elif _CONTROL.search(sourced_id):
            faults.append((SOURCED_ID.name, "holds a line break or another control character"))
        if self._is_ahead(modified):
            faults.append((MODIFIED, "lies in the future; is the clock of the system that wrote it right?"))
        return faults

    def _is_ahead(self, modified: str | None) -> bool:
        """Whether a row says that it was modified in the future: it would keep every later one out."""
        return modified is not None and modified > self._latest

    def _base_faults(self, row: Sequence[str]) -> list[Fault]:
        status, modified = row[self._status], row[self._modified]
        if self._mode is Mode.BULK:
            return [] if status == "active" else [(STATUS, "must be blank or active in a bulk file")]
        faults = []
        if status not in ("active", "tobedeleted"):
            faults.append((STATUS, "must be active or tobedeleted in a delta file"))
        problem = check_instant(modified) if modified else "is missing"
        if problem:
            faults.append((MODIFIED, problem))
        return faults


def _ensure_named(name: str, kind: FileKind, mode: Mode, header: Sequence[str]) -> None:
    """Refuse a file without a column it needs, or with one that would be passed over for its capitals.

    OneRoster's names are case-sensitive. Source: OneRoster 1.2 CSV binding, file format.
    """
    folded = {h.casefold() for h in header}
    known = [*(c.name for c in kind.columns), STATUS, MODIFIED]
    otherwise = [n for n in known if n not in header and n.casefold() in folded]
    if otherwise:
        raise RosterRefused(
            f"{name} writes the columns {', '.join(otherwise)} with other capitals; they must be exactly as here."
        )
    needed = [c.name for c in kind.columns if c.in_header] + ([STATUS, MODIFIED] if mode is Mode.DELTA else [])
    missing = [n for n in needed if n not in header]
    if missing:
        why = "is empty: it " if not header else "has one column, so it may not be separated by commas: it "
        raise RosterRefused(f"{name} {why if len(header) < 2 else ''}lacks the columns {', '.join(missing)}.")


def _remember(good: set[tuple[str, ...]], combination: tuple[str, ...]) -> None:
    if len(good) < MOST_COMBINATIONS:
        good.add(combination)


def _getter(places: Sequence[int]) -> Callable[[Sequence[str]], tuple[str, ...]]:
    """The values at these places, as a tuple also where it is one."""
    get: Callable[[Sequence[str]], Any] = itemgetter(*places)
    return get if len(places) > 1 else lambda row: (get(row),)


def read_file(
    scratch: sqlite3.Connection, kind: FileKind, mode: Mode, text: TextIO, progress: Progress, latest: str
) -> None:
    """Take one file in, row by row; note which are refused. Raises: RosterRefused, Interrupted.

    `latest` is the last `dateLastModified` that is taken, as `instant` writes it.
    """
    name = f"{kind.name}.csv"
    rows = rows_of(text, name)
    _, header = next(rows, (1, []))
    layout = Layout(kind, mode, header, latest)
    kept: list[tuple[object, ...]] = []
    refused: list[tuple[str, str]] = []
    faulty: list[tuple[object, ...]] = []
    seen = count = 0
    for line, row in rows:
        seen += 1
        if row:
            count += 1
            values, faults = layout.check(line, row)
            if faults:
                faulty += [(name, line, field, problem) for field, problem in faults]
                refused.append((kind.name, layout.id_of(row)))
            else:
                kept.append(values)
        if seen == BATCH:  # empty lines too: a file of nothing else is told to stop as any other
            _store(scratch, kind, kept, refused, faulty)
            progress.advance(count)
            seen = count = 0
    _store(scratch, kind, kept, refused, faulty)
    progress.advance(count)


def _store(scratch: sqlite3.Connection, kind: FileKind, kept: list[Any], refused: list[Any], faulty: list[Any]) -> None:
    places = ", ".join("?" * (len(kind.kept) + 3))
    scratch.executemany(f"INSERT INTO file_{kind.name} VALUES ({places})", kept)
    scratch.executemany("INSERT OR IGNORE INTO refused VALUES (?, ?)", refused)
    scratch.executemany("INSERT INTO errors VALUES (?, ?, ?, ?)", faulty)
    ensure_few_faults(scratch)
    for stored in (kept, refused, faulty):
        stored.clear()
