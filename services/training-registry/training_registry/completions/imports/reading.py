"""From a CSV file to commands: a file that cannot be used is refused, a row that cannot be used is told."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from pydantic import ValidationError

from shared.errors import Fault
from shared.http.problems import faults_of
from training_registry.completions.errors import FileUnusable
from training_registry.completions.imports.rows import Row, rows_of
from training_registry.completions.operations.recording import RecordCompletion

_FIELDS = RecordCompletion.model_fields
_REQUIRED = [name for name, field in _FIELDS.items() if field.is_required()]
_DATES = ("completed_on", "expires_on")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_HOURS = re.compile(r"-?\d{1,9}(\.\d{1,9})?")
_TRUTH: Mapping[str, bool] = {"true": True, "false": False}
MOST_ROWS = 10_000
"""Of one file: they are recorded together, and whoever writes meanwhile waits."""
_WHOLE_ROW = "row"
"""What stands in the place of a field where the row as a whole is at fault."""


@dataclass(frozen=True, slots=True)
class ReadRow:
    """What a row asks for, or what is wrong with it."""

    line: int
    command: RecordCompletion | None
    faults: Sequence[Fault] = ()


def read_completions(body: bytes) -> list[ReadRow]:
    """Every row of the file, in its order. Raises: FileUnusable, which names columns and quotes no value."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FileUnusable(errors=[Fault("body", "is not UTF-8: save it as CSV UTF-8")]) from None
    rows = rows_of(text)
    header = next(rows, None)
    if header is None:
        raise FileUnusable(errors=[Fault("body", "is empty")])
    columns = _columns(header)
    taken = list(islice(rows, MOST_ROWS + 1))
    if len(taken) > MOST_ROWS:
        raise FileUnusable(errors=[Fault("body", f"has more than {MOST_ROWS} rows: send it in parts")])
    return [_read(row, columns) for row in taken]


def _columns(header: Row) -> Sequence[str]:
    """The fields that the columns stand for. Raises: FileUnusable."""
    columns = header.cells
    if columns is None:
        raise FileUnusable(errors=[Fault("header", "cannot be read as CSV")])
    faults = list(_header_faults(columns))
    if faults:
        raise FileUnusable(
            "The first row has to name the columns, with commas between them: " + ", ".join(_FIELDS) + ".",
            errors=faults,
        )
    return columns


def _header_faults(columns: Sequence[str]) -> Iterator[Fault]:
    # By their places: where the header is missing, these are values.
    for place, column in enumerate(columns, 1):
        if column not in _FIELDS:
            yield Fault(f"header.{place}", "is no field of a completion")
        elif column in columns[: place - 1]:
            yield Fault(f"header.{place}", "is there already")
    for name in _REQUIRED:
        if name not in columns:
            yield Fault("header", f"has no column {name}")


def _read(row: Row, columns: Sequence[str]) -> ReadRow:
    if row.cells is None:
        return ReadRow(row.line, None, [Fault(_WHOLE_ROW, "cannot be read as CSV; is a quote missing?")])
    if len(row.cells) != len(columns):
        return ReadRow(row.line, None, [Fault(_WHOLE_ROW, "has more or fewer cells than the header")])
    faults: list[Fault] = []
    values = {name: _value(name, cell, faults) for name, cell in zip(columns, row.cells, strict=True) if cell}
    try:
        command = RecordCompletion.model_validate(values)
    except ValidationError as error:
        # Of a cell that could not even be taken apart, only that is told.
        told = {fault.path for fault in faults}
        found = faults_of(error.errors(include_url=False, include_input=False))
        faults += [fault for fault in found if fault.path.partition(".")[0] not in told]
        return ReadRow(row.line, None, faults)
    return ReadRow(row.line, None if faults else command, faults)


def _value(name: str, cell: str, faults: list[Fault]) -> Any:
    if name == "topics":
        return _topics(cell, faults)
    if name == "outside":
        return _TRUTH.get(cell.lower(), cell)
    if name in _DATES and not _DATE.fullmatch(cell):
        faults.append(Fault(name, "must be a date written year first, as 2026-11-25, whatever the spreadsheet shows"))
    return cell


def _topics(cell: str, faults: list[Fault]) -> dict[str, Any]:
    """Hours by topic; a number that is none is left to be refused by its name."""
    topics: dict[str, Any] = {}
    for part in filter(None, map(str.strip, cell.split(";"))):
        topic, equals, hours = (text.strip() for text in part.rpartition("="))
        if not equals or topic in topics:
            faults.append(Fault("topics", "must be written as topic=hours; topic=hours, each topic once"))
            break
        topics[topic] = float(hours) if _HOURS.fullmatch(hours) else hours
    return topics
