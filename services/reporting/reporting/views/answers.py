"""A view as an answer: JSON, or the same rows as CSV for whoever asks with `Accept: text/csv`."""

import csv
from collections.abc import Mapping, Sequence
from datetime import datetime
from io import StringIO
from typing import Annotated

import orjson
from fastapi import Header, Response
from pydantic import BaseModel, Field

from reporting.measures.suppression import METHOD
from reporting.views.breakdown import Breakdown
from reporting.views.rows import Row
from shared.http.spreadsheets import cell

CSV = "text/csv"

Accept = Annotated[str, Header(description="`text/csv` for the same rows as CSV.")]


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


class View(BaseModel):
    """What every view answers with beside its rows."""

    as_of: datetime | None = Field(
        description="Everything the bus held at this instant is counted; null: not known yet."
    )
    policy: Policy


def answer(
    rows: Sequence[Row],
    breakdown: Breakdown,
    measured: Sequence[str],
    *,
    as_of: datetime | None,
    minimum: int,
    accept: str,
    beside: Mapping[str, object] | None = None,
) -> Response:
    """The rows in the form asked for; `measured` names the columns after the keys, `beside` what else JSON says."""
    if _prefers_csv(accept):
        text = _as_csv(rows, [*(key.value for key in breakdown.keys), *measured])
        return Response(text, media_type=f"{CSV}; charset=utf-8", headers={"Vary": "Accept"})
    body = {"rows": rows, "as_of": as_of, "policy": Policy.of(minimum).model_dump(), **(beside or {})}
    return Response(
        orjson.dumps(body, option=orjson.OPT_UTC_Z), media_type="application/json", headers={"Vary": "Accept"}
    )


def _prefers_csv(accept: str) -> bool:
    """Whether CSV is asked for, and JSON not before it."""
    kinds = [kind.split(";")[0].strip().lower() for kind in accept.split(",")]
    return CSV in kinds and "application/json" not in kinds[: kinds.index(CSV)]


def _as_csv(rows: Sequence[Row], columns: Sequence[str]) -> str:
    written = StringIO()
    writer = csv.writer(written)
    writer.writerow(columns)
    writer.writerows([[cell(row[column]) for column in columns] for row in rows])
    return written.getvalue()
