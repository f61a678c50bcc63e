"""Where a file has its columns, and how its rows are checked: together where they are plainly good, else each."""

from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from typing import Any

from referral_api.students.imports.errors import RosterRefused
from referral_api.students.imports.files import SOURCED_ID, Column, FileKind, check_day, check_instant, instant
from referral_api.students.imports.manifest import Mode

MOST_COMBINATIONS = 20_000
SHORT = 255
"""A text that is not longer is not too long, whatever column it is in."""
STATUS, MODIFIED = "status", "dateLastModified"
WHOLE_ROW = ""
"""The field of a fault that lies in no single column."""

Fault = tuple[str, str]
"""Which field, and what is wrong with it."""
Kept = tuple[object, ...]
"""What is kept of a row: its line, whether it is to be deleted, when it was modified, and its values."""


class _Combinations:
    """Values of some columns side by side, of which those that were found good are known again."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns
        self.known: set[tuple[str, ...]] = set()

    def hold(self, found: set[tuple[str, ...]]) -> bool:
        """Whether all of these are good."""
        new = found - self.known
        good = {values for values in new if not any(map(_is_faulty, self._columns, values))}
        if len(self.known) < MOST_COMBINATIONS:
            self.known |= good
        return len(good) == len(new)


class Layout:
    """Where one file has its columns. Its rows come with an empty value behind their end (`ended`)."""

    def __init__(self, kind: FileKind, mode: Mode, header: Sequence[str]) -> None:
        """Raises: RosterRefused when columns are missing or there twice."""
        _ensure_usable(kind, mode, header)
        self._kind = kind
        self._mode = mode
        self._width = len(header)
        # Columns that the file does not have are read from behind the row's end.
        places = {h: i for i, h in enumerate(header)}
        place_of = {c.name: places.get(c.name, self._width) for c in kind.columns}
        dates = [c for c in kind.columns if c.check is check_day]
        codes = [c for c in kind.columns if not c.free and c.check is not check_day]
        self._id_place = places[SOURCED_ID.name]
        self._status, self._modified = places.get(STATUS, self._width), places.get(MODIFIED, self._width)
        self._pick = _values([place_of[c.name] for c in kind.columns])
        self._codes = _values([*(place_of[c.name] for c in codes), self._status])
        self._dates = _values([place_of[c.name] for c in dates] or [self._width])
        self._good_codes = _Combinations([*codes, Column(STATUS, _bulk_status)])
        self._good_dates = _Combinations(dates)
        free = [place_of[c.name] for c in kind.columns if c.free]
        filled = [place_of[c.name] for c in kind.columns if c.filled]
        self._free, self._free_columns = _values(free), [itemgetter(place) for place in free]
        self._filled, self._filled_columns = _values(filled), [itemgetter(place) for place in filled]
        self._checks = [(c.name, c.check, c.filled) for c in kind.columns]
        self._nothing = (None,) * (len(kind.kept) - 1)

    def keep_all(self, lines: Iterable[int], rows: Sequence[list[str]]) -> list[Kept] | None:
        """What is kept of rows that are plainly good; None when one of them may not be.

        Codes and dates repeat, so each combination of them is looked at once, and whole columns are looked at in one
        go: a third of the time of row by row.
        """
        if (
            self._mode is Mode.BULK
            and set(map(len, rows)) == {self._width + 1}
            and self._good_codes.hold(set(map(self._codes, rows)))
            and self._good_dates.hold(set(map(self._dates, rows)))
            and all(all(map(column, rows)) for column in self._filled_columns)
            and all(_are_short([*map(column, rows)]) for column in self._free_columns)
        ):
            return [self._kept(line, row) for line, row in zip(lines, rows, strict=True)]
        return None

    def check(self, line: int, row: list[str]) -> tuple[Kept, Sequence[Fault]]:
        """What is kept of a row, and what is wrong with it; of a faulty row nothing is kept."""
        if len(row) != self._width + 1:
            return (), [(WHOLE_ROW, f"has {len(row) - 1} columns, the header has {self._width}")]
        if self._is_plainly_good(row):
            return self._kept(line, row), ()
        return self._check_each(line, row)

    def id_of(self, row: Sequence[str]) -> str:
        """The sourcedId of a row that was refused, as far as it can be told."""
        return row[self._id_place] if self._id_place < len(row) else ""

    def _is_plainly_good(self, row: list[str]) -> bool:
        return (
            self._codes(row) in self._good_codes.known
            and "" not in self._filled(row)
            and len(free := "".join(self._free(row))) <= SHORT
            and "\0" not in free
            and self._dates(row) in self._good_dates.known
        )

    def _kept(self, line: int, row: list[str]) -> Kept:
        return (line, 0, instant(row[self._modified]), *self._kind.keep(self._pick(row)))

    def _check_each(self, line: int, row: list[str]) -> tuple[Kept, Sequence[Fault]]:
        values, modified = self._pick(row), instant(row[self._modified])
        faults = self._base_faults(row) if self._mode is Mode.DELTA or row[self._status] else []
        if not faults and row[self._status] == "tobedeleted":
            problem = SOURCED_ID.check(values[0]) if values[0] else "is missing"
            if problem:
                return (), [(SOURCED_ID.name, problem)]
            return (line, 1, modified, values[0], *self._nothing), []
        for value, (name, check, filled) in zip(values, self._checks, strict=True):
            if value:
                problem = check(value)
                if problem:
                    faults.append((name, problem))
            elif filled:
                faults.append((name, "is missing"))
        return ((), faults) if faults else ((line, 0, modified, *self._kind.keep(values)), faults)

    def _base_faults(self, row: Sequence[str]) -> list[Fault]:
        status, modified = row[self._status], row[self._modified]
        if self._mode is Mode.BULK:
            problem = _bulk_status(status)
            return [(STATUS, problem)] if problem else []
        faults = []
        if status not in ("active", "tobedeleted"):
            faults.append((STATUS, "must be active or tobedeleted in a delta file"))
        problem = check_instant(modified) if modified else "is missing"
        if problem:
            faults.append((MODIFIED, problem))
        return faults


def ended(row: list[str]) -> list[str]:
    """The row with the empty value behind its end that columns are read from which the file does not have."""
    row.append("")
    return row


def _ensure_usable(kind: FileKind, mode: Mode, header: Sequence[str]) -> None:
    name = f"{kind.name}.csv"
    if any("\0" in h for h in header):
        raise RosterRefused(f"{name} holds NUL characters in its header; is it UTF-16? It must be UTF-8.")
    needed = [c.name for c in kind.columns if c.in_header] + ([STATUS, MODIFIED] if mode is Mode.DELTA else [])
    missing = [n for n in needed if n not in header]
    if missing:
        raise RosterRefused(f"{name} lacks the columns {', '.join(missing)}.")
    named = [h for h in header if h]
    if len(set(named)) < len(named):
        raise RosterRefused(f"{name} has a column twice.")


def _is_faulty(column: Column, value: str) -> bool:
    return bool(column.check(value)) if value else column.filled


def _bulk_status(status: str) -> str | None:
    return None if status in ("", "active") else "must be blank or active in a bulk file"


def _are_short(texts: Sequence[str]) -> bool:
    return max(map(len, texts)) <= SHORT and "\0" not in "".join(texts)


def _values(places: Sequence[int]) -> Callable[[Sequence[str]], tuple[str, ...]]:
    """The values at these places, as a tuple also where it is one: that is then twice there."""
    get: Callable[[Sequence[str]], Any] = itemgetter(*places, *(places if len(places) == 1 else ()))
    return get
