"""The database reads while we reckon: whatever goes wrong, nobody else is on the request's connection meanwhile."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Response
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from reporting.measures.lattice import Question
from reporting.measures.suppression import Pattern
from reporting.views.guarding import Whole
from shared.db import EVERY_DISTRICT, Database, ReadSession, Session, driver
from shared.events.referrals import Stage
from shared.testing.events import a_life, a_submission, an_enrollment, some_facets
from tests.reporting.exactness import YEAR
from tests.reporting.suite import Reporting, announce, reporting_on, until_somebody_waits_for, view

pytestmark = pytest.mark.slow

FAILS = "SELECT reading FROM nowhere"
TAKES_LONG = {
    "sqlite": "WITH RECURSIVE some(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM some WHERE n < 500000)"
    " SELECT count(*) FROM some",
    "postgresql": "SELECT pg_sleep(60)",
}
Asked = Callable[[ReadSession, str], Coroutine[Any, Any, object]]


def setup_module() -> None:
    """What hundreds of tests have left is no garbage of ours: looking through it in each of these took a second."""
    gc.collect()
    gc.freeze()


async def by_session(session: ReadSession, statement: str) -> object:
    """Ask as most views do."""
    return (await session.execute(text(statement))).all()


async def by_driver(session: ReadSession, statement: str) -> Sequence[Any]:
    """Ask as a prepared question does."""
    raw = await driver(session)
    ask = raw.fetch if session.dialect.name == "postgresql" else raw.execute_fetchall
    rows: Sequence[Any] = await ask(statement)
    return rows


class Reckoning(Whole):
    """A table that is reckoned about for as long as it is wanted."""

    begun: asyncio.Event
    over: asyncio.Event

    async def decided(self, minimum: int) -> Pattern:
        """Like the real one, later."""
        self.begun.set()
        await self.over.wait()
        return await super().decided(minimum)


@pytest.fixture
def whole() -> Reckoning:
    """A table in which nothing is counted."""
    reckoning = Reckoning(YEAR, {}, Question((), {(): (0,) * len(Stage)}, {}))
    reckoning.begun, reckoning.over = asyncio.Event(), asyncio.Event()
    return reckoning


@pytest.fixture
async def unheard() -> AsyncIterator[list[dict[str, Any]]]:
    """What the loop would log because nobody looked at it; there has to be none."""
    found: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: found.append(context))
    yield found
    gc.collect()  # a task whose failure nobody saw says so when it goes
    assert found == []


@pytest.mark.usefixtures("unheard")
@pytest.mark.parametrize("ask", [by_session, by_driver])
async def test_a_question_that_fails_while_we_reckon_fails_as_itself(
    database: Database, whole: Reckoning, ask: Asked
) -> None:
    whole.over.set()
    with pytest.raises(Exception, match="nowhere") as failed:
        async with database.read("demo") as session:
            await whole.decided_while(10, ask(session, FAILS))
    assert isinstance(failed.value, DBAPIError) is (ask is by_session)
    await assert_answers(database)


@pytest.mark.usefixtures("unheard")
@pytest.mark.parametrize("ask", [by_session, by_driver])
@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("fails", [False, True])
async def test_who_is_called_off_leaves_no_question_behind(
    database: Database, whole: Reckoning, ask: Asked, times: int, fails: bool
) -> None:
    under_way = asyncio.Event()
    ended = asyncio.Event()

    async def asked(session: ReadSession) -> object:
        under_way.set()
        try:
            return await ask(session, FAILS if fails else TAKES_LONG[session.dialect.name])
        finally:
            ended.set()

    async def request() -> None:
        async with database.read("demo") as session:
            try:
                await whole.decided_while(10, asked(session))
            finally:
                assert ended.is_set()  # before anything else is done on the connection

    running = asyncio.create_task(request())
    await under_way.wait()
    if fails:
        await ended.wait()
    assert whole.begun.is_set()
    assert not running.done()
    for _ in range(times):
        running.cancel()
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await running
    await assert_answers(database)


@pytest.mark.usefixtures("unheard")
@pytest.mark.parametrize("fails", [False, True])
async def test_a_fault_in_our_reckoning_calls_the_question_off(
    database: Database, whole: Reckoning, fails: bool
) -> None:
    faulty = whole._replace(question=Question((), {}, {(1,): 1}))
    faulty.begun, faulty.over = whole.begun, whole.over

    async def request() -> None:
        async with database.read("demo") as session:
            await faulty.decided_while(10, by_driver(session, FAILS if fails else TAKES_LONG[session.dialect.name]))

    running = asyncio.create_task(request())
    await whole.begun.wait()
    whole.over.set()
    with pytest.raises(ValueError, match="zip"):
        await running
    await assert_answers(database)


async def assert_answers(database: Database) -> None:
    """Every connection of the pool is as good as new."""

    async def one() -> None:
        async with database.read("demo") as session:
            assert await by_session(session, "SELECT 1") == [(1,)]
            assert [tuple(row) for row in await by_driver(session, "SELECT 2")] == [(2,)]

    async with asyncio.TaskGroup() as all_at_once:
        for _ in range(6):
            all_at_once.create_task(one())


BESIDE = {
    "contact-times": "contact_times_pending",
    "students-referred": "students_referred",
    "open-referrals": "students_referred",
}
"""The views that are told beside the funnel, and a table that only their own question reads."""


@asynccontextmanager
async def kept_waiting(reporting: Reporting, name: str) -> AsyncIterator[tuple[Session, asyncio.Task[Response]]]:
    """A request for a view whose own question waits for its table, and the session that holds this."""
    database, table = reporting.process.database, BESIDE[name]
    async with database.write(EVERY_DISTRICT) as session, reporting.client("analyst") as client:
        await session.execute(text(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"))
        asking = asyncio.create_task(client.get(f"/v1/views/{name}", params={"school_year": 2027}))
        await until_somebody_waits_for(database, table)
        yield session, asking


@pytest.mark.usefixtures("unheard")
@pytest.mark.parametrize("name", BESIDE)
@pytest.mark.parametrize("end", ["pg_terminate_backend", "pg_cancel_backend"])
async def test_a_database_that_ends_the_question_is_told_as_away(
    postgresql_url: str, tmp_path: Path, name: str, end: str
) -> None:
    async with reporting_on(postgresql_url, tmp_path) as reporting:
        await announce(reporting, *a_life(a_submission(), Stage.CONTACTED), an_enrollment((some_facets(), 300)))
        before = await view(reporting, name, role="analyst")
        async with kept_waiting(reporting, name) as (session, asking):
            waiting = "SELECT pid FROM pg_locks WHERE NOT granted AND relation = CAST(:name AS regclass)"
            ended = await session.execute(text(f"SELECT {end}(pid) FROM ({waiting}) waiting"), {"name": BESIDE[name]})
            assert ended.scalars().all() == [True]
            answer = await asking
        assert (answer.status_code, answer.json()["type"]) == (503, "urn:rapport:problem:database-unavailable")
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["Retry-After"]
        assert await view(reporting, name, role="analyst") == before


@pytest.mark.usefixtures("unheard")
@pytest.mark.parametrize("name", BESIDE)
async def test_a_request_given_up_while_the_database_reads_leaves_nobody_waiting_there(
    postgresql_url: str, tmp_path: Path, name: str
) -> None:
    async with reporting_on(postgresql_url, tmp_path) as reporting:
        await announce(reporting, *a_life(a_submission(), Stage.CONTACTED), an_enrollment((some_facets(), 300)))
        before = await view(reporting, name, role="analyst")
        async with kept_waiting(reporting, name) as (session, asking):
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
            waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = CAST(:name AS regclass)"
            async with asyncio.timeout(20):
                while (await session.execute(text(waiting), {"name": BESIDE[name]})).scalar_one():
                    await asyncio.sleep(0)
        answers = await asyncio.gather(*[view(reporting, name, role="analyst") for _ in range(12)])
        assert answers == [before] * 12
