"""Administrations read over HTTP: many in short, one with its plan."""

from datetime import datetime, tzinfo
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from climate_survey_api.administrations.errors import AdministrationNotFound
from climate_survey_api.administrations.rules import Status
from climate_survey_api.administrations.views.records import (
    AdministrationSummary,
    AdministrationView,
    find_record,
    list_records,
)
from shared.auth import Caller
from shared.auth.permissions import Permission
from shared.db import ReadSession
from shared.http.bodies import Id, SourcedId
from shared.http.etags import etag
from shared.http.paging import DEFAULT_LIMIT, Cursor, CursorUnusable, Limit, Page, behind_instant, cursor_at, page_of
from shared.http.problems import problems
from shared.http.runtime import Now, ReadOnlySession, allowed

_LIST = "administrations"

Follower = Annotated[Caller, Depends(allowed(Permission.SURVEYS_FOLLOW))]
WhichStatus = Annotated[Status | None, Query(description="Only those that stand here.")]
WhichSchool = Annotated[SourcedId | None, Query(description="Only those that ask at this school.")]


def add_reading_routes(router: APIRouter, zone: tzinfo) -> None:
    """List administrations, and show one."""

    @router.get("", responses=problems(CursorUnusable))
    async def list_administrations(
        caller: Follower,
        request: Request,
        response: Response,
        session: ReadOnlySession,
        status: WhichStatus = None,
        school_id: WhichSchool = None,
        cursor: Cursor = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> Page[AdministrationSummary]:
        """The district's surveys that ask at one of the caller's schools, the newest window first."""
        before = behind_instant(_LIST, cursor)
        found = await list_records(session, caller, status=status, school_id=school_id, before=before, limit=limit + 1)
        return page_of(found, limit, _cursor_behind, request=request, response=response)

    @router.get("/{administration_id}", responses=problems(AdministrationNotFound))
    async def read_administration(
        caller: Follower, administration_id: Id, response: Response, session: ReadOnlySession, now: Now
    ) -> AdministrationView:
        """A survey: its plan, where it stands, and what it waits for where it could not open now."""
        return await answer_record(session, caller, administration_id, response, now=now, zone=zone)


async def answer_record(
    session: ReadSession, caller: Caller, administration_id: UUID, response: Response, *, now: datetime, zone: tzinfo
) -> AdministrationView:
    """The survey as it is now, with its `ETag`."""
    found = await find_record(session, caller, administration_id, now=now, zone=zone)
    response.headers["ETag"] = etag(found.revision)
    return found


def _cursor_behind(administration: AdministrationSummary) -> str:
    return cursor_at(_LIST, administration.opens_at, administration.administration_id)
