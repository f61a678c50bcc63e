"""Taking a file's completions in: what can be recorded is, and of the rest it is told what is wrong."""

from collections.abc import Sequence
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from pydantic import BaseModel, ConfigDict, Field

from shared.db import Session
from shared.errors import ServiceError
from training_registry.completions.imports.reading import ReadRow
from training_registry.completions.operations.keeping import Clerk
from training_registry.completions.operations.recording import RecordCompletion, record_completions

_EXAMPLE: dict[str, Any] = {
    "rows_read": 3,
    "rows_applied": 1,
    "rows_unchanged": 1,
    "rows_rejected": 1,
    "errors": [{"line": 4, "field": "topics.law", "problem": "must have at most two decimals"}],
}


class RowError(BaseModel):
    """Something wrong with a row, never with its value."""

    line: int = Field(description="The line that the row begins on; the header is on line 1.")
    field: str = Field(description="The field, or `row` where the row as a whole is at fault.")
    problem: str


class ImportedCompletions(BaseModel):
    """What became of a file; every row was applied, was there already, or was rejected."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    rows_read: int = Field(description="Rows below the header that have a value in them.")
    rows_applied: int
    rows_unchanged: int = Field(description="Completions that were there already, just so.")
    rows_rejected: int
    errors: list[RowError] = Field(description="All that is wrong with the rejected rows, by line.")


async def import_completions(session: Session, rows: Sequence[ReadRow], clerk: Clerk) -> ImportedCompletions:
    """Every row that can be is recorded, as one that came alone; the same file again changes nothing."""
    sent = [(row.line, _with_id(row.command, clerk)) for row in rows if row.command is not None]
    errors = [RowError(line=row.line, field=f.path, problem=f.problem) for row in rows for f in row.faults]
    outcomes = await record_completions(session, [command for _, command in sent], clerk)
    applied = unchanged = 0
    for (line, _), outcome in zip(sent, outcomes, strict=True):
        if isinstance(outcome, ServiceError):
            errors += [RowError(line=line, field=f.path, problem=f.problem) for f in outcome.errors]
        elif outcome.is_new:
            applied += 1
        else:
            unchanged += 1
    return ImportedCompletions(
        rows_read=len(rows),
        rows_applied=applied,
        rows_unchanged=unchanged,
        rows_rejected=len(rows) - applied - unchanged,
        errors=sorted(errors, key=lambda error: error.line),
    )


def _with_id(command: RecordCompletion, clerk: Clerk) -> RecordCompletion:
    """The command with an id: one that follows from its words, so that the same row again is the same completion."""
    if command.completion_id is not None:
        return command
    digest = command.content().digest(command.officer_id)
    completion_id = uuid5(NAMESPACE_URL, f"completion:{clerk.district_id}/{digest.hex()}")
    return command.model_copy(update={"completion_id": completion_id})
