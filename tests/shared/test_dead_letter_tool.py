"""Dead letters listed without their contents, and brought back once each."""

from collections.abc import AsyncIterator
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from reporting.app import SERVICE
from reporting.settings import Settings
from shared.cloudevents import to_message
from shared.db import EVERY_DISTRICT
from shared.dead_letter_tool import list_dead_letters, replay_dead_letters
from shared.outbox import outbox
from shared.service import Process
from shared.testing.events import a_submission
from shared.testing.service import ServiceInTest, in_test

SECRET = b'{"family_name": "Lindqvist"'
TOPICS = ("roster", "referrals")


@pytest.fixture
async def reporting(database_url: str, tmp_path: Path) -> AsyncIterator[ServiceInTest[Settings]]:
    settings = Settings(
        database_url=database_url, event_bus_url=f"sqlite:///{tmp_path / 'bus.db'}", keys_dir=tmp_path / "keys"
    )
    async with in_test(SERVICE, settings) as service:
        await service.process.bus.ensure_topics(SERVICE.topics())
        yield service


async def poison(reporting: ServiceInTest[Settings], *, count: int = 1) -> None:
    """Records that reporting cannot read, set aside."""
    for _ in range(count):
        message = replace(to_message(a_submission(), source="test"), value=SECRET)
        await reporting.process.bus.publish([message])
    await reporting.drain()


async def listed(process: Process[Any]) -> tuple[int, str]:
    out = StringIO()
    return await list_dead_letters(process, TOPICS, out), out.getvalue()


async def replayed(process: Process[Any], offset: int | None = None, topics: tuple[str, ...] = TOPICS) -> int:
    return await replay_dead_letters(process, topics, offset, StringIO())


async def test_no_letters_are_listed_as_none(reporting: ServiceInTest[Settings]) -> None:
    assert await listed(reporting.process) == (0, "0 dead letters\n")
    assert await replayed(reporting.process) == 0


async def test_a_letter_is_listed_by_place_name_and_reason_without_its_contents(
    reporting: ServiceInTest[Settings],
) -> None:
    await poison(reporting)
    count, told = await listed(reporting.process)
    assert count == 1
    assert "referrals.reporting.dlq/0/0" in told
    assert "referral.submitted.v1" in told
    assert "NotAnEvent" in told
    assert "Lindqvist" not in told


async def test_each_letter_is_replayed_once_unless_it_is_named(reporting: ServiceInTest[Settings]) -> None:
    await poison(reporting, count=3)
    process = reporting.process
    assert await replayed(process) == 3
    assert await replayed(process) == 0
    assert await replayed(process, offset=1, topics=("referrals",)) == 1
    assert await replayed(process, offset=99, topics=("referrals",)) == 0


async def test_what_is_still_poisoned_comes_back_as_another_letter(reporting: ServiceInTest[Settings]) -> None:
    await poison(reporting)
    assert await replayed(reporting.process) == 1
    await reporting.drain()
    assert (await listed(reporting.process))[0] == 2
    assert await replayed(reporting.process) == 1


async def test_a_replay_publishes_where_no_relay_runs(reporting: ServiceInTest[Settings]) -> None:
    await poison(reporting)
    await replayed(reporting.process)
    async with reporting.process.database.read(EVERY_DISTRICT) as session:
        assert (await session.execute(select(outbox.c.seq))).all() == []
