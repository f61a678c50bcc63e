"""Results as an answer: JSON, or the same rows as CSV for whoever asks with `Accept: text/csv`."""

import asyncio
import csv
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from io import StringIO
from typing import Annotated, Any, NamedTuple

import orjson
from fastapi import Header, Response
from fastapi.responses import StreamingResponse

from shared.http.negotiation import preferred
from shared.http.spreadsheets import cell

CSV = "text/csv"
JSON = "application/json"
SAVED_AS = 'attachment; filename="results.csv"'
ROWS_AT_ONCE = 500
"""Written in a thread, so that others are answered meanwhile, and sent before the next are: of a thousand schools all
rows by item and facet are more than a service may hold in memory."""

Accept = Annotated[str, Header(description="`text/csv` for the same rows as CSV.")]
Told = dict[str, Any]
"""A row as it is answered."""


class Found(NamedTuple):
    """Some rows, and what is to be known about them."""

    rows: Sequence[Told]
    warnings: Sequence[Told] = ()


def answer(
    found: Iterator[Found], columns: Sequence[str], beside: Mapping[str, object], accept: str, *, warns: bool = False
) -> Response:
    """The rows in the form asked for; what is to be known beside them stands in JSON alone, as CSV has no room."""
    if preferred(accept, (JSON, CSV)) == CSV:
        headers = {"Vary": "Accept", "Content-Disposition": SAVED_AS}
        return StreamingResponse(_as_csv(found, columns), media_type=f"{CSV}; charset=utf-8", headers=headers)
    return StreamingResponse(_as_json(found, beside, warns=warns), media_type=JSON, headers={"Vary": "Accept"})


async def _as_json(found: Iterator[Found], beside: Mapping[str, object], *, warns: bool) -> AsyncIterator[bytes]:
    warnings: list[Told] = []
    yield b'{"rows":['
    separator = b""
    while some := await asyncio.to_thread(_next, found, _json):
        warnings += some.warnings
        if some.written:
            yield separator + some.written
            separator = b","
    yield b"]," + _json([{"warnings": warnings, **beside} if warns else beside])[1:]


async def _as_csv(found: Iterator[Found], columns: Sequence[str]) -> AsyncIterator[bytes]:
    def lines(rows: Sequence[Told]) -> bytes:
        return _csv([[_cell(row[column]) for column in columns] for row in rows])

    yield _csv([columns])
    while some := await asyncio.to_thread(_next, found, lines):
        yield some.written


class _Written(NamedTuple):
    written: bytes
    warnings: Sequence[Told]


def _next(found: Iterator[Found], write: Callable[[Sequence[Told]], bytes]) -> _Written | None:
    """The next rows; None after the last."""
    rows: list[Told] = []
    warnings: list[Told] = []
    for some in found:
        rows += some.rows
        warnings += some.warnings
        if len(rows) >= ROWS_AT_ONCE:
            break
    return _Written(write(rows), warnings) if rows or warnings else None


def _json(rows: Sequence[object]) -> bytes:
    """As they stand between the brackets of a list."""
    return orjson.dumps(rows, option=orjson.OPT_UTC_Z)[1:-1]


def _csv(lines: Sequence[Sequence[object]]) -> bytes:
    written = StringIO()
    csv.writer(written).writerows(lines)
    return written.getvalue().encode()


def _cell(value: object) -> str:
    """A histogram's counts stand in one cell, with spaces between them."""
    return " ".join(map(str, value)) if isinstance(value, (tuple, list)) else cell(value)
