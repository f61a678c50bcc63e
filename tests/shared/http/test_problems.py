"""Every refusal is a problem document that repeats no value; a bug is one too, and its way is in the log."""

from collections.abc import AsyncIterator

import httpx2
import pytest
from fastapi import FastAPI
from pydantic import Field
from structlog.testing import capture_logs

from shared.errors import Conflict, DatabaseUnavailable, Fault, Invalid
from shared.http import problems
from shared.http.bodies import Day, Line, Moment, StrictBody
from shared.http.problems import MEDIA_TYPE, MOST_FAULTS

SECRET = "Lindqvist"


class Named(StrictBody):
    """A body."""

    name: Line
    at: Moment | None = None
    on: Day | None = None
    parts: tuple[Line, ...] = Field((), strict=False)


class NameTaken(Conflict):
    """There is another of this name."""


def made() -> FastAPI:
    app = FastAPI()
    problems.install(app)

    @app.post("/named")
    async def named(body: Named) -> None:
        raise NameTaken(f"Not {len(body.name)} letters.", errors=[Fault("name", "is taken")], holder="c-1")

    @app.put("/named")
    async def rename(body: Named) -> None: ...

    @app.get("/broken")
    async def broken() -> None:
        raise KeyError(SECRET)

    @app.get("/away")
    async def away() -> None:
        raise DatabaseUnavailable(headers={"Retry-After": "2"})

    @app.get("/many")
    async def many() -> None:
        raise Invalid(errors=[Fault(str(n), "is wrong") for n in range(1000)])

    return app


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=made(), raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://test") as one:
        yield one


async def test_a_refusal_tells_type_title_case_faults_and_what_it_adds(client: httpx2.AsyncClient) -> None:
    answer = await client.post("/named", json={"name": "Ana"})
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert answer.json() == {
        "type": "urn:rapport:problem:name-taken",
        "title": "There is another of this name.",
        "status": 409,
        "detail": "Not 3 letters.",
        "instance": "/named",
        "holder": "c-1",
        "errors": [{"path": "name", "problem": "is taken"}],
    }


@pytest.mark.parametrize(
    ("body", "path", "problem"),
    [
        ({}, "name", "is required"),
        ({"name": 5}, "name", "must be text"),
        ({"name": ""}, "name", "must have at least 1 characters"),
        ({"name": SECRET * 50}, "name", "must have at most 200 characters"),
        ({"name": "x", "at": SECRET}, "at", "must be an instant with its zone"),
        ({"name": "x", "at": "2026-11-02T10:00:00"}, "at", "must be an instant with its zone"),
        ({"name": "x", "at": "1790000000"}, "at", "must be an instant with its zone"),
        ({"name": "x", "on": "0"}, "on", "must be a date"),
        ({"name": "x", "on": "2026-11-22T00:00:00Z"}, "on", "must be a date"),
        ({"name": "x", SECRET * 50: 1}, (SECRET * 50)[:80], "is not a field of this request"),
        ({"name": "x", "parts": ["y", 5]}, "parts.1", "must be text"),
        ([SECRET], "body", "must be an object"),
    ],
)
async def test_a_fault_is_told_by_path_in_our_words(
    client: httpx2.AsyncClient, body: object, path: str, problem: str
) -> None:
    answer = await client.post("/named", json=body)
    assert answer.status_code == 422
    assert {"path": path, "problem": problem} in answer.json()["errors"]
    assert SECRET not in answer.json()["detail"]


async def test_a_wrong_method_is_told_every_right_one(client: httpx2.AsyncClient) -> None:
    answer = await client.delete("/named")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST, PUT")
    assert answer.json()["type"] == "urn:rapport:problem:method-not-allowed"


async def test_a_bug_is_a_problem_without_its_message_and_logged_with_its_way(client: httpx2.AsyncClient) -> None:
    with capture_logs() as logged:
        answer = await client.get("/broken")
    assert (answer.status_code, answer.headers["content-type"]) == (500, MEDIA_TYPE)
    assert SECRET not in answer.text + str(logged)
    (failed,) = [entry for entry in logged if entry["event"] == "request_failed"]
    assert failed["error"] == "KeyError"
    assert failed["way"][-1].startswith("test_problems.broken:")


async def test_an_outage_says_when_to_come_again(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/away")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")


async def test_very_many_faults_are_cut_off(client: httpx2.AsyncClient) -> None:
    assert len((await client.get("/many")).json()["errors"]) == MOST_FAULTS
