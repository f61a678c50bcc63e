"""What is wrong with the rows of a file, and what is kept of those with which nothing is."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter

from referral_api.students.imports.errors import RosterRefused
from referral_api.students.imports.files import SOURCED_ID, Check, FileKind, check_instant, instant
from referral_api.students.imports.manifest import Mode
from referral_api.students.imports.rows import Numbered

SHORT = 255
"""No text is too long that is not longer."""
STATUS, MODIFIED = "status", "dateLastModified"
WHOLE_ROW = ""
"""The field of a fault that lies in no single column."""
_CONTROL = re.compile(r"[\x01-\x1f\x7f-\x9f]")  # NUL has a word of its own
_MOST_REMEMBERED = 20_000
_FEW = 50

Fault = tuple[str, str]
"""Which field, and what is wrong with it."""
Kept = tuple[object, ...]
"""What the scratch database takes of a row: its line, whether it is to be deleted, when it was modified, its values."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A row of which nothing is kept, and why."""

    line: int
    sourced_id: str
    faults: Sequence[Fault]


@dataclass(slots=True)
class _Codes:
    """A column whose values repeat: each is looked at once."""

    place: int
    check: Check
    good: set[str]

    def are_good(self, values: Sequence[str]) -> bool:
        """Whether all of a column's values are."""
        new = set(values) - self.good
        if any(map(self.check, new)):
            return False
        if len(self.good) < _MOST_REMEMBERED:
            self.good |= new
        return True


class Layout:
    """Where a file has its columns, and so how its rows are checked."""

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
        self._places = [places.get(c.name, self._width) for c in kind.columns]
        self._pick = itemgetter(*self._places)
        self._status, self._modified = places.get(STATUS, self._width), places.get(MODIFIED, self._width)
        self._checks = [(c.name, c.check, c.filled) for c in kind.columns]
        self._nothing = (None,) * (len(kind.kept) - 1)
        self._free = [places[c.name] for c in kind.columns if c.free and c.name in places]
        self._filled = [places[c.name] for c in kind.columns if c.filled]
        self._coded = [_Codes(places[c.name], c.check, {""}) for c in kind.columns if not c.free and c.name in places]

    def check(self, rows: Sequence[Numbered]) -> tuple[list[Kept], list[Refused]]:
        """What is kept of rows, and which are refused.

        A bulk file's rows are good but for a few, which is seen by column in a third of the time; where one is not,
        the halves are looked at.
        """
        if self._mode is Mode.BULK:
            kept = self._kept_if_all_good(rows)
            if kept is not None:
                return kept, []
            if len(rows) > _FEW:
                half = len(rows) // 2
                (kept, refused), (more_kept, more_refused) = self.check(rows[:half]), self.check(rows[half:])
                return kept + more_kept, refused + more_refused
        checked = [self._check_each(line, row) for line, row in rows]
        return [c for c in checked if not isinstance(c, Refused)], [c for c in checked if isinstance(c, Refused)]

    def _kept_if_all_good(self, rows: Sequence[Numbered]) -> list[Kept] | None:
        """None also where a row may be good, but it takes a closer look to tell."""
        lines, cells = zip(*rows, strict=True)
        if set(map(len, cells)) != {self._width}:
            return None
        columns: list[tuple[str, ...]] = [*zip(*cells, strict=True), ("",) * len(rows)]
        ids, modified = columns[self._id_place], columns[self._modified]
        moments = {m: instant(m) for m in set(modified)}
        if (
            any("" in columns[place] for place in self._filled)
            or not set(columns[self._status]) <= {"", "active"}
            or not all(codes.are_good(columns[codes.place]) for codes in self._coded)
            or any(max(map(len, columns[place])) > SHORT or "\0" in "".join(columns[place]) for place in self._free)
            or not "".join(ids).isprintable()
            or tuple(map(str.strip, ids)) != ids
            or any(map(self._is_ahead, moments.values()))
        ):
            return None
        keep = self._kind.keep
        picked = zip(*(columns[place] for place in self._places), strict=True)
        return [(line, 0, moments[m], *keep(values)) for line, m, values in zip(lines, modified, picked, strict=True)]

    def _check_each(self, line: int, row: list[str]) -> Kept | Refused:
        if len(row) != self._width:
            faults = [(WHOLE_ROW, f"has {len(row)} columns, the header has {self._width}")]
            sourced_id = row[self._id_place].strip() if self._id_place < len(row) else ""
            return Refused(line, sourced_id, faults)
        row = [*row, ""]
        values, modified = self._pick(row), instant(row[self._modified])
        is_gone = row[self._status] == "tobedeleted"
        faults = self._base_faults(row) if self._mode is Mode.DELTA or row[self._status] else []
        faults += self._misleading(values[0], modified)
        for value, (name, check, filled) in zip(values, self._checks[:1] if is_gone else self._checks, strict=False):
            problem = check(value) if value else "is missing" if filled else None
            if problem:
                faults.append((name, problem))
        if faults:
            return Refused(line, values[0].strip(), faults)
        if is_gone:
            return (line, 1, modified, values[0], *self._nothing)
        return (line, 0, modified, *self._kind.keep(values))

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
