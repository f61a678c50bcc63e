"""The page on which people verify, in a real browser: readable for everybody on a phone, at a desk and on paper."""

import asyncio
import json
import os
import platform
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import uvicorn

from tests.npm import TESTS, what_npm_lacks
from tests.training_registry.credentials.registry import Registry, a_certified, issue, revoke, today
from tests.training_registry.suite import training_registry

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

PICTURES = os.environ.get("PICTURES_IN", "")
"""A folder for a picture of every page; none are taken unless it is named: `PICTURES_IN=pages`."""

HEADINGS = (
    "This credential is valid",
    "This credential has expired",
    "This credential has been revoked",
    "This credential is unknown",
)
LONG = "Averylongwordwithoutanyspace" * 6


def what_the_browser_lacks() -> str | None:
    """Nothing where the browser of the lock file runs; else what stands in the way."""
    if sys.platform != "linux" or platform.machine() != "x86_64":
        return "the browser that npm brings is for Linux on x86-64"
    return what_npm_lacks()


@pytest.fixture
async def registry(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Registry]:
    async with training_registry(sqlite_url, tmp_path) as service:
        yield service


@asynccontextmanager
async def served(registry: Registry) -> AsyncIterator[str]:
    """The registry behind a port of its own: a browser obeys headers only where they come over HTTP."""
    config = uvicorn.Config(registry.app, port=0, log_level="critical", lifespan="off")
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    (listening,) = server.servers
    yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    server.should_exit = True
    await running


async def browsed(addresses: list[str]) -> list[dict[str, Any]]:
    """What the browser found at each, on a phone and at a desk."""
    unpacked = TESTS / "node_modules" / ".browser"
    unpacked.mkdir(exist_ok=True)
    program = TESTS / "training_registry" / "credentials" / "browse.mjs"
    process = await asyncio.create_subprocess_exec(
        "node",
        str(program),
        PICTURES,
        *addresses,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(unpacked)},
    )
    printed, complained = await process.communicate()
    assert process.returncode == 0, complained.decode()[-2000:]
    found: list[dict[str, Any]] = json.loads(printed)
    return found


async def test_everybody_can_read_the_page_on_a_phone_at_a_desk_and_on_paper(
    registry: Registry, go_without: Callable[[str], None]
) -> None:
    if missing := what_the_browser_lacks():
        go_without(f"the verification page in a browser: {missing}")
    yesterday = today(registry) - timedelta(days=1)
    taken_back = a_certified(registry)
    issued = await issue(
        registry,
        a_certified(registry, course=LONG, provider=LONG, topics={LONG: 100}),
        a_certified(registry, expires_on=yesterday),
        taken_back,
    )
    await revoke(registry, taken_back.completion_id)

    async with served(registry) as address:
        pages = [f"{address}/v1/credentials/{one}/verification" for one in (*issued, uuid4())]
        found = await browsed(pages)

    assert [one["headings"] for one in found] == [[heading] for heading in HEADINGS for _ in range(2)]
    assert [one["status"] for one in found] == [200] * 6 + [404] * 2
    for one, asked in zip(found, [page for page in pages for _ in range(2)], strict=True):
        assert one["requests"] == [asked], "it loads something else"
        assert not one["scrolls"], "it has to be moved sideways"
        assert one["border"] == "solid", "its style is not let in"
        assert one["violations"] == []
        assert {"color-contrast", "document-title", "html-has-lang", "meta-viewport"} <= set(one["passes"])
        assert one["cookies"] == 0
        assert one["printed"] in (1, 2)
        # Of an answer that is 404 a browser says so itself.
        assert [said for said in one["complaints"] if "404" not in said] == []
