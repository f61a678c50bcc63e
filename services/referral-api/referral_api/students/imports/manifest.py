"""`manifest.csv`: which OneRoster version a zip follows and which of its files are bulk, delta or absent."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from referral_api.students.imports.errors import RosterRefused

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


def read_manifest(lines: Iterable[str]) -> Manifest:
    """The manifest in these lines. Raises: RosterRefused."""
    properties = _properties(lines)
    if properties.get("manifest.version") != "1.0":
        raise RosterRefused("manifest.csv: manifest.version must be 1.0.")
    version = properties.get("oneroster.version", "")
    if version not in VERSIONS:
        raise RosterRefused(f"manifest.csv: oneroster.version must be {' or '.join(VERSIONS)}.")
    modes = {}
    for name, value in properties.items():
        if name.startswith("file."):
            if value not in set(Mode):
                raise RosterRefused("manifest.csv: each file is absent, bulk or delta.")
            modes[name.removeprefix("file.")] = Mode(value)
    return Manifest(version, modes)


def _properties(lines: Iterable[str]) -> dict[str, str]:
    properties: dict[str, str] = {}
    try:
        for number, row in enumerate(csv.reader(lines, strict=True)):
            if number == 0:
                if [cell.strip() for cell in row] != HEADER:
                    raise RosterRefused("manifest.csv: the header must be propertyName,value.")
            elif row:
                if len(row) < len(HEADER) or number > MOST_LINES:
                    raise RosterRefused("manifest.csv: every line has a property name and a value.")
                name, value = row[0].strip(), row[1].strip()
                if name in properties:
                    raise RosterRefused("manifest.csv: a property is there twice.")
                properties[name] = value
    except csv.Error:
        raise RosterRefused("manifest.csv cannot be read as CSV.") from None
    return properties
