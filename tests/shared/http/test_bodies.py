"""What the door lets in: nothing over the limit, however it is sent, and no address that no database could store."""

from collections.abc import AsyncIterator

import httpx2
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from shared.http.bodies import Door

LIMIT = 1000
STREAMED = "/streamed"


async def length_of_body(scope: Scope, receive: Receive, send: Send) -> None:
    """An app that reads its whole body and says how long it was."""
    body = await Request(scope, receive).body()
    await PlainTextResponse(str(len(body)))(scope, receive, send)


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    door = Door(length_of_body, limit_bytes=LIMIT, streamed=frozenset({STREAMED}))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=door), base_url="http://test") as made:
        yield made


async def pieces(count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b"x" * 100


async def test_a_body_up_to_the_limit_comes_in_whole_however_it_is_sent(client: httpx2.AsyncClient) -> None:
    assert (await client.post("/", content=b"x" * LIMIT)).text == "1000"
    assert (await client.post("/", content=pieces(10))).text == "1000"
    assert (await client.post("/")).text == "0"


async def test_a_larger_one_is_refused_however_it_is_sent(client: httpx2.AsyncClient) -> None:
    for content in (b"x" * (LIMIT + 1), pieces(11)):
        answer = await client.post("/", content=content)
        assert answer.status_code == 413
        assert answer.json()["type"] == "urn:rapport:problem:body-too-large"
        assert answer.headers["connection"] == "close"


@pytest.mark.parametrize("stated", ["-1", "+5", "1e3", "x", ""])
async def test_a_length_that_is_none_is_refused(client: httpx2.AsyncClient, stated: str) -> None:
    answer = await client.post("/", content=b"x", headers={"Content-Length": stated})
    assert answer.status_code == 413


async def test_a_route_that_streams_keeps_its_own_limit(client: httpx2.AsyncClient) -> None:
    assert (await client.post(STREAMED, content=pieces(20))).text == "2000"


@pytest.mark.parametrize(
    ("address", "status", "kind"),
    [("/a%00b", 404, "no-such-route"), ("/?q=%00", 422, "unstorable"), ("/?q=a%00", 422, "unstorable")],
)
async def test_a_nul_is_nowhere_and_in_no_question(
    client: httpx2.AsyncClient, address: str, status: int, kind: str
) -> None:
    answer = await client.get(address)
    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:rapport:problem:{kind}")
    assert "%00" not in answer.text
