"""Instruments over HTTP."""

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import BaseModel, ConfigDict

from climate_survey_api.instruments import operations, views
from climate_survey_api.instruments.document import InstrumentDocument
from climate_survey_api.instruments.errors import InstrumentIsShipped, InstrumentNotFound, InstrumentUnsound
from climate_survey_api.instruments.views import InstrumentSummary, InstrumentView
from shared.auth import Caller
from shared.auth.permissions import Permission
from shared.http.bodies import ChosenId
from shared.http.headers import LOCATION, told
from shared.http.idempotency import KeyReused, RememberedRoute
from shared.http.paging import (
    DEFAULT_LIMIT,
    Cursor,
    CursorUnusable,
    Limit,
    Page,
    behind_text,
    behind_version,
    cursor_at_version,
    encode_cursor,
    page_of,
)
from shared.http.problems import problems
from shared.http.reach import OnlyForWholeDistrict, for_whole_district
from shared.http.runtime import Now, ReadOnlySession, WriteSession, allowed

_LIST, _VERSIONS = "instruments", "instrument-versions"

Reader = Annotated[Caller, Depends(allowed(Permission.INSTRUMENTS_READ))]
Keeper = Annotated[Caller, Depends(for_whole_district(allowed(Permission.INSTRUMENTS_KEEP)))]
Number = Annotated[int, Path(ge=1, le=2**31 - 1, description="The version.")]


class VersionKept(BaseModel):
    """The version that says what was sent; it can be put to people from now on."""

    instrument_id: str
    version: int

    model_config = ConfigDict(json_schema_extra={"examples": [{"instrument_id": "hallways", "version": 1}]})


_KEPT: dict[int | str, dict[str, Any]] = {
    200: {"model": VersionKept, "description": "The newest version says just that.", "headers": told(LOCATION)},
    201: {"model": VersionKept, "description": "A version that was not there before.", "headers": told(LOCATION)},
}


def instrument_routes() -> APIRouter:
    """The routes."""
    router = APIRouter(prefix="/v1/instruments", tags=["surveys"], route_class=RememberedRoute)
    _add_keeping(router)
    _add_reading(router)
    return router


def _add_keeping(router: APIRouter) -> None:
    @router.post(
        "",
        status_code=201,
        responses=_KEPT | problems(OnlyForWholeDistrict, InstrumentIsShipped, InstrumentUnsound, KeyReused),
    )
    async def keep_instrument(
        caller: Keeper, document: InstrumentDocument, response: Response, session: WriteSession, now: Now
    ) -> VersionKept:
        """Write an instrument, or its next version. Versions never change; surveys name the one they ask."""
        kept = await operations.keep_instrument(session, document, caller=caller, now=now)
        response.status_code = 201 if kept.is_new else 200
        whose = quote(document.instrument_id, safe="")
        response.headers["Location"] = f"{router.prefix}/{whose}/versions/{kept.number}"
        return VersionKept(instrument_id=document.instrument_id, version=kept.number)


def _add_reading(router: APIRouter) -> None:
    @router.get("", responses=problems(CursorUnusable))
    async def list_instruments(
        caller: Reader,
        request: Request,
        response: Response,
        session: ReadOnlySession,
        cursor: Cursor = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> Page[InstrumentSummary]:
        """The newest version of each instrument: those that are shipped, then the district's own by id."""
        after = behind_text(_LIST, cursor)
        found = await views.list_instruments(session, caller.district_id, after=after, limit=limit + 1)
        return page_of(found, limit, _cursor_behind, request=request, response=response)

    @router.get("/{instrument_id}/versions", responses=problems(InstrumentNotFound, CursorUnusable))
    async def list_versions(
        caller: Reader,
        instrument_id: ChosenId,
        request: Request,
        response: Response,
        session: ReadOnlySession,
        cursor: Cursor = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> Page[InstrumentSummary]:
        """The versions of an instrument, newest first."""
        before = behind_version(_VERSIONS, instrument_id, cursor)
        found = await views.versions_of(session, caller.district_id, instrument_id, before=before, limit=limit + 1)
        return page_of(found, limit, _cursor_behind_version, request=request, response=response)

    @router.get(
        "/{instrument_id}/versions/{version}",
        response_model_exclude_unset=True,
        responses=problems(InstrumentNotFound),
    )
    async def read_version(
        caller: Reader, instrument_id: ChosenId, version: Number, session: ReadOnlySession
    ) -> InstrumentView:
        """A version, as it was sent when it was made: it can be posted to another district as it is told."""
        return await views.read_instrument(session, caller.district_id, instrument_id, version)


def _cursor_behind(instrument: InstrumentSummary) -> str:
    return encode_cursor(_LIST, instrument.instrument_id)


def _cursor_behind_version(instrument: InstrumentSummary) -> str:
    return cursor_at_version(_VERSIONS, instrument.instrument_id, instrument.version)
