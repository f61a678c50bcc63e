"""What the services say of themselves in OpenAPI is whole: names, refusals, and examples that fit what they explain."""

import copy
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import jsonschema_rs
import pytest

from shared.http.problems import MEDIA_TYPE
from tests.flows.suite import suite

pytestmark = pytest.mark.slow

Document = dict[str, Any]

SERVICES = ("referral-api", "climate-survey-api", "training-registry", "reporting")
_BYTES = "application/zip"
"""Cannot be shown in a document that is text; docs/integrators.md makes one."""


@pytest.fixture(scope="module")
async def documents(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[dict[str, Document]]:
    """The document of each service."""
    folder = tmp_path_factory.mktemp("documents")
    async with suite(folder) as made:
        yield {name: service.app.openapi() for name, service in made.services.items()}


def operations(document: Document) -> Iterator[tuple[str, Document]]:
    """Each operation, with its method and path."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def contents(operation: Document) -> Iterator[tuple[str, str, Document]]:
    """Whatever an operation takes or gives: `request` or the status, the media type, and what is said of it."""
    bodies = {"request": operation.get("requestBody", {}), **operation["responses"]}
    for name, body in bodies.items():
        for kind, content in body.get("content", {}).items():
            yield name, kind, content


def faults(document: Document) -> Iterator[str]:
    """Everything that is shown as an example and is none."""
    for name, schema in document["components"]["schemas"].items():
        for example in schema.get("examples", ()):
            yield from _unfit(example, {"$ref": f"#/components/schemas/{name}"}, document, name)
    for operation, described in operations(document):
        for body, kind, content in contents(described):
            for example in content.get("examples", {}).values():
                yield from _unfit(example["value"], content["schema"], document, f"{operation} {body} {kind}")
        for status, response in described["responses"].items():
            for name, header in response.get("headers", {}).items():
                yield from _unfit(header["example"], header["schema"], document, f"{operation} {status} {name}")


def _unfit(example: Any, schema: Document, document: Document, where: str) -> Iterator[str]:
    whole = {**schema, "components": document["components"]}
    validator = jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
    yield from (f"{where}: {error.message}" for error in validator.iter_errors(example))


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_says_what_it_is_called_and_does(documents: dict[str, Document], service: str) -> None:
    described = dict(operations(documents[service]))

    assert [o for o, told in described.items() if not (told["summary"] and told["description"] and told["tags"])] == []
    names = [told["operationId"] for told in described.values()]
    assert [name for name in names if not re.fullmatch(r"[a-z]+(_[a-z]+)*", name)] == []
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("service", SERVICES)
def test_every_body_and_every_answer_has_an_example_and_each_fits(documents: dict[str, Document], service: str) -> None:
    document = documents[service]

    without = [
        (operation, body, kind)
        for operation, described in operations(document)
        for body, kind, content in contents(described)
        if kind != _BYTES and not (content.get("examples") or content.get("example"))
    ]
    assert without == []
    assert list(faults(document)) == []


@pytest.mark.parametrize("service", SERVICES)
def test_a_refusal_is_shown_as_the_operation_would_answer_it(documents: dict[str, Document], service: str) -> None:
    shown = 0
    for operation, described in operations(documents[service]):
        address = re.sub(r"\{\w+\}", "[^/]+", operation.split()[1])
        for status, kind, content in contents(described):
            for name, example in content["examples"].items() if kind == MEDIA_TYPE else ():
                problem = example["value"]
                assert (str(problem["status"]), problem["type"].rpartition(":")[2]) == (status, name), operation
                assert f"`{problem['type']}` {problem['title']}" in described["responses"][status]["description"]
                assert re.fullmatch(address, problem["instance"])
                shown += 1
    assert shown > 20


@pytest.mark.parametrize("service", SERVICES)
def test_whatever_may_be_refused_says_how(documents: dict[str, Document], service: str) -> None:
    for operation, described in operations(documents[service]):
        parameters = {parameter["name"] for parameter in described.get("parameters", ())}
        wanted: set[str] = set()
        if described.get("security"):
            wanted |= {"401", "403", "422", "503"}
        if "requestBody" in described:
            wanted |= {"413", "415"}
        if "application/json" in described.get("requestBody", {}).get("content", {}):
            wanted |= {"400"}
        if "If-Match" in parameters:
            wanted |= {"412"}
        makes_what_is_missing = operation.startswith("PUT ") and "201" in described["responses"]
        names_a_school = "school_id" in parameters and "school_year" in parameters
        if ("{" in operation and not makes_what_is_missing) or names_a_school:
            wanted |= {"404"}
        assert wanted - described["responses"].keys() == set(), operation


def test_a_wrong_example_would_be_seen(documents: dict[str, Document]) -> None:
    sound = documents["referral-api"]
    (first, *_) = sound["components"]["schemas"]["ReferralRecord"]["examples"]

    for wrong in ({"need": "shoes"}, {"submitted_at": "yesterday"}, {"student_id": None}, {"referral_id": "r-1"}):
        broken = copy.deepcopy(sound)
        broken["components"]["schemas"]["ReferralRecord"]["examples"] = [first | wrong]

        assert [fault for fault in faults(broken) if fault.startswith("ReferralRecord: ")], wrong
