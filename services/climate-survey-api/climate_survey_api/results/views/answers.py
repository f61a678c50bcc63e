"""Results as an answer: JSON, or the same rows as CSV for whoever asks with `Accept: text/csv`."""

import csv
from collections.abc import Mapping, Sequence
from io import StringIO
from typing import Annotated, Any

import orjson
from fastapi import Header, Response

from shared.http.negotiation import preferred
from shared.http.spreadsheets import cell

CSV = "text/csv"
JSON = "application/json"
SAVED_AS = 'attachment; filename="results.csv"'

Accept = Annotated[str, Header(description="`text/csv` for the same rows as CSV.")]


def answer(
    rows: Sequence[Mapping[str, Any]], columns: Sequence[str], beside: Mapping[str, object], accept: str
) -> Response:
    """The rows in the form asked for; what is to be known beside them stands in JSON alone, as CSV has no room."""
    if preferred(accept, (JSON, CSV)) == CSV:
        headers = {"Vary": "Accept", "Content-Disposition": SAVED_AS}
        return Response(_as_csv(rows, columns), media_type=f"{CSV}; charset=utf-8", headers=headers)
    body = orjson.dumps({"rows": rows, **beside}, option=orjson.OPT_UTC_Z)
    return Response(body, media_type=JSON, headers={"Vary": "Accept"})


def _as_csv(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> str:
    written = StringIO()
    writer = csv.writer(written)
    writer.writerow(columns)
    writer.writerows([[_cell(row[column]) for column in columns] for row in rows])
    return written.getvalue()


def _cell(value: object) -> str:
    """A histogram's counts stand in one cell, with spaces between them."""
    return " ".join(map(str, value)) if isinstance(value, (tuple, list)) else cell(value)
