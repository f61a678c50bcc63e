"""What nobody should send breaks no route, and whatever comes of it is documented."""

import re
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest

from shared.http.problems import MEDIA_TYPE
from shared.testing.service import ServiceInTest
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


@pytest.fixture
async def services(tmp_path: Path) -> AsyncIterator[Suite]:
    async with suite(tmp_path) as made:
        yield made


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
async def served(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Suite]:
    """All services, on either database."""
    new: Callable[[], str] | None = None
    if request.param == "postgresql":
        new = request.getfixturevalue("new_postgresql_url")
    async with suite(tmp_path, new) as made:
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


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_nothing_sent_to_any_route_breaks_it_and_every_answer_is_documented(served: Suite) -> None:
    sent = 0
    for service in served.services.values():
        async with service.client("counselor") as counselor, service.client("district_admin") as admin:
            for operation in operations(service):
                method, path, described = operation
                for attack in attacks(service, operation):
                    address = re.sub(r"\{\w+\}", str(uuid4()), attack.pop("path"))
                    answer = await counselor.request(method, address, **attack)
                    if answer.status_code == 403:
                        answer = await admin.request(method, address, **attack)
                    case = (method, path, str(attack)[:200], answer.text[:300])
                    assert answer.status_code < 500, case
                    elsewhere = "urn:rapport:problem:no-such-route" in answer.text or answer.status_code == 405
                    assert str(answer.status_code) in described["responses"] or elsewhere, case
                    if answer.status_code >= 400:
                        assert answer.headers["content-type"] == MEDIA_TYPE, case
                        assert len(answer.content) < 20_000, case
                    sent += 1
    assert sent > 1000


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "TRACE", "PATCH", "BREW"])
async def test_methods_that_no_route_takes_are_refused_as_problems(services: Suite, method: str) -> None:
    async with services.referral_api.client("counselor") as client:
        answer = await client.request(method, "/v1/referrals")
        assert (answer.status_code, answer.headers["content-type"]) == (405, MEDIA_TYPE)
        assert answer.headers["allow"]
        for nowhere in ("/v1/referrals/", "/v1//referrals", "/", "/V1/referrals"):
            answer = await client.get(nowhere)
            assert (answer.status_code, answer.headers["content-type"]) == (404, MEDIA_TYPE), nowhere
