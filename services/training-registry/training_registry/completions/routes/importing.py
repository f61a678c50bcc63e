"""Completions as a CSV file over HTTP: taken in at once, and each bad row told by its line."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request

from shared.auth import Caller
from shared.auth.permissions import Permission
from shared.http.idempotency import KeyReused
from shared.http.problems import problems
from shared.http.runtime import AtHand, Now, WriteSession, allowed
from training_registry.completions.errors import FileUnusable, NotCsv
from training_registry.completions.imports.operations import ImportedCompletions
from training_registry.completions.imports.operations import import_completions as take_in
from training_registry.completions.imports.reading import ReadRow, read_completions
from training_registry.completions.routes.clerks import Clerks

Recorder = Annotated[Caller, Depends(allowed(Permission.COMPLETIONS_RECORD))]

_CSV = "text/csv"
_FILE = (
    "officer_id,course,provider,topics,completed_on,expires_on,outside\r\n"
    'o-1,Youth mental health first aid,County training centre,"mental_health=6.5; de_escalation=1.5",2026-09-14,,\r\n'
)
_BODY: dict[str, Any] = {
    "requestBody": {"required": True, "content": {_CSV: {"schema": {"type": "string"}, "example": _FILE}}}
}


async def _read_file(request: Request) -> list[ReadRow]:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _CSV:
        raise NotCsv
    # Beside the loop: others are served while thousands of rows are read.
    return await asyncio.to_thread(read_completions, await request.body())


def add_import_routes(router: APIRouter, clerks: Clerks) -> None:
    """The route by which files come in."""

    # The file is named before the session: no transaction is open while it is read.
    @router.post("/imports", openapi_extra=_BODY, responses=problems(NotCsv, FileUnusable, KeyReused))
    async def import_completions(
        caller: Recorder,
        rows: Annotated[list[ReadRow], Depends(_read_file)],
        session: WriteSession,
        at_hand: AtHand,
        now: Now,
    ) -> ImportedCompletions:
        """Record what a CSV file names: UTF-8, a header with the names of the fields, a row for each completion.

        At most 10,000 rows, or nothing is recorded; more come in parts. `topics` holds `topic=hours; topic=hours`.
        What is wrong with a row is told by its line, and keeps no other out. The same file again changes nothing: a row
        without a `completion_id` gets one that follows from its words.
        """
        return await take_in(session, rows, clerks.clerk(caller, at_hand, now))
