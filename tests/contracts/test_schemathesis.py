"""Schemathesis looks for requests that the services answer otherwise than their OpenAPI documents say.

It sends each operation its examples, what lies at the edges of its schemas, what lies just beyond them, and what
chance brings; always the same, because its seed is fixed. It knows the documents only, so that a status, a field, a
type or a header that is not in them is found here, and so is a document that promises more than is kept.
"""

import copy
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import hypothesis
import pytest
import schemathesis
from schemathesis import AuthContext, Case, CheckContext, GenerationMode, HookContext, Response
from schemathesis.config import HealthCheck, SchemathesisConfig
from schemathesis.engine import events, from_schema
from schemathesis.schemas import BaseSchema

from shared.auth import PERMISSIONS, Role
from shared.auth.permissions import PUBLIC
from tests.contracts.district import STUDENTS, District, district
from tests.contracts.surveys import READERS
from tests.flows.routes import routes_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

SEED = 20261125
BY_CHANCE = 15
"""Requests per operation that chance makes up; those at the edges of the schemas come to some fifty more."""
NAMED_BY_ITS_SENDER = {"referral_id", "completion_id", "assignment_id", "activity_id", "drill_id"}
"""In a body these name something new."""
TAKES_SEALED = {"POST /s/{code}/sending"}
"""Takes what an earlier page sealed, which is not to be made up. tests/e2e goes there with a browser."""
OF_ONE_ROLE = {
    "POST /v1/administrations",
    "POST /v1/administrations/{administration_id}/opening",
    "POST /v1/administrations/{administration_id}/closing",
}
"""One role alone may plan surveys, so that all of them come from one sender."""
UNLED = 5
"""One request of so many keeps its made-up ids and meets 404."""
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "headers_are_documented",
    "response_schema_conformance",
    "negative_data_rejection",
    "unsupported_method",
    "allow_header_conformance",
    "ignored_auth",
)
"""Not among them: that valid data are accepted. Whether a student goes to a school is for no schema to know."""


AnyCase = Case[Any]
_OF_HTTP = {"connection", "content-length", "content-type", "date", "server", "transfer-encoding"}
"""Headers that HTTP itself bears."""
_OF_EVERY_ANSWER = {"cache-control", "x-request-id"}


@schemathesis.serializer("application/zip", "text/csv")
def _as_it_is(_context: object, value: Any) -> Any:
    return value if isinstance(value, bytes) else str(value).encode()


@schemathesis.check
def headers_are_documented(_context: CheckContext, response: Response, case: AnyCase) -> None:
    """What the library does not ask: does an answer bear a header of ours that the document keeps to itself?"""
    described = case.operation.definition.raw["responses"].get(str(response.status_code))
    if described is not None and case.method == case.operation.method.upper():
        borne = {name.lower() for name in response.headers} - _OF_HTTP - _OF_EVERY_ANSWER
        secret = borne - {name.lower() for name in described.get("headers", {})}
        if secret:
            raise AssertionError(f"not documented: {sorted(secret)}")


@dataclass
class Findings:
    """What came of all requests to one service."""

    statuses: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    wrong: set[str] = field(default_factory=set)

    def note(self, event: events.EngineEvent) -> None:
        """Add what the engine tells."""
        match event:
            case events.ScenarioFinished(recorder=recorder, label=str(operation)):
                for case_id, interaction in recorder.interactions.items():
                    if interaction.response is not None and recorder.cases[case_id].value.method in operation:
                        self.statuses[operation][interaction.response.status_code] += 1
                for check in (check for of_case in recorder.checks.values() for check in of_case):
                    if check.failure_info is not None:
                        failure = check.failure_info
                        self.wrong.add(f"{operation}: {check.name}: {failure.failure.message}\n{failure.code_sample}")
            case events.NonFatalError(label=str(operation), value=problem):
                self.wrong.add(f"{operation}: could not be tried: {problem!r}")
            case events.FatalError(exception=problem):
                raise problem


@dataclass
class Guide:
    """Leads made-up requests to what is there, most of the time, and gives each a role that may send it."""

    at: District
    known: Mapping[str, tuple[str, ...]]
    roles: dict[str, list[Role]]
    numbers: dict[str, int] = field(default_factory=dict)
    """Of each request the number that it had as it was made up: what it is led to is called otherwise in every run."""

    def lead(self, case: AnyCase) -> None:
        """Put known values in place of made-up ones; a request that was made up to be wrong stays as it is."""
        number = self.numbers[case.id] = _number_of(case)
        if case.meta is None or case.meta.generation.mode is not GenerationMode.POSITIVE:
            return
        if case.operation.label == "PUT /v1/survey-policy" and isinstance(case.body, dict):
            # Else nobody could read comments any more.
            case.body["comment_readers"] = list(READERS)
        if not number % UNLED:
            return
        for parameters in (case.path_parameters, case.query, case.headers):
            for name in {str(name) for name in parameters} & self.known.keys():
                parameters[name] = self._known(name, number, case.operation.label)
        if case.operation.label in OF_ONE_ROLE:
            # An earlier request of his has taken the key that is always made up; and no version that is made up is one.
            case.headers["Idempotency-Key"] = f"{number}"
            case.headers.pop("If-Match", None)
        if isinstance(case.body, dict):
            self._lead_body(case.body, number)
        if "cursor" in case.query:
            case.query["cursor"] = self.at.cursors[case.operation.label]

    def _lead_body(self, body: dict[str, Any], number: int) -> None:
        for name in body.keys() & self.known.keys() - NAMED_BY_ITS_SENDER:
            known = self._known(name, number)
            body[name] = int(known) if isinstance(body[name], int) and known.isdigit() else known
        if body.keys() >= {"student_id", "school_id"}:
            body["school_id"] = STUDENTS.get(body["student_id"], "s-1")
        if "from_on" in body and "to_on" in self.known:  # a term without an end would leave no room for others
            body["to_on"] = self._known("to_on", number)
        if {"code", "answers"} <= body.keys():
            body["answers"] = {"safe_in_hallways": number % 4 + 1}
        if "schools" in body:  # a plan: of a new survey, that asks what its frame counts
            body.pop("administration_id", None)
            body["facets"] = ["grade_band"]
        body.pop("reopens", None)

    def token(self, case: AnyCase) -> str:
        """That of a role that may send it."""
        roles = self.roles.get(case.operation.label, list(Role))
        return self.at.tokens[roles[self.number_of(case) % len(roles)]]

    def number_of(self, case: AnyCase) -> int:
        """Its number before it was led anywhere."""
        return self.numbers.get(case.id, _number_of(case))

    def _known(self, name: str, number: int, operation: str = "") -> str:
        values = self.known.get(f"{operation} {name}", self.known[name])
        return values[number % len(values)]


def _number_of(case: AnyCase) -> int:
    """The same number for the same request, in every run."""
    parts = (case.method, case.path, dict(case.path_parameters), dict(case.query), repr(case.body))
    return zlib.crc32(repr(parts).encode())


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[District]:
    with district(tmp_path_factory.mktemp("district")) as opened:
        yield opened


def explore(at: District, service: str, document: dict[str, Any], *, only: str | None = None) -> Findings:
    """Send everything that the document suggests, to `only` the operation on this path if not to all."""
    roles: dict[str, list[Role]] = {}
    for method, path, (permission,) in routes_of(at.services[service]):
        roles[f"{method} {path}"] = [role for role in Role if permission in PUBLIC | PERMISSIONS[role]]
    guide = Guide(at, at.known[service], roles)
    # Of a parameter that may be any text there is nothing wrong to make up, and the search for it is given up.
    config = SchemathesisConfig(seed=SEED)
    config.update(suppress_health_check=[HealthCheck.all], max_failures=None)  # given above, our own profile would win
    schema: BaseSchema = schemathesis.openapi.from_dict(copy.deepcopy(document), config=config)
    schema = schema.include(path=only) if only else schema

    @schema.hook
    def map_case(_context: HookContext, case: AnyCase) -> AnyCase:
        guide.lead(case)
        return case

    @schema.auth(refresh_interval=None)
    class _Tokens:
        def get(self, case: AnyCase, _context: AuthContext) -> str:
            return guide.token(case)

        def set(self, case: AnyCase, data: str, _context: AuthContext) -> None:
            case.headers["Authorization"] = f"Bearer {data}"
            number = guide.number_of(case)
            case.headers["X-Forwarded-For"] = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"

    settings = schema.config
    settings.base_url = at.urls[service]
    settings.continue_on_failure = True
    settings.request_timeout = 60  # how long an answer takes on a busy machine is a benchmark's business
    settings.generation.update(
        deterministic=True, database="none", max_examples=BY_CHANCE, with_security_parameters=False
    )
    settings.phases.stateful.enabled = False
    # What one run answered is new in the next.
    settings.phases.fuzzing.extra_data_sources.responses = False
    settings.phases.coverage.extra_data_sources.responses = False
    settings.phases.examples.extra_data_sources.responses = False
    settings.checks.update(included_check_names=list(CHECKS))
    findings = Findings()
    with pytest.MonkeyPatch.context() as patched:
        # Else, once something was granted, the library would keep changing it in search of something granted more:
        # thousands of drafts, few of which are sent, and fewer requests left to chance.
        patched.setattr(hypothesis, "target", lambda *_observed, **_labelled: None)
        # Else each request would look twice through the whole environment for somebody to go by.
        patched.setenv("NO_PROXY", "127.0.0.1")
        for event in from_schema(schema).execute():
            findings.note(event)
    return findings


@pytest.mark.parametrize("service", ["referral-api", "climate-survey-api", "training-registry", "reporting"])
def test_no_request_finds_an_answer_that_is_not_documented(at: District, service: str) -> None:
    document = at.services[service].app.openapi()

    findings = explore(at, service, document)

    assert findings.wrong == set(), "\n\n".join(sorted(findings.wrong))
    operations = {f"{method.upper()} {path}" for path, of_path in document["paths"].items() for method in of_path}
    assert findings.statuses.keys() == operations
    # Else it would have looked at nothing but refusals. What was done on a page leads to another one (303).
    assert {o for o, seen in findings.statuses.items() if min(seen) >= 400} == TAKES_SEALED & operations


Document = dict[str, Any]


def _forget_a_status(operation: Document) -> None:
    del operation["responses"]["404"]


def _forget_a_media_type(operation: Document) -> None:
    operation["responses"]["404"]["content"] = {"application/xml": {"schema": {"type": "string"}}}


def _promise_a_field(operation: Document) -> None:
    operation["responses"]["200"]["content"]["application/json"]["schema"] = {
        "type": "object",
        "required": ["shoe_size"],
    }


def _hide_a_header(operation: Document) -> None:
    del operation["responses"]["200"]["headers"]["Link"]


def _promise_a_header(operation: Document) -> None:
    operation["responses"]["200"]["headers"]["Shoe-Size"] = {"required": True, "schema": {"type": "integer"}}


def _narrow_a_parameter(operation: Document) -> None:
    (limit,) = (parameter for parameter in operation["parameters"] if parameter["name"] == "limit")
    limit["schema"]["maximum"] = 7


BREAKS: dict[Callable[[Document], None], str] = {
    _forget_a_status: "status_code_conformance",
    _forget_a_media_type: "content_type_conformance",
    _promise_a_field: "response_schema_conformance",
    _hide_a_header: "headers_are_documented",
    _promise_a_header: "response_headers_conformance",
    _narrow_a_parameter: "negative_data_rejection",
}


@pytest.mark.parametrize("break_it", BREAKS, ids=lambda break_it: break_it.__name__)
def test_it_would_have_been_found(at: District, break_it: Callable[[Document], None]) -> None:
    path = "/v1/disclosures"
    document = copy.deepcopy(at.services["referral-api"].app.openapi())
    break_it(document["paths"][path]["get"])

    findings = explore(at, "referral-api", document, only=path)

    assert {found.split(": ")[1] for found in findings.wrong} == {BREAKS[break_it]}, findings.wrong
