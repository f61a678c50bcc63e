"""A view as an answer: JSON, or the same rows as CSV for whoever asks with `Accept: text/csv`."""

import csv
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from io import StringIO
from typing import Annotated, Any, NamedTuple

import orjson
from fastapi import Header, Response
from pydantic import BaseModel, Field

from reporting.measures.suppression import METHOD
from reporting.views.rows import Row
from shared.http.negotiation import preferred
from shared.http.spreadsheets import cell

CSV = "text/csv"
JSON = "application/json"

Accept = Annotated[str, Header(description="`text/csv` for the same rows as CSV.")]


class Table(NamedTuple):
    """A view's rows as a table: what it is called, and its columns after the keys."""

    name: str
    measured: tuple[str, ...]


class Policy(BaseModel):
    """What was hidden from this caller."""

    minimum_cell: int | None = Field(description="Smaller counts are suppressed; null: none are.")
    complementary: bool = Field(
        description="Whether larger counts are suppressed too where a sum, a difference between stages, a filter or "
        "another breakdown would give a smaller one away."
    )
    method: str | None = Field(
        description="How it was decided what is suppressed. Another method hides other counts: compare no answers "
        "across methods. null: nothing was."
    )

    @classmethod
    def of(cls, minimum: int) -> "Policy":
        """The policy towards a caller from whom counts under `minimum` are kept."""
        if minimum <= 1:
            return cls(minimum_cell=None, complementary=False, method=None)
        return cls(minimum_cell=minimum, complementary=True, method=METHOD)


NOTHING_HIDDEN = Policy.of(0)


class View(BaseModel):
    """What every view answers with beside its rows."""

    as_of: datetime | None = Field(
        description="Everything the bus held at this instant is counted; null: not known yet."
    )
    policy: Policy


def answer(
    rows: Sequence[Row],
    keys: Sequence[str],
    table: Table,
    *,
    as_of: datetime | None,
    policy: Policy,
    accept: str,
    beside: Mapping[str, object] | None = None,
) -> Response:
    """The rows in the form asked for, and what is to be known about them: in JSON `beside` too, with CSV in headers."""
    told = {"as_of": as_of, "policy": policy.model_dump(), **(beside or {})}
    if preferred(accept, (JSON, CSV)) == CSV:
        text = _as_csv(rows, [*keys, *table.measured, "suppressed"])
        headers = {"Vary": "Accept", "Content-Disposition": _saved_as(table.name), **_in_headers(told)}
        return Response(text, media_type=f"{CSV}; charset=utf-8", headers=headers)
    body = orjson.dumps({"rows": rows, **told}, option=orjson.OPT_UTC_Z)
    return Response(body, media_type=JSON, headers={"Vary": "Accept"})


def described_headers(view: type[View], table: Table) -> dict[str, dict[str, Any]]:
    """The headers that a view bears as CSV, for OpenAPI: one for each thing that its JSON says beside its rows."""
    (example,) = view.model_json_schema()["examples"]
    names = [name for name in view.model_fields if name != "rows"]
    shown = {
        _header(name): (f"With CSV alone: what JSON says as `{name}`.", value)
        for name in names
        for value in _in_headers({name: example[name]}).values()
    }
    shown["Content-Disposition"] = "With CSV alone: the name to save it under.", _saved_as(table.name)
    return {
        name: {"description": description, "schema": {"type": "string"}, "example": value}
        for name, (description, value) in shown.items()
    }


def _in_headers(told: Mapping[str, object]) -> dict[str, str]:
    """A header for each: instants and days as they are, the rest as JSON; none for what is null."""
    as_json = orjson.loads(orjson.dumps(told, option=orjson.OPT_UTC_Z))
    return {
        _header(name): value if isinstance(value, str) else json.dumps(value)
        for name, value in as_json.items()
        if value is not None
    }


def _header(name: str) -> str:
    return f"View-{name.replace('_', '-').title()}"


def _saved_as(name: str) -> str:
    return f'attachment; filename="{name}.csv"'


def _as_csv(rows: Sequence[Row], columns: Sequence[str]) -> str:
    written = StringIO()
    writer = csv.writer(written)
    writer.writerow(columns)
    writer.writerows([[cell(row[column]) for column in columns] for row in rows])
    return written.getvalue()
