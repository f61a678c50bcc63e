"""Every refusal at a page as a page: people are told what to do next, in their language."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.types import Receive, Scope, Send

from climate_survey_api.access_codes.errors import CodeUnknown, CodeUsed
from climate_survey_api.administrations.errors import AdministrationNotFound
from climate_survey_api.administrations.rules import Administration
from climate_survey_api.errors import KnocksTooOften
from climate_survey_api.help_requests.errors import AskingIsOver, SurveyNotFound
from climate_survey_api.pages.drafts import COOKIE
from climate_survey_api.pages.keeping import forget
from climate_survey_api.pages.rendering import page
from climate_survey_api.pages.surroundings import Surroundings
from climate_survey_api.responses.errors import SurveyClosed, SurveyNotOpen
from shared.errors import BodyTooLarge, DatabaseUnavailable, Invalid, ServiceError
from shared.events.surveys import RespondentGroup
from shared.http.problems import RequestHasFaults

_SAID: Mapping[type[ServiceError], str] = {
    CodeUnknown: "unknown",
    CodeUsed: "used",
    SurveyNotOpen: "early",
    SurveyClosed: "closed",
    KnocksTooOften: "often",
    AdministrationNotFound: "nowhere",
    SurveyNotFound: "nowhere",
    AskingIsOver: "help_over",
    DatabaseUnavailable: "away",
    BodyTooLarge: "large",
}
_ASK_AGAIN = frozenset({"unknown"})
_OVER = frozenset({"used", "closed"})
"""Refusals after which a draft is of no more use."""


@dataclass(slots=True)
class Known:
    """What a route had found out before it refused: kept with the request, so that the page can say more."""

    administration: Administration | None = None
    group: RespondentGroup | None = None
    form_path: str | None = None
    remembered: str = ""


def note(request: Request, **found: Any) -> None:
    """Keep what was found out for the page that may have to refuse."""
    known = known_of(request)
    for name, value in found.items():
        setattr(known, name, value)


def known_of(request: Request) -> Known:
    """What is known about this request by now."""
    if not hasattr(request.state, "known"):
        request.state.known = Known()
    known: Known = request.state.known
    return known


def page_route(surroundings: Surroundings) -> type[APIRoute]:
    """The kind of route that answers its refusals as pages."""

    async def refused(request: Request, error: Exception) -> Response:
        if isinstance(error, RequestValidationError):
            error = Invalid()
        assert isinstance(error, ServiceError)
        return refusal_page(request, error, surroundings)

    class PageRoute(APIRoute):
        """A route of pages.

        It tells the framework how refusals are answered, and catches none itself: by then the transaction that a
        dependency holds would be committed, with whatever was written before the refusal.
        """

        async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
            handlers, by_status = scope.get("starlette.exception_handlers", ({}, {}))
            ours = {**handlers, ServiceError: refused, RequestValidationError: refused}
            scope["starlette.exception_handlers"] = (ours, by_status)
            await super().handle(scope, receive, send)

    return PageRoute


def refusal_page(request: Request, refusal: ServiceError, surroundings: Surroundings) -> Response:
    """The page about a refusal, with its status and headers."""
    known = known_of(request)
    planned = known.administration
    languages = planned.languages if planned else ()
    reader = surroundings.reader_of(request, languages, remembered=known.remembered, group=known.group)
    name = _SAID.get(type(refusal), "nowhere" if refusal.status == 404 else "faulty")  # not found
    values = {"day": reader.speaker.moment(planned.opens_at)} if planned and name == "early" else {}
    answer = page(
        "refused",
        reader,
        refusal.status,
        heading=f"refused.{name}.heading",
        text=f"refused.{name}.text",
        values=values,
        asks_for_code=name in _ASK_AGAIN,
        missing=False,
        # A link that somebody was sent may have got a parameter on its way that no page knows.
        without_additions=f"{surroundings.base}{request.url.path}" if _holds_additions(request, refusal) else None,
        administration_id=planned.administration_id if planned else None,
    )
    for header, value in refusal.headers.items():
        answer.headers[header] = value
    if name in _OVER and known.form_path and COOKIE in request.cookies:
        forget(answer, surroundings, known.form_path)
    return answer


def _holds_additions(request: Request, refusal: ServiceError) -> bool:
    return isinstance(refusal, RequestHasFaults) and request.method == "GET"
