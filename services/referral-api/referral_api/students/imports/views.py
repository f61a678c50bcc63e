"""What can be read of an import: how far it is, how it ended, and which rows were refused."""

import csv
import io
from collections.abc import AsyncIterator
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from referral_api.students.imports.errors import ImportUnderWay, UnknownImport
from referral_api.students.imports.models import UNDER_WAY, roster_import_errors, roster_imports
from shared.db import Database, ReadSession
from shared.http.spreadsheets import cell

MOST_ERRORS_SHOWN = 1000
CSV_PAGE = 5000
"""Refused rows held in memory at once while all of them are fetched."""

Status = Literal["queued", "running", "done", "refused"]


class RowError(BaseModel):
    """One thing wrong with one row; never its value, which may be a child's name."""

    file: str = Field(description="The file in the zip.")
    line: int = Field(description="The line that the row begins on; the header is line 1.")
    field: str = Field(description="The column; empty where the fault lies in no single one.")
    problem: str = Field(description="What is wrong.")


class QueuedImport(BaseModel):
    """An import that was taken in."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"import_id": "019c8a5e-7b7a-7c3e-9f10-3d2a6f1b4c55", "status": "queued"}]}
    )

    import_id: UUID
    status: Status


class RosterImport(QueuedImport):
    """How far an import is, or how it ended. Counts are over all files of the zip that are used, but the manifest."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "import_id": "019c8a5e-7b7a-7c3e-9f10-3d2a6f1b4c55",
                    "status": "done",
                    "attempts": 1,
                    "rows_read": 1204,
                    "rows_applied": 1203,
                    "rows_rejected": 1,
                    "errors": [
                        {
                            "file": "roles.csv",
                            "line": 17,
                            "field": "role",
                            "problem": "is none of the values that OneRoster allows",
                        }
                    ],
                    "refused_because": None,
                }
            ]
        }
    )

    attempts: int = Field(
        description="How often it was begun. Above 1, a process died in the middle of it: nothing had changed by then, "
        "and it began anew."
    )
    rows_read: int = Field(description="Rows read so far.")
    rows_applied: int = Field(description="Rows taken into the roster; 0 until it is done.")
    rows_rejected: int = Field(description="Rows refused, each on its own.")
    errors: list[RowError] = Field(description=f"The first {MOST_ERRORS_SHOWN}; `errors.csv` has all.")
    refused_because: str | None = Field(description="Why the file as a whole was refused; nothing was changed then.")


async def ensure_ended(session: ReadSession, *, district_id: str, import_id: UUID) -> None:
    """Go on only with an import that is over: until then no fault of it is told, which is not that it has none.

    Raises: UnknownImport, ImportUnderWay.
    """
    if (await _found(session, district_id, import_id)).status in UNDER_WAY:
        raise ImportUnderWay()


async def roster_import(session: ReadSession, *, district_id: str, import_id: UUID) -> RosterImport:
    """One import of the district. Raises: UnknownImport."""
    found = await _found(session, district_id, import_id)
    errors = await _errors(session, district_id, import_id, after=0, limit=MOST_ERRORS_SHOWN)
    return RosterImport(
        import_id=found.import_id,
        status=found.status,
        attempts=found.attempts,
        rows_read=found.rows_read,
        rows_applied=found.rows_applied,
        rows_rejected=found.rows_rejected,
        errors=[error for _, error in errors],
        refused_because=found.refused_because,
    )


async def _found(session: ReadSession, district_id: str, import_id: UUID) -> Any:
    wanted = select(roster_imports).where(
        roster_imports.c.import_id == import_id, roster_imports.c.district_id == district_id
    )
    found = (await session.execute(wanted)).first()
    if found is None:
        raise UnknownImport()
    return found


async def errors_as_csv(database: Database, *, district_id: str, import_id: UUID) -> AsyncIterator[str]:
    """Every refused row of an import, as CSV with a header, page by page.

    Each page in a transaction of its own: they never change once they are there, and whoever fetches half a million
    of them slowly holds neither a connection nor more than one page.
    """
    yield "file,line,field,problem\r\n"
    after = 0
    while errors := await _page(database, district_id, import_id, after):
        text = io.StringIO()
        csv.writer(text).writerows(map(cell, (e.file, e.line, e.field, e.problem)) for _, e in errors)
        yield text.getvalue()
        after = errors[-1][0]


async def _page(database: Database, district_id: str, import_id: UUID, after: int) -> list[tuple[int, RowError]]:
    async with database.read(district_id) as session:
        return await _errors(session, district_id, import_id, after=after, limit=CSV_PAGE)


async def _errors(
    session: ReadSession, district_id: str, import_id: UUID, *, after: int, limit: int
) -> list[tuple[int, RowError]]:
    """Refused rows behind a number, in the order of files and lines, each with its number."""
    table = roster_import_errors
    found = await session.execute(
        select(table.c.number, table.c.file, table.c.line, table.c.field, table.c.problem)
        .where(table.c.import_id == import_id, table.c.district_id == district_id, table.c.number > after)
        .order_by(table.c.number)
        .limit(limit)
    )
    return [(r.number, RowError(file=r.file, line=r.line, field=r.field, problem=r.problem)) for r in found]
