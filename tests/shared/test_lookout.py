"""A look is spared where it would find what the last one found, and never where it might find something else."""

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from shared.bus.connect import connect
from shared.cloudevents import to_message
from shared.db import EVERY_DISTRICT, Database
from shared.errors import DatabaseUnavailable
from shared.inbox import inbox, mark_seen
from shared.lookout import Lookout
from shared.outbox import record_messages
from shared.relay import Relay
from shared.testing.plumbing import an_acceptance, plumbed


class Looking:
    """Counts what is there, and how often it had to look."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.looks = 0
        self._lookout = Lookout(database)
        self._last = -1

    async def count(self) -> int:
        """How much is there."""
        self._last = await self._lookout.look(self._look, otherwise=self._last)
        return self._last

    async def _look(self) -> int:
        self.looks += 1
        async with self.database.read(EVERY_DISTRICT) as session:
            return int((await session.execute(select(func.count()).select_from(inbox))).scalar_one())


async def add(database: Database) -> None:
    """Commit one row."""
    async with database.write(EVERY_DISTRICT) as session:
        await mark_seen(session, [uuid4()])


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with plumbed(database_url) as made:
        yield made


async def test_what_anybody_commits_is_found(database: Database, database_url: str) -> None:
    looking, other = Looking(database), Database(database_url)
    found = [await looking.count()]
    for who in (database, other, other, database):
        await add(who)
        found.append(await looking.count())
    await other.close()
    assert found == [0, 1, 2, 3, 4]


async def test_where_nothing_was_committed_sqlite_need_not_be_looked_into(sqlite_url: str) -> None:
    async with plumbed(sqlite_url) as database:
        looking = Looking(database)
        await add(database)
        assert [await looking.count() for _ in range(5)] == [1] * 5
        with pytest.raises(RuntimeError):
            async with database.write(EVERY_DISTRICT) as session:
                await mark_seen(session, [uuid4()])
                raise RuntimeError
        assert await looking.count() == 1
        assert looking.looks == 1


async def test_what_is_committed_during_a_look_is_found_by_the_next(database: Database) -> None:
    lookout = Lookout(database)
    looks = 0

    async def look_and_be_overtaken() -> int:
        nonlocal looks
        looks += 1
        if looks == 1:
            await add(database)
        return looks

    assert [await lookout.look(look_and_be_overtaken, otherwise=0) for _ in range(2)] == [1, 2]


async def test_a_look_that_failed_is_repeated(sqlite_url: str) -> None:
    async with plumbed(sqlite_url) as database:
        lookout = Lookout(database)
        answers: Iterator[str | DatabaseUnavailable] = iter([DatabaseUnavailable(), "found"])

        async def look() -> str:
            answer = next(answers)
            if isinstance(answer, Exception):
                raise answer
            return answer

        with pytest.raises(DatabaseUnavailable):
            await lookout.look(look, otherwise="nothing")
        assert await lookout.look(look, otherwise="nothing") == "found"
        assert await lookout.look(look, otherwise="nothing") == "nothing"


def test_a_file_that_was_put_in_anothers_place_is_another_version(tmp_path: Path) -> None:
    place, restored = tmp_path / "service.db", tmp_path / "backup.db"
    for file in (place, restored):
        with sqlite3.connect(file) as connection:
            connection.execute("CREATE TABLE facts (n)")
        connection.close()
    database = Database(f"sqlite:///{place}")
    before = database.version()
    assert before is not None
    assert database.version() == before
    os.replace(restored, place)
    assert database.version() not in (before, None)


def test_a_file_that_is_not_there_has_no_version_and_is_not_made(tmp_path: Path) -> None:
    assert Database(f"sqlite:///{tmp_path / 'service.db'}").version() is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
async def test_a_relay_at_rest_finds_what_another_process_recorded(database_url: str, tmp_path: Path) -> None:
    bus, topics = connect(f"sqlite:///{tmp_path / 'bus.db'}", client_id="test"), {"referrals": 6}
    async with plumbed(database_url) as database:
        relay = Relay(database, bus, topics=topics)
        relaying = asyncio.create_task(relay.run())
        other = Database(database_url)
        for _ in range(2):
            async with other.write(EVERY_DISTRICT) as session:
                await record_messages(session, [to_message(an_acceptance(), source="test")])
            async with asyncio.timeout(30):
                while await relay.pending():  # the relay tells nobody
                    await asyncio.sleep(0.02)
        relaying.cancel()
        await asyncio.gather(relaying, return_exceptions=True)
        await other.close()
    assert sum(end for _, end in (await bus.bounds(["referrals"])).values()) == 2
    await bus.close()
