"""The way in for whoever has a code on paper."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from climate_survey_api.access_codes.errors import CodeUnknown
from climate_survey_api.access_codes.rules import normalise, printed
from climate_survey_api.errors import KnocksTooOften
from climate_survey_api.pages.posted import FormFault
from climate_survey_api.pages.rendering import page, redirect
from climate_survey_api.pages.routes.told import Language, pages, redirected
from climate_survey_api.pages.surroundings import Surroundings
from shared.auth.permissions import Permission
from shared.http.runtime import open_to_everybody

TypedCode = Annotated[str | None, Query(description="What somebody typed, in whatever case, with or without dashes.")]


def add_entering(router: APIRouter, surroundings: Surroundings) -> None:
    """`GET /` and `GET /s`."""
    guarded = [Depends(open_to_everybody(Permission.SURVEYS_ANSWER))]

    @router.get("/", response_class=Response, responses=pages(), dependencies=guarded)
    async def welcome(request: Request, language: Language = "") -> Response:
        """Where a code is typed in."""
        return _entry(request, surroundings, missing=False)

    @router.get(
        "/s",
        response_class=Response,
        responses=pages(CodeUnknown, KnocksTooOften) | redirected("The form that the code opens."),
        dependencies=guarded,
    )
    async def enter_code(request: Request, code: TypedCode = None, language: Language = "") -> Response:
        """Where a code is typed in; with a code, the way to its form."""
        if code is None:
            return _entry(request, surroundings, missing=False)
        if not code.strip():
            return _entry(request, surroundings, missing=True)
        surroundings.doors.ensure_welcome(request)
        symbols = normalise(code)
        if symbols is None:
            surroundings.doors.knocked(request)
            raise CodeUnknown
        return redirect(surroundings.reader_of(request).address(f"/s/{printed(symbols)}"))


def _entry(request: Request, surroundings: Surroundings, *, missing: bool) -> Response:
    faults = [FormFault("code", "fault.code_missing")] if missing else []
    return page("entry", surroundings.reader_of(request), 422 if missing else 200, missing=missing, faults=faults)
