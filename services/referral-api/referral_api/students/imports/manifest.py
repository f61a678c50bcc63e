"""`manifest.csv`: which OneRoster version a zip follows and which of its files are bulk, delta or absent."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain

from referral_api.students.imports.errors import RosterRefused
from referral_api.students.imports.rows import batches_of

HEADER = ["propertyName", "value"]
VERSIONS = ("1.1", "1.2")
MOST_LINES = 500


class Mode(StrEnum):
    """What a file says about the rows it does not have: a bulk file that they are gone, a delta file nothing."""

    ABSENT = "absent"
    BULK = "bulk"
    DELTA = "delta"


@dataclass(frozen=True, slots=True)
class Manifest:
    """A zip's own word on what it holds."""

    version: str
    modes: Mapping[str, Mode]
    """By file name without `.csv`; files that it does not name are absent."""

    def mode(self, kind: str) -> Mode:
        """How the file of this kind is to be read."""
        return self.modes.get(kind, Mode.ABSENT)


def read_manifest(text: Iterable[str]) -> Manifest:
    """The manifest in this text. Raises: RosterRefused."""
    properties: dict[str, str] = {}
    modes: dict[str, Mode] = {}
    for line, name, value in _properties(text):
        if name in properties:
            raise RosterRefused(f"manifest.csv, line {line}: a property is there twice.")
        properties[name] = value
        if name.startswith("file."):
            if value not in set(Mode):
                raise RosterRefused(f"manifest.csv, line {line}: each file is absent, bulk or delta.")
            modes[name.removeprefix("file.")] = Mode(value)
    if properties.get("manifest.version") != "1.0":
        raise RosterRefused("manifest.csv: manifest.version must be 1.0.")
    version = properties.get("oneroster.version", "")
    if version not in VERSIONS:
        raise RosterRefused(f"manifest.csv: oneroster.version must be {' or '.join(VERSIONS)}.")
    return Manifest(version, modes)


def _properties(text: Iterable[str]) -> Iterator[tuple[int, str, str]]:
    """Each property with its line and value."""
    for number, (line, row) in enumerate(chain.from_iterable(batches_of(text, "manifest.csv"))):
        if number == 0 and [cell.strip() for cell in row] != HEADER:
            raise RosterRefused("manifest.csv: the header must be propertyName,value.")
        if number > MOST_LINES:
            raise RosterRefused(f"manifest.csv has more than {MOST_LINES} lines.")
        if number and row:
            if len(row) < len(HEADER):
                raise RosterRefused(f"manifest.csv, line {line}: every line has a property name and a value.")
            yield line, row[0].strip(), row[1].strip()
