"""What a service says of itself in OpenAPI, completed: every refusal, every header, and an example of every answer.

The framework describes what a route's types tell. The rest follows from conventions that hold for all our routes, so
that it is written down once, here, and a test asks real answers whether it is true.
"""

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, get_args

import orjson
from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import BaseModel

from shared.auth.errors import IdentityProviderUnavailable, InvalidToken, NoToken, NotPermitted
from shared.errors import BodyTooLarge, DatabaseUnavailable, ServiceError
from shared.http import headers
from shared.http.bodies import Unstorable
from shared.http.idempotency import KEY_PARAMETER, KeyReused, KeyUnusable, RememberedRoute
from shared.http.problems import (
    MEDIA_TYPE,
    MalformedJson,
    NotJson,
    RequestHasFaults,
    problem_schemas,
    problems,
)

Document = dict[str, Any]

_JSON = "application/json"
_CSV = "text/csv"
_EXAMPLE_ID = "0197a4c2-1f00-7c3a-9a51-5b0f0c1d2e3f"
_EXAMPLE_CURSOR = "WyJyZWZlcnJhbHMiLDE3OTA0MzAwMDBd"


def description_of(app: FastAPI, routers: Sequence[APIRouter]) -> Callable[[], Document]:
    """What to put in place of `app.openapi`; the document is made once, when somebody first asks."""

    def describe() -> Document:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app, routers)
        return app.openapi_schema

    return describe


def _document(app: FastAPI, routers: Sequence[APIRouter]) -> Document:
    made = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    document = _with_plain_names(made)
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    schemas.update(problem_schemas())
    _restore_nulls(schemas, routers)
    operations = [(path, method) for path, methods in document["paths"].items() for method in methods]
    remembered = _remembered(routers)
    for path, method in operations:
        operation = document["paths"][path][method]
        _name_headers(operation)
        _name_alternatives(operation)
        if (path, method) in remembered:
            operation.setdefault("parameters", []).append(KEY_PARAMETER)
    for path, method in operations:
        operation = document["paths"][path][method]
        _complete_refusals(operation, path, is_remembered=(path, method) in remembered)
        headers.complete(document, path, method)
        _give_examples(operation, path, schemas)
    return document


def _with_plain_names(made: Document) -> Document:
    """A copy in which nothing is shared between routes, and a list's schema is called as the list's model is."""
    text = orjson.dumps(made).decode()
    for name, schema in made.get("components", {}).get("schemas", {}).items():
        if name.startswith("Page_"):
            text = text.replace(f'"{name}"', f'"{schema["title"]}"').replace(f'/{name}"', f'/{schema["title"]}"')
    document: Document = orjson.loads(text)
    return document


def _remembered(routers: Sequence[APIRouter]) -> set[tuple[str, str]]:
    """Path and method of the operations that take an Idempotency-Key."""
    routes = (route for route in _routes(routers) if isinstance(route, RememberedRoute))
    return {(route.path_format, "post") for route in routes if "POST" in (route.methods or ())}


def _routes(routers: Sequence[APIRouter]) -> Iterator[APIRoute]:
    for router in routers:
        yield from (route for route in router.routes if isinstance(route, APIRoute))


def _restore_nulls(schemas: Document, routers: Sequence[APIRouter]) -> None:
    """Put examples in again as their models have them: the framework drops every null, from examples too."""
    for route in _routes(routers):
        answers = (route.response_model, *(response.get("model") for response in route.responses.values()))
        for model in (model for answer in answers for model in _models_in(answer)):
            extra = model.model_config.get("json_schema_extra")
            if model.__name__ in schemas and isinstance(extra, dict):
                schemas[model.__name__] |= extra


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        for field in annotation.model_fields.values():
            yield from _models_in(field.annotation)
    for argument in get_args(annotation):
        yield from _models_in(argument)


def _name_headers(operation: Document) -> None:
    """Headers as they are spelt. `Accept` is told by the media types; a parameter of that name is to be ignored."""
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == "header":
            parameter["name"] = parameter["name"].title()
    if "parameters" in operation:
        operation["parameters"] = [one for one in operation["parameters"] if one["name"] != "Accept"]


def _name_alternatives(operation: Document) -> None:
    """An answer of one shape or another is called after the operation; a route calls it after its path too."""
    for status, response in operation["responses"].items():
        schema = response.get("content", {}).get(_JSON, {}).get("schema", {})
        if schema.get("title", "").startswith("Response "):
            which = f"{status} " if schema["title"].startswith(f"Response {status} ") else ""
            schema["title"] = f"Response {which}{operation['operationId'].replace('_', ' ').title()}"


def _complete_refusals(operation: Document, path: str, *, is_remembered: bool) -> None:
    """Add what any route may answer, and put our problem in place of the framework's own 422."""
    responses = operation["responses"]
    refusals: list[type[ServiceError]] = []
    if path.startswith(headers.OF_THE_API):
        refusals += [RequestHasFaults, Unstorable, DatabaseUnavailable]
    if operation.get("security"):
        refusals += [NoToken, InvalidToken, NotPermitted, IdentityProviderUnavailable]
    if "requestBody" in operation:
        refusals.append(BodyTooLarge)
        if _JSON in operation["requestBody"].get("content", {}):
            refusals += [MalformedJson, NotJson]
    if is_remembered:
        refusals += [KeyUnusable, KeyReused]
    if MEDIA_TYPE not in responses.get("422", {}).get("content", {}):
        responses.pop("422", None)
    for status, ours in problems(*refusals).items():
        there = responses.get(str(status))
        responses[str(status)] = _either(there, ours) if there else ours


def _either(there: Document, ours: Document) -> Document:
    """A response that may be a refusal of either."""
    lines = dict.fromkeys([*there["description"].split("\n\n"), *ours["description"].split("\n\n")])
    told, added = there["content"].get(MEDIA_TYPE, {}), ours["content"][MEDIA_TYPE]
    problem = {**added, "examples": told.get("examples", {}) | added["examples"]}
    # A page refuses as a page, but what is refused before any route is, is a problem there too.
    return {**there, "description": "\n\n".join(lines), "content": {**there["content"], MEDIA_TYPE: problem}}


def _give_examples(operation: Document, path: str, schemas: Mapping[str, Any]) -> None:
    bodies = (operation.get("requestBody", {}), *operation["responses"].values())
    for content in (body["content"] for body in bodies if "content" in body):
        if _JSON in content:
            content[_JSON]["examples"] = dict(_examples_of(content[_JSON]["schema"], schemas))
        if _JSON in content and _CSV in content:
            for example in content[_JSON]["examples"].values():
                content[_CSV]["example"] = _as_csv(example["value"]["rows"])
        if MEDIA_TYPE in content:
            for example in content[MEDIA_TYPE]["examples"].values():
                example["value"] = _told_of(example["value"], operation, path)


def _examples_of(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Iterator[tuple[str, Document]]:
    """The examples of a schema, named; one of several alternatives has those of each, a page has one of each item."""
    if "anyOf" in schema:
        for alternative in schema["anyOf"]:
            yield from _examples_of(alternative, schemas)
    elif "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        found = schemas[name]
        if "next_cursor" in found.get("properties", {}):
            items = [example["value"] for _, example in _examples_of(found["properties"]["items"]["items"], schemas)]
            yield name, {"value": {"items": items, "next_cursor": _EXAMPLE_CURSOR}}
        for number, value in enumerate(found.get("examples", ())):
            yield f"{name}{number + 1 if number else ''}", {"value": value}


def _as_csv(rows: Sequence[Mapping[str, object]]) -> str:
    written = io.StringIO()
    writer = csv.DictWriter(written, rows[0].keys())
    writer.writeheader()
    writer.writerows({name: str(value).lower() for name, value in row.items()} for row in rows)
    return written.getvalue()


def _told_of(problem: Mapping[str, Any], operation: Document, path: str) -> Document:
    """An example of a refusal as this very operation would answer it."""
    told = {**problem, "instance": re.sub(r"\{\w+\}", _EXAMPLE_ID, path)}
    if problem["type"] == RequestHasFaults.type_uri():
        has_fields = _JSON in operation.get("requestBody", {}).get("content", {})
        fault = ("colour", "is not a field of this request") if has_fields else _UNKNOWN_PARAMETER
        told |= {"detail": "1 fault.", "errors": [{"path": fault[0], "problem": fault[1]}]}
    return told


_UNKNOWN_PARAMETER = ("query.colour", "is not a parameter of this route")
