"""Roster files over HTTP: sent, followed, and the rows that were refused fetched as CSV."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Protocol
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from referral_api.students.imports.errors import (
    ImportTooLarge,
    ImportUnderWay,
    NotZip,
    ServerDiskFull,
    TooManyWaiting,
    UnknownImport,
)
from referral_api.students.imports.operations import ensure_fits, queue_import, spool
from referral_api.students.imports.views import QueuedImport, RosterImport, ensure_ended, errors_as_csv, roster_import
from shared.auth import Caller
from shared.auth.permissions import Permission
from shared.http.idempotency import KeyReused, RememberedRoute
from shared.http.problems import problems
from shared.http.runtime import AtHand, Now, ReadOnlySession, WriteSession, allowed
from shared.outbox import new_event_id

PATH = "/v1/roster/imports"
"""The service's one streamed path: its body is limited here."""
_ZIP = ("application/zip", "application/x-zip-compressed")
_BODY = {"requestBody": {"required": True, "content": {_ZIP[0]: {"schema": {"type": "string", "format": "binary"}}}}}
_ROWS = "file,line,field,problem\r\nroles.csv,17,role,is none of the values that OneRoster allows\r\n"
_SAVED_AS = 'attachment; filename="errors.csv"'
_CSV: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {"text/csv": {"schema": {"type": "string"}, "example": _ROWS}},
        "description": "Every refused row.",
        "headers": {
            "Content-Disposition": {
                "description": "The name to save it under.",
                "schema": {"type": "string"},
                "example": _SAVED_AS,
            }
        },
    }
}

Importer = Annotated[Caller, Depends(allowed(Permission.ROSTER_IMPORT))]


class SpoolSettings(Protocol):
    """Where and how much is taken in."""

    @property
    def import_dir(self) -> Path:
        """The folder in which uploaded rosters wait."""

    @property
    def import_limit_bytes(self) -> int:
        """The largest zip taken."""


@dataclass(frozen=True, slots=True)
class Spooled:
    """A roster file on disk."""

    import_id: UUID


def import_routes(settings: SpoolSettings) -> APIRouter:
    """The routes, with the folder and limit of this process."""
    router = APIRouter(prefix=PATH, tags=["roster"], route_class=RememberedRoute)

    # Named after the caller and before the session: nobody may fill the disk without a token, and no transaction is
    # open while a slow client sends its gigabyte.
    async def spooled(request: Request) -> AsyncIterator[Spooled]:
        if request.headers.get("content-type", "").split(";")[0].strip().lower() not in _ZIP:
            raise NotZip()
        # Said before the body is read: a sender that waits for `100 Continue`, as curl does, then sends none of it.
        ensure_fits(request.headers.get("content-length"), settings.import_limit_bytes)
        import_id = new_event_id()
        path = settings.import_dir / f"{import_id}.zip"
        request.state.body_sha256 = await spool(request.stream(), path, limit_bytes=settings.import_limit_bytes)
        try:
            yield Spooled(import_id)
        except BaseException:
            await asyncio.to_thread(path.unlink, missing_ok=True)
            raise

    @router.post(
        "",
        status_code=202,
        openapi_extra=_BODY,
        responses=problems(NotZip, ImportTooLarge, TooManyWaiting, ServerDiskFull, KeyReused),
    )
    async def send_roster(
        caller: Importer,
        file: Annotated[Spooled, Depends(spooled)],
        session: WriteSession,
        response: Response,
        now: Now,
        force: Annotated[
            bool, Query(description="Apply even when more than half of the students would leave or lose a group.")
        ] = False,
    ) -> QueuedImport:
        """Send a OneRoster CSV zip. It is queued; follow it at the `Location`."""
        await queue_import(
            session,
            import_id=file.import_id,
            district_id=caller.district_id,
            requested_by=caller.sub,
            force=force,
            now=now,
        )
        response.headers["Location"] = f"{PATH}/{file.import_id}"
        return QueuedImport(import_id=file.import_id, status="queued")

    @router.get("/{import_id}", responses=problems(UnknownImport))
    async def read_import(caller: Importer, import_id: UUID, session: ReadOnlySession) -> RosterImport:
        """How far an import is, or how it ended."""
        return await roster_import(session, district_id=caller.district_id, import_id=import_id)

    @router.get(
        "/{import_id}/errors.csv", response_class=Response, responses=problems(UnknownImport, ImportUnderWay) | _CSV
    )
    async def read_errors(
        caller: Importer, import_id: UUID, session: ReadOnlySession, at_hand: AtHand
    ) -> StreamingResponse:
        """Every refused row of an import that has ended, to hand on to the vendor of the SIS."""
        await ensure_ended(session, district_id=caller.district_id, import_id=import_id)
        pages = errors_as_csv(at_hand.database, district_id=caller.district_id, import_id=import_id)
        return StreamingResponse(pages, media_type="text/csv", headers={"Content-Disposition": _SAVED_AS})

    return router
