"""What OpenAPI tells of the pages: their form, their headers, and that their refusals are pages too."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Path, Query

from climate_survey_api.administrations.errors import AdministrationNotFound
from climate_survey_api.pages.posted import MEDIA_TYPE as FORM
from climate_survey_api.pages.rendering import GUARDS, VARIES
from climate_survey_api.pages.rendering import MEDIA_TYPE as PAGE
from shared.errors import ServiceError
from shared.http.bodies import Unstorable
from shared.http.problems import RequestHasFaults, problems

Language = Annotated[
    str, Query(alias="lang", description="The language to be spoken to in; one that is not offered is passed over.")
]
AdministrationId = Annotated[str, Path(description="The survey; no code.", json_schema_extra={"format": "uuid"})]

_CONTENT: dict[str, Any] = {
    PAGE: {"schema": {"type": "string"}, "example": '<!doctype html>\n<html lang="en" dir="ltr">'}
}
_GUARDED: dict[str, Any] = {
    name: {"schema": {"type": "string"}, "required": True, "example": value} for name, value in GUARDS.items()
}
_HEADERS: dict[str, Any] = {
    **_GUARDED,
    "Vary": {"schema": {"type": "string"}, "required": True, "example": VARIES},
}
COOKIE_TOLD: dict[str, Any] = {
    "Set-Cookie": {
        "description": "The respondent's own sealed draft, kept by his device for this form alone. It names nobody.",
        "schema": {"type": "string"},
        "example": "draft=AQAAAAG…; HttpOnly; Max-Age=604800; Path=/s/7KHD-M4PX-9RWC; SameSite=strict",
    }
}
_WORTH_TRYING_AGAIN = frozenset({429, 503})
_RETRY: dict[str, Any] = {
    "Retry-After": {"description": "Seconds.", "schema": {"type": "integer", "minimum": 1}, "example": 2}
}


def pages(*refusals: type[ServiceError], keeps: bool = False) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of a route of pages: the page, and every refusal as one."""
    headers = {**_HEADERS, **(COOKIE_TOLD if keeps else {})}
    shown: dict[int | str, dict[str, Any]] = {200: {"description": "A page.", "content": _CONTENT, "headers": headers}}
    return shown | refused(*refusals, keeps=keeps)


def refused(*refusals: type[ServiceError], keeps: bool = False) -> dict[int | str, dict[str, Any]]:
    """Refusals that people read as pages; of a form that holds faults, the form itself."""
    headers = {**_HEADERS, **(COOKIE_TOLD if keeps else {})}
    told: dict[int | str, dict[str, Any]] = {}
    for status, described in problems(*refusals, RequestHasFaults, Unstorable).items():
        extra = _RETRY if status in _WORTH_TRYING_AGAIN else {}
        told[status] = {**described, "content": dict(_CONTENT), "headers": {**headers, **extra}}
    # Some of these are refused before any route: as a problem, without what goes with a page.
    told[422]["content"] |= problems(RequestHasFaults, Unstorable)[422]["content"]
    for status in told.keys() & {413, 422}:
        told[status]["headers"] = {name: {**header, "required": False} for name, header in headers.items()}
    return told


def redirected(where: str, *, keeps: bool = False) -> dict[int | str, dict[str, Any]]:
    """The answer that leads to another page."""
    location = {"Location": {"description": where, "required": True, "schema": {"type": "string"}, "example": "/s"}}
    return {303: {"description": where, "headers": {**_GUARDED, **location, **(COOKIE_TOLD if keeps else {})}}}


def form_body(schema: dict[str, Any], example: dict[str, str]) -> dict[str, Any]:
    """The `openapi_extra=` of a route that takes a form as browsers send it."""
    content = {FORM: {"schema": schema, "example": example}}
    return {"requestBody": {"required": False, "content": content}}


def id_in(text: str) -> UUID:
    """The id in an address; a mistyped one is one that was never given out. Raises: AdministrationNotFound (404)."""
    try:
        return UUID(text)
    except ValueError:
        raise AdministrationNotFound from None
