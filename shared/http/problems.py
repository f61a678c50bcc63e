"""Every refusal as RFC 9457 `application/problem+json`: a stable type, a title, the case at hand, each fault's path."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from traceback import extract_tb
from typing import Any

import orjson
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException  # noqa: TID251  # here it is turned into a problem

from shared.errors import (
    BodyTooLarge,
    DatabaseUnavailable,
    Fault,
    Invalid,
    Malformed,
    NotFound,
    ServiceError,
    UnsupportedMedia,
)
from shared.http.idempotency import recall

MEDIA_TYPE = "application/problem+json"
MOST_FAULTS = 50
_OPENING = frozenset({"code"})
"""Path parameters that are a key to something: a problem is written down in places where they must not be."""

log = structlog.get_logger(__name__)


class FaultBody(BaseModel):
    """One thing wrong with the request, never with its value."""

    path: str
    problem: str


class ProblemBody(BaseModel):
    """RFC 9457."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:rapport:problem:request-has-faults",
                    "title": "The request has faults.",
                    "status": 422,
                    "detail": "1 fault.",
                    "instance": "/v1/referrals",
                    "errors": [{"path": "need", "problem": "must be mental_health, grief or other"}],
                }
            ]
        },
    )

    type: str
    title: str
    status: int
    detail: str
    instance: str = ""
    errors: list[FaultBody] = []


class MalformedJson(Malformed):
    """The body is not JSON."""


class NotJson(UnsupportedMedia):
    """The body is to be sent with Content-Type: application/json."""


class RequestHasFaults(Invalid):
    """The request has faults."""


class NoSuchRoute(NotFound):
    """There is no such route."""


class MethodNotAllowed(ServiceError):
    """This route does not take that method."""

    status = 405


class InternalError(ServiceError):
    """The service failed; the fault is logged under the request's id."""


def problems(*refusals: type[ServiceError]) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of a route: which refusals it may answer, by status, each with an example."""
    described: dict[int | str, dict[str, Any]] = {}
    for refusal in refusals:
        line = f"`{refusal.type_uri()}` {refusal.title()}"
        content = {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": {}}
        entry = described.setdefault(refusal.status, {"description": "", "content": {MEDIA_TYPE: content}})
        entry["description"] = f"{entry['description']}\n\n{line}".strip()
        value = {"type": refusal.type_uri(), "title": refusal.title(), "status": refusal.status}
        value |= {"detail": refusal.title(), "instance": ""}
        entry["content"][MEDIA_TYPE]["examples"][refusal.type_uri().rpartition(":")[2]] = {"value": value}
    return described


def problem_schemas() -> dict[str, Any]:
    """The schemas that `problems` refers to, for OpenAPI."""
    template = "#/components/schemas/{model}"
    problem = ProblemBody.model_json_schema(ref_template=template)
    del problem["$defs"]  # what it refers to stands beside it
    return {
        "Problem": problem | {"title": "Problem"},
        "FaultBody": FaultBody.model_json_schema(),
    }


def answer(request: Request, error: ServiceError) -> Response:
    """A refusal as a response."""
    problem = error.problem()
    body: dict[str, Any] = {
        "type": problem.type,
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        **_instance(request),
        **problem.extensions,
    }
    if problem.errors:
        body["errors"] = [{"path": f.path, "problem": f.problem} for f in problem.errors[:MOST_FAULTS]]
    return Response(orjson.dumps(body), problem.status, headers=error.headers, media_type=MEDIA_TYPE)


def _instance(request: Request) -> dict[str, str]:
    """The address that was asked for, without what opens something to whoever has it; of no route of ours: none."""
    if "route" not in request.scope:
        return {}
    path: str = request.url.path
    for name, value in request.scope.get("path_params", {}).items():
        if name in _OPENING:
            path = path.replace(str(value), "{" + name + "}")
    return {"instance": path[:200]}


def install(app: FastAPI) -> None:
    """Make the app answer every refusal as a problem."""
    app.add_exception_handler(ServiceError, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _framework_refused)
    app.add_exception_handler(Exception, _failed)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, ServiceError)
    # A repeated request may be refused by the state that its first run left behind: the first answer stands. Not for a
    # 404: what the caller may no longer see is not shown again.
    try:
        repeated = await recall(request) if error.status in (409, 410, 412, 422, 429) else None
    except DatabaseUnavailable as away:
        return answer(request, away)
    if isinstance(repeated, ServiceError):
        return answer(request, repeated)
    return repeated or answer(request, error)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = error.errors()
    if any(e["type"] == "json_invalid" for e in found):
        return answer(request, MalformedJson())
    if any(e["loc"] == ("body",) for e in found) and not _is_json(request.headers.get("content-type", "")):
        return await _refused(request, NotJson())
    faults = faults_of(found)
    count = len(faults)
    refusal = RequestHasFaults(f"{count} fault{'s' if count > 1 else ''}.", errors=faults)
    return await _refused(request, refusal)


def faults_of(found: Iterable[Mapping[str, Any]]) -> list[Fault]:
    """What a validator found wrong, in our own words: its own may quote the value."""
    return [Fault(_path(e["loc"]), _sentence(e)) for e in found]


def _is_json(content_type: str) -> bool:
    kind = content_type.partition(";")[0].strip().lower()
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))


async def _framework_refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    refusals: Mapping[int, type[ServiceError]] = {
        400: Malformed,
        404: NoSuchRoute,
        405: MethodNotAllowed,
        413: BodyTooLarge,
    }
    headers = dict(error.headers or {})
    if error.status_code == MethodNotAllowed.status:
        headers["Allow"] = _methods_at(request) or headers.get("Allow", "")
    refusal = refusals.get(error.status_code, InternalError)(headers=headers)
    return answer(request, refusal)


def _methods_at(request: Request) -> str:
    """All that this address takes; the framework names the methods of the first of its routes and no more."""
    route = getattr(request.scope.get("route"), "path_format", "")
    return ", ".join(sorted(method.upper() for method in request.app.openapi()["paths"].get(route, ())))


async def _failed(request: Request, error: Exception) -> Response:
    # The type and the way there, never the message: it may quote a row, and a row a child.
    way = [f"{Path(f.filename).stem}.{f.name}:{f.lineno}" for f in extract_tb(error.__traceback__)[-8:]]
    log.error("request_failed", error=type(error).__qualname__, way=way)
    return answer(request, InternalError())


def _path(location: Sequence[str | int]) -> str:
    """Where the fault lies: a body's field by its own path, anything else with the part it lies in."""
    parts = [str(p)[:80] for p in location]
    if parts and parts[0] == "body":
        return ".".join(parts[1:]) or "body"
    return ".".join(parts)


_SENTENCES = {
    "missing": "is required",
    "extra_forbidden": "is not a field of this request",
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "uuid_type": "must be a UUID",
    "uuid_parsing": "must be a UUID",
    "is_instance_of": "is of the wrong type",
    "datetime_type": "must be an instant with its zone",
    "datetime_parsing": "must be an instant with its zone",
    "datetime_from_date_parsing": "must be an instant with its zone",
    "timezone_aware": "must be an instant with its zone",
    "date_type": "must be a date",
    "date_parsing": "must be a date",
    "date_from_datetime_parsing": "must be a date",
    "model_attributes_type": "must be an object",
    "model_type": "must be an object",
    "dict_type": "must be an object",
    "list_type": "must be a list",
}
_LIMITS = {
    "string_too_long": ("max_length", "must have at most {} characters"),
    "string_too_short": ("min_length", "must have at least {} characters"),
    "too_long": ("max_length", "must have at most {} entries"),
    "too_short": ("min_length", "must have at least {} entries"),
    "greater_than_equal": ("ge", "must be at least {}"),
    "less_than_equal": ("le", "must be at most {}"),
    "greater_than": ("gt", "must be more than {}"),
    "less_than": ("lt", "must be less than {}"),
}


def _sentence(error: Mapping[str, Any]) -> str:
    """What is wrong in our own words: a validator's message may quote the value."""
    kind = error["type"]
    if kind in _LIMITS:
        name, sentence = _LIMITS[kind]
        return sentence.format(error.get("ctx", {}).get(name))
    if kind in ("enum", "literal_error"):  # the values of our own closed sets
        return f"must be {error['ctx']['expected'].replace(chr(39), '')}"
    if kind == "value_error":  # raised by our own validators, whose words quote no value
        return str(error["ctx"]["error"])
    return _SENTENCES.get(kind, "is not valid")
