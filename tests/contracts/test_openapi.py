"""What nobody should send breaks no route, and whatever comes of it is documented."""

import logging
import re
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote
from uuid import uuid4

import httpx2
import pytest
import structlog

from shared.auth import PERMISSIONS, Role
from shared.http.problems import MEDIA_TYPE, MalformedJson, NotJson, RequestHasFaults
from shared.testing.service import ServiceInTest
from tests.flows.routes import routes_of
from tests.flows.suite import Suite, suite

NASTY = (
    "",
    " ",
    "\u202e\u0000",
    "é" * 400,
    "'; DROP TABLE referrals; --",
    "../../etc/passwd",
    "%",
    "null",
    "NaN",
    "-1",
    "0",
    "9" * 30,
    "9" * 5000,
    "1e400",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "9999-12-31",
    "9999-12",
    str(uuid4()),
    "a,b,,c",
    "W10",
    "eyJhIjoxfQ",
)
NASTY_JSON: tuple[Any, ...] = (*NASTY, None, True, -1, 2**70, 1.5, [], [[]], {}, {"a": {"b": []}}, ["x"] * 600)
RAW = (b"", b"{", b"[" * 50_000, b"\xff", b'"\\ud800"', b'{"\\ud800": 1}', b"NaN", b"9" * 6000, b'{"a":1,"a":2}')
JSON = "application/json"
MOST_TOLD = 20
"""One fault may be found at every route: a walk ends after so many answers that nobody should get."""
SENDERS = sorted(Role, key=lambda role: role not in (Role.COUNSELOR, Role.DISTRICT_ADMIN))
"""Who sends: whoever comes first of those whom a route is open to."""
PROVIDERS = {Role.PROVIDER: "p-1"}
OF_ITS_SHAPE = (RequestHasFaults, MalformedJson, NotJson)
"""Refusals that no database has a part in."""


@pytest.fixture
async def services(tmp_path: Path) -> AsyncIterator[Suite]:
    async with suite(tmp_path) as made:
        yield made


Operation = tuple[str, str, dict[str, Any]]


def operations(service: ServiceInTest[Any]) -> Iterator[Operation]:
    """Method, path and description of each route that needs a token."""
    for path, methods in service.app.openapi()["paths"].items():
        for method, described in methods.items():
            if described.get("security"):
                yield method.upper(), path, described


def attacks(service: ServiceInTest[Any], operation: Operation) -> Iterator[dict[str, Any]]:
    """Requests that nobody should send: each parameter and each field with each nasty value, and bodies of bytes."""
    _, path, described = operation
    for parameter in described.get("parameters", ()):
        name, where = parameter["name"], parameter["in"]
        for value in NASTY:
            if where == "query":
                yield {"path": path, "params": {"school_year": "2027", name: value}}
            elif where == "header":
                yield {"path": path, "headers": {name: value.encode()[:4000].replace(b"\0", b"")}}
            elif value:
                yield {"path": path.replace(f"{{{name}}}", quote(value, safe=""))}
    content = described.get("requestBody", {}).get("content", {})
    if JSON in content:
        body = content[JSON]["schema"]
        or_many = "anyOf" in body
        reference = next(kind["$ref"] for kind in (body, *body.get("anyOf", ())) if "$ref" in kind).rsplit("/", 1)[1]
        schema = service.app.openapi()["components"]["schemas"][reference]
        (whole,) = schema.get("examples", [{}])[:1] or [{}]
        for name in (*schema["properties"], "colour"):
            yield from ({"path": path, "json": {**whole, name: value}} for value in NASTY_JSON)
            if or_many:
                yield {"path": path, "json": [{**whole, name: value} for value in NASTY_JSON] + list(NASTY_JSON)}
        yield from ({"path": path, "content": raw, "headers": {"content-type": JSON}} for raw in RAW)
        yield {"path": path, "content": b"{}", "headers": {"content-type": "text/plain"}}
        yield {"path": path, "json": whole, "headers": {"idempotency-key": "é".encode()}}
    elif content:
        yield from ({"path": path, "content": raw, "headers": {"content-type": "application/zip"}} for raw in RAW)
        yield {"path": path, "content": b"PK", "headers": {"content-type": "text/plain"}}


class Attack(NamedTuple):
    """One request that nobody should send: to which operation of which service, and how."""

    service: str
    operation: Operation
    how: dict[str, Any]


@dataclass
class Walk:
    """What came of a walk along all routes."""

    read: list[Attack] = field(default_factory=list)
    """Those that somebody read who has a database: not refused for their shape alone, or looked up by their key."""
    wrong: list[tuple[object, ...]] = field(default_factory=list)
    """Answers that nobody should get."""


def everything_nasty(made: Suite) -> Iterator[Attack]:
    """Every attack on every operation."""
    for name, service in made.services.items():
        for operation in operations(service):
            yield from (Attack(name, operation, how) for how in attacks(service, operation))


async def walk(made: Suite, along: Iterable[Attack]) -> Walk:
    """Send them, each in the name of somebody who may go there, and look at every answer."""
    walked = Walk()
    async with AsyncExitStack() as clients:
        senders = {
            (name, role): await clients.enter_async_context(service.client(role, provider=PROVIDERS.get(role)))
            for name, service in made.services.items()
            for role in SENDERS
        }
        may = {name: dict(_who_may(service)) for name, service in made.services.items()}
        for attack in along:
            method, path, described = attack.operation
            address = re.sub(r"\{\w+\}", str(uuid4()), attack.how["path"])
            words = {name: value for name, value in attack.how.items() if name != "path"}
            for role in may[attack.service][method, path]:
                answer = await senders[attack.service, role].request(method, address, **words)
                if answer.status_code != 403:
                    break
            if not _is_as_described(answer, described):
                walked.wrong.append((method, path, role, str(attack.how)[:200], answer.status_code, answer.text[:300]))
            if _was_read(answer, words):
                walked.read.append(attack)
            if len(walked.wrong) == MOST_TOLD:
                break
    return walked


def _who_may(service: ServiceInTest[Any]) -> Iterator[tuple[tuple[str, str], list[Role]]]:
    """Two of the roles that a route is open to: what one is refused by its own rules, the other may be granted."""
    for method, path, (permission,) in routes_of(service):
        yield (method, path), [role for role in SENDERS if permission in PERMISSIONS[role]][:2]


def _is_as_described(answer: httpx2.Response, described: dict[str, Any]) -> bool:
    if answer.status_code >= 500:
        return False
    elsewhere = "urn:rapport:problem:no-such-route" in answer.text or answer.status_code == 405
    if str(answer.status_code) not in described["responses"] and not elsewhere:
        return False
    is_problem = answer.headers["content-type"] == MEDIA_TYPE and len(answer.content) < 20_000
    return answer.status_code < 400 or is_problem


def _was_read(answer: httpx2.Response, words: dict[str, Any]) -> bool:
    headers = {name.lower() for name in words.get("headers", ())}
    return "idempotency-key" in headers or not any(kind.type_uri() in answer.text for kind in OF_ITS_SHAPE)


@pytest.fixture(scope="module")
def silent() -> Iterator[None]:
    """No line for each of tens of thousands of requests: it would take a tenth of their time."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="module")
async def walk_on_sqlite(silent: None, tmp_path_factory: pytest.TempPathFactory) -> Walk:
    """Everything nasty, on SQLite."""
    async with suite(tmp_path_factory.mktemp("suite")) as made:
        return await walk(made, everything_nasty(made))


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_nothing_sent_to_any_route_breaks_it_and_every_answer_is_documented(walk_on_sqlite: Walk) -> None:
    assert walk_on_sqlite.wrong == []
    assert len(walk_on_sqlite.read) > 1000


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_nor_does_anything_on_postgresql(
    walk_on_sqlite: Walk, tmp_path: Path, new_postgresql_url: Callable[[], str]
) -> None:
    """What is refused for its shape meets no database: the rest is sent again."""
    async with suite(tmp_path, new_postgresql_url) as made:
        walked = await walk(made, walk_on_sqlite.read)

    assert walked.wrong == []


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "TRACE", "PATCH", "BREW"])
async def test_methods_that_no_route_takes_are_refused_as_problems(services: Suite, method: str) -> None:
    async with services.referral_api.client("counselor") as client:
        answer = await client.request(method, "/v1/referrals")
        assert (answer.status_code, answer.headers["content-type"]) == (405, MEDIA_TYPE)
        assert answer.headers["allow"]
        for nowhere in ("/v1/referrals/", "/v1//referrals", "/", "/V1/referrals"):
            answer = await client.get(nowhere)
            assert (answer.status_code, answer.headers["content-type"]) == (404, MEDIA_TYPE), nowhere
