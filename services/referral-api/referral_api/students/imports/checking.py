"""What is wrong with the rows of a file, and what is kept of those with which nothing is."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter, not_

from referral_api.students.imports.errors import RosterRefused
from referral_api.students.imports.files import SOURCED_ID, Check, FileKind, check_instant, instant
from referral_api.students.imports.manifest import Mode
from referral_api.students.imports.rows import Numbered

_SHORT = 255
"""Texts up to this length are too long for no column."""
_STATUS, _MODIFIED = "status", "dateLastModified"
_WHOLE_ROW = ""
"""The field of a fault that lies in no single column."""
_GOOD_STATUS = frozenset({"", "active"})
"""In a bulk file."""
_CONTROL = re.compile(r"[\x01-\x1f\x7f-\x9f]")  # NUL has a word of its own
_MOST_REMEMBERED = 20_000
"""Values of a column: real codes are few, and what a column of grades may hold is long."""

Fault = tuple[str, str]
"""Which field, and what is wrong with it."""
Values = tuple[str, ...]
"""A column of many rows."""
Kept = tuple[object, ...]
"""What the scratch database takes of a row: its line, whether it is to be deleted, when it was modified, its values."""

_Question = tuple[Values, Callable[[Values], bool], Callable[[str], bool]]
"""A column, whether it may hold a doubtful value, and whether a value is one."""


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

    def hold_a_bad_one(self, values: Values) -> bool:
        """Whether a value of the column may be bad."""
        new = set(values) - self.good
        good = {value for value in new if self.check(value) is None}
        if len(self.good) < _MOST_REMEMBERED:
            self.good |= good
        return len(good) < len(new)

    def is_bad(self, value: str) -> bool:
        """Whether a value is not known to be good."""
        return value not in self.good


def _hold_an_empty_one(values: Values) -> bool:
    return "" in values


def _hold_an_odd_text(texts: Values) -> bool:
    return max(map(len, texts)) > _SHORT or "\0" in "".join(texts)


def _is_odd_text(text: str) -> bool:
    return len(text) > _SHORT or "\0" in text


def _hold_an_odd_id(ids: Values) -> bool:
    return not "".join(ids).isprintable() or tuple(map(str.strip, ids)) != ids


def _is_odd_id(sourced_id: str) -> bool:
    return not sourced_id.isprintable() or sourced_id != sourced_id.strip()


def _hold_an_odd_status(values: Values) -> bool:
    return not set(values) <= _GOOD_STATUS


def _is_odd_status(value: str) -> bool:
    return value not in _GOOD_STATUS


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
        self._status, self._modified = places.get(_STATUS, self._width), places.get(_MODIFIED, self._width)
        self._checks = [(c.name, c.check, c.filled) for c in kind.columns]
        self._nothing = (None,) * (len(kind.kept) - 1)
        self._free = [places[c.name] for c in kind.columns if c.free and c.name in places]
        self._filled = [places[c.name] for c in kind.columns if c.filled]
        self._coded = [_Codes(places[c.name], c.check, {""}) for c in kind.columns if not c.free and c.name in places]

    def check(self, rows: Sequence[Numbered]) -> tuple[list[Kept], list[Refused]]:
        """What is kept of rows, and which are refused.

        Nearly all rows of a bulk file are good, which is seen by column in a third of the time.
        """
        kept, doubtful = self._by_column(rows) if self._mode is Mode.BULK else ([], rows)
        checked = [self._check_each(line, row) for line, row in doubtful]
        kept += [c for c in checked if not isinstance(c, Refused)]
        return kept, [c for c in checked if isinstance(c, Refused)]

    def _by_column(self, rows: Sequence[Numbered]) -> tuple[list[Kept], Sequence[Numbered]]:
        """What is kept of rows that are certainly good, and the rows that take a closer look."""
        fitting = [row for row in rows if len(row[1]) == self._width]
        if not fitting:
            return [], rows
        lines, cells = zip(*fitting, strict=True)
        columns: list[Values] = [*zip(*cells, strict=True), ("",) * len(fitting)]
        moments = {m: instant(m) for m in set(columns[self._modified])}
        keep, doubtful = self._kind.keep, {lines[place] for place in self._doubtful(columns, moments)}
        picked = zip(*(columns[place] for place in self._places), strict=True)
        kept = [
            (line, 0, moments[modified], *keep(values))
            for line, modified, values in zip(lines, columns[self._modified], picked, strict=True)
            if line not in doubtful
        ]
        if len(kept) == len(rows):
            return kept, ()
        return kept, [row for row in rows if len(row[1]) != self._width or row[0] in doubtful]

    def _doubtful(self, columns: Sequence[Values], moments: Mapping[str, str | None]) -> set[int]:
        """The places of rows that may not be good. A whole column is asked first, its values one by one only then."""
        found: set[int] = set()
        for values, may_hold_one, is_one in self._questions(columns, moments):
            if may_hold_one(values):
                found.update(place for place, value in enumerate(values) if is_one(value))
        return found

    def _questions(self, columns: Sequence[Values], moments: Mapping[str, str | None]) -> Iterator[_Question]:
        yield from ((columns[place], _hold_an_empty_one, not_) for place in self._filled)
        yield from ((columns[place], _hold_an_odd_text, _is_odd_text) for place in self._free)
        yield from ((columns[codes.place], codes.hold_a_bad_one, codes.is_bad) for codes in self._coded)
        yield columns[self._id_place], _hold_an_odd_id, _is_odd_id
        yield columns[self._status], _hold_an_odd_status, _is_odd_status
        ahead = {modified for modified, moment in moments.items() if self._is_ahead(moment)}
        yield columns[self._modified], lambda _: bool(ahead), ahead.__contains__

    def _check_each(self, line: int, row: list[str]) -> Kept | Refused:
        if len(row) != self._width:
            faults = [(_WHOLE_ROW, f"has {len(row)} columns, the header has {self._width}")]
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
            faults.append((_MODIFIED, "lies in the future; is the clock of the system that wrote it right?"))
        return faults

    def _is_ahead(self, modified: str | None) -> bool:
        """Whether a row says that it was modified in the future: it would keep every later one out."""
        return modified is not None and modified > self._latest

    def _base_faults(self, row: Sequence[str]) -> list[Fault]:
        status, modified = row[self._status], row[self._modified]
        if self._mode is Mode.BULK:
            return [] if status == "active" else [(_STATUS, "must be blank or active in a bulk file")]
        faults = []
        if status not in ("active", "tobedeleted"):
            faults.append((_STATUS, "must be active or tobedeleted in a delta file"))
        problem = check_instant(modified) if modified else "is missing"
        if problem:
            faults.append((_MODIFIED, problem))
        return faults


def _ensure_named(name: str, kind: FileKind, mode: Mode, header: Sequence[str]) -> None:
    """Refuse a file without a column it needs, or with one that would be passed over for its capitals.

    OneRoster's names are case-sensitive. Source: OneRoster 1.2 CSV binding, file format.
    """
    folded = {h.casefold() for h in header}
    known = [*(c.name for c in kind.columns), _STATUS, _MODIFIED]
    otherwise = [n for n in known if n not in header and n.casefold() in folded]
    if otherwise:
        raise RosterRefused(
            f"{name} writes the columns {', '.join(otherwise)} with other capitals; they must be exactly as here."
        )
    needed = [c.name for c in kind.columns if c.in_header] + ([_STATUS, _MODIFIED] if mode is Mode.DELTA else [])
    missing = [n for n in needed if n not in header]
    if missing:
        why = "is empty: it " if not header else "has one column, so it may not be separated by commas: it "
        raise RosterRefused(f"{name} {why if len(header) < 2 else ''}lacks the columns {', '.join(missing)}.")
