"""Help requests over HTTP: asked for by anybody, seen to by a school's counsellors."""

from datetime import date, datetime, tzinfo
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict

from climate_survey_api.changes import FindSurveyedSchools
from climate_survey_api.doors import Doors
from climate_survey_api.errors import KnocksTooOften
from climate_survey_api.help_requests import operations, views
from climate_survey_api.help_requests.errors import (
    AlreadyClosed,
    AlreadyTakenUp,
    AskingIsOver,
    HelpRequestNotFound,
    NotTakenUp,
    SchoolNotAsked,
    SurveyNotFound,
)
from climate_survey_api.help_requests.operations import AskForAdult, CloseHelpRequest
from climate_survey_api.help_requests.rules import HelpStatus
from climate_survey_api.help_requests.views import HelpRequest, OpenedHelpRequest
from shared.auth import Caller
from shared.auth.permissions import Permission
from shared.http.etags import ChangedMeanwhile, IfMatch, etag
from shared.http.idempotency import KeyReused, RememberedRoute
from shared.http.paging import (
    DEFAULT_LIMIT,
    Cursor,
    CursorUnusable,
    Limit,
    Page,
    decode_cursor,
    encode_cursor,
    page_of,
    unusable,
)
from shared.http.problems import problems
from shared.http.runtime import (
    AtHand,
    Now,
    PublicWriteSession,
    ReadOnlySession,
    WriteSession,
    allowed,
    open_to_everybody,
)

_LIST = "help-requests"

Worker = Annotated[Caller, Depends(allowed(Permission.HELP_REQUESTS_WORK))]


class Received(BaseModel):
    """The request waits at the school. No id: nothing could be asked with it, and it would be lying about."""

    received: Literal[True] = True

    model_config = ConfigDict(json_schema_extra={"examples": [{"received": True}]})


def asking_routes(zone: tzinfo, calls: Doors, surveyed_schools: FindSurveyedSchools) -> APIRouter:
    """The route for everybody; a day begins in `zone`, and `calls` keep one address from asking for all others."""

    async def welcome(request: Request) -> None:
        calls.ensure_welcome(request)
        calls.knocked(request)

    router = APIRouter(prefix="/v1", tags=["help"])

    @router.post(
        "/help-requests",
        status_code=201,
        # Before a session: whoever is made to wait holds no transaction meanwhile.
        dependencies=[Depends(open_to_everybody(Permission.HELP_ASK)), Depends(welcome)],
        responses=problems(SurveyNotFound, AskingIsOver, SchoolNotAsked, KnocksTooOften),
    )
    async def ask_for_adult(command: AskForAdult, session: PublicWriteSession, at_hand: AtHand, now: Now) -> Received:
        """Ask to talk to an adult at a school; takes no token. Joined to no access code and no answer."""
        await operations.ask_for_adult(
            session, at_hand.ring, command, surveyed_schools=surveyed_schools, zone=zone, now=now
        )
        return Received()

    return router


def help_request_routes(zone: tzinfo) -> APIRouter:
    """The routes of a school's counsellors; a day begins in `zone`."""
    router = APIRouter(prefix="/v1", tags=["help"], route_class=RememberedRoute)

    @router.get("/help-requests", responses=problems(CursorUnusable))
    async def read_help_requests(
        caller: Worker,
        request: Request,
        response: Response,
        session: ReadOnlySession,
        now: Now,
        school_id: Annotated[str | None, Query(max_length=255)] = None,
        status: HelpStatus | None = None,
        cursor: Cursor = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> Page[HelpRequest]:
        """Who waits at one's schools, the oldest first; what a request says is read one at a time."""
        found = await views.list_help_requests(
            session,
            caller,
            school_id=school_id,
            status=status,
            today=_today(now, zone),
            after=_behind(cursor),
            limit=limit + 1,
        )
        return page_of(found, limit, _cursor_behind, request=request, response=response)

    @router.get("/help-requests/{help_request_id}", responses=problems(HelpRequestNotFound))
    async def open_help_request(
        caller: Worker, help_request_id: UUID, response: Response, session: WriteSession, at_hand: AtHand, now: Now
    ) -> OpenedHelpRequest:
        """Read what a request says. Who does so first, and when, is noted."""
        await operations.note_opening(session, help_request_id, caller=caller, now=now)
        today = _today(now, zone)
        found = await views.opened_help_request(session, caller, at_hand.ring, help_request_id, today=today)
        response.headers["ETag"] = etag(found.version)
        return found

    @router.post(
        "/help-requests/{help_request_id}/taking-up",
        responses=problems(HelpRequestNotFound, AlreadyTakenUp, AlreadyClosed, ChangedMeanwhile, KeyReused),
    )
    async def take_up_help_request(
        caller: Worker,
        help_request_id: UUID,
        response: Response,
        session: WriteSession,
        now: Now,
        if_match: IfMatch = None,
    ) -> HelpRequest:
        """Say that one sees to it, so that nobody else has to."""
        await operations.take_up(session, help_request_id, caller=caller, if_match=if_match, now=now)
        found = await views.find_help_request(session, caller, help_request_id, today=_today(now, zone))
        response.headers["ETag"] = etag(found.version)
        return found

    @router.post(
        "/help-requests/{help_request_id}/closing",
        responses=problems(HelpRequestNotFound, NotTakenUp, AlreadyClosed, ChangedMeanwhile, KeyReused),
    )
    async def close_help_request(
        caller: Worker,
        help_request_id: UUID,
        command: CloseHelpRequest,
        response: Response,
        session: WriteSession,
        at_hand: AtHand,
        now: Now,
        if_match: IfMatch = None,
    ) -> HelpRequest:
        """Say what came of a request that was taken up. It stays for as long as the operator keeps words."""
        await operations.close_help_request(
            session, at_hand.ring, help_request_id, command, caller=caller, if_match=if_match, now=now
        )
        found = await views.find_help_request(session, caller, help_request_id, today=_today(now, zone))
        response.headers["ETag"] = etag(found.version)
        return found

    return router


def _today(now: datetime, zone: tzinfo) -> date:
    return now.astimezone(zone).date()


def _cursor_behind(found: HelpRequest) -> str:
    return encode_cursor(_LIST, found.requested_on.isoformat(), str(found.help_request_id))


def _behind(cursor: str | None) -> tuple[date, UUID] | None:
    if cursor is None:
        return None
    day, help_request_id = decode_cursor(_LIST, cursor, (str, str))
    try:
        return date.fromisoformat(day), UUID(help_request_id)
    except ValueError:
        raise unusable() from None
