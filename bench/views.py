"""How long a question about a whole district takes, against a read of one row by its primary key.

Timed is all that a route does between the token and the socket: a read transaction of the district, the queries, the
suppression of small counts for somebody who may see none, the rows as JSON. The reference is a read transaction of the
same kind and one prepared statement, put together once and handed to the driver in the same way.

Nothing is asked twice of the same numbers: before each question events are applied, so what was decided about the last
answer is of no use for the next, and the rows of up to a thousand events are pending, not in the margins yet. They are
rolled as a worker would within a second of steady traffic. Neither is timed.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from itertools import chain, cycle, islice
from statistics import median, quantiles
from time import perf_counter

from sqlalchemy import bindparam, select, text

from bench.engines import Engines, apart
from bench.figures import Figure, Turn, at_most
from bench.lives import FIRST_DAY, Area, enrollments, in_batches
from reporting.app import MIGRATIONS
from reporting.models import referral_funnel as cells
from reporting.rolling import roll_some
from reporting.routes.referrals import FUNNEL, ViewQuery
from reporting.routes.telling import CONSUMER
from reporting.sink import ViewSink
from reporting.views import answers
from reporting.views.breakdown import ViewParameters
from reporting.views.contact_times import contact_times
from reporting.views.freshness import applied_offsets, as_of
from reporting.views.prepared import prepare
from reporting.views.referral_funnel import referral_funnel
from shared.auth import Caller, Role
from shared.db import EVERY_DISTRICT, Database
from shared.events.base import Event
from shared.garbage import collect_seldom

EVENTS = 3_000_000
SCHOOLS = 1_000
TURNS = 3
QUESTIONS_A_TURN = 1_000
TIMES = 10
MINIMUM = 10
EVENTS_BETWEEN = 20
"""So many are applied before each question."""
ROLLED_AFTER = 50
"""So many questions go by until what is pending is rolled."""
_BATCH = 10_000

VIEWS: tuple[ViewQuery, ...] = (referral_funnel, contact_times)
BY = (
    "",
    "month",
    "need",
    "urgency",
    "race_ethnicity",
    "sex",
    "disability",
    "english_learner",
    "grade_band",
    "race_ethnicity,sex",
    "need,urgency",
    "disability,grade_band",
)
"""What a district asks for: everything, by each key, and by some two of them together."""
BY_SCHOOL = "school_id"
"""Measured beside them: its answer has a row or nine for each of a thousand schools, which to write takes longer."""

ANALYST = Caller(sub="bench", district_id="district-0", role=Role.ANALYST)
Ask = Callable[[Database], Awaitable[None]]


def views(engines: Engines, *, quick: bool) -> Sequence[Figure]:
    """Funnel and contact times at 1,000 schools after 3 million events, for somebody who is told no small count."""
    count, questions, turns = (20_000, 24, 1) if quick else (EVENTS, QUESTIONS_A_TURN, TURNS)
    schools = SCHOOLS // 50 if quick else SCHOOLS
    area = Area(schools, schools)
    with engines.database(MIGRATIONS) as database_url:
        apart(apply, database_url, count, area)
        measured = [apart(ask_and_read, database_url, questions, area) for _ in range(turns)]
        by_school = apart(ask_by_school, database_url, max(2, questions // 50))
    title = f"funnel and contact times, {schools:,} schools, {count:,} events applied, p99"
    remark = f" (by school, a thousand rows and more: median {median(by_school) * 1000:.0f} ms)"
    turned = [Turn(_p99_ms(reading), _p99_ms(asking)) for reading, asking in measured]
    return [at_most(title, turned, TIMES, unit="ms", remark=remark)]


def _p99_ms(took: Sequence[float]) -> float:
    return quantiles(took, n=100)[98] * 1000


async def apply(database_url: str, count: int, area: Area) -> None:
    """Bring the enrolment and the events into the views, with their margins."""
    database, sink = Database(database_url), ViewSink()
    collect_seldom()
    batches: Iterator[Sequence[Event]] = chain([[*enrollments(area)]], in_batches(count, _BATCH, area=area))
    try:
        for batch in batches:
            async with database.write(EVERY_DISTRICT, durable=False) as session:
                await sink.store(session, sink.prepare(batch))
        await _roll(database)
        async with database.dedicated() as connection:
            # Autovacuum would, a minute later.
            await connection.execute(text("VACUUM ANALYZE"))
    finally:
        await database.close()


async def _roll(database: Database) -> None:
    moved = 1
    while moved:
        async with database.write(EVERY_DISTRICT, durable=False) as session:
            moved = await roll_some(session)


async def ask_and_read(database_url: str, count: int, area: Area) -> tuple[list[float], list[float]]:
    """The seconds of each read of one row and of each question, by turns, so that both meet the same machine."""
    database, sink = Database(database_url), ViewSink()
    collect_seldom()
    try:
        reads = await _reads(database)
        asks = [_question(view, by) for view in VIEWS for by in BY]
        for act in (reads[0], *asks):
            await act(database)  # statements are prepared once per connection
        traffic = in_batches(count * EVENTS_BETWEEN, EVENTS_BETWEEN, area=area)
        reading, asking = [], []
        for n, (read, ask, events) in enumerate(zip(cycle(reads), cycle(asks), traffic, strict=False), 1):
            async with database.write(EVERY_DISTRICT, durable=False) as session:
                await sink.store(session, sink.prepare(events))
            reading.append(await _timed(read, database))
            asking.append(await _timed(ask, database))
            if n % ROLLED_AFTER == 0:
                await _roll(database)
        return reading, asking
    finally:
        await database.close()


async def ask_by_school(database_url: str, count: int) -> list[float]:
    """The seconds of each question about every school at once."""
    database = Database(database_url)
    collect_seldom()
    try:
        asks = [_question(view, BY_SCHOOL) for view in VIEWS]
        return [await _timed(ask, database) for ask in islice(cycle(asks), count)]
    finally:
        await database.close()


async def _timed(act: Ask, database: Database) -> float:
    began = perf_counter()
    await act(database)
    return perf_counter() - began


def _question(view: ViewQuery, by: str) -> Ask:
    """What a route does to answer it."""
    asked = ViewParameters(school_year=FIRST_DAY.year + 1, by=by)

    async def ask(database: Database) -> None:
        breakdown = asked.breakdown()
        async with database.read(ANALYST.district_id) as session:
            rows = await view(session, ANALYST, breakdown, school_id=None, minimum=MINIMUM)
            instant = as_of(await applied_offsets(session, CONSUMER), None)
        if not rows:
            raise RuntimeError(f"nothing by {by}")
        answers.answer(
            rows, breakdown.keys, FUNNEL, as_of=instant, policy=answers.Policy.of(MINIMUM), accept=answers.JSON
        )

    return ask


async def _reads(database: Database) -> list[Ask]:
    """Reads of one row each, of a thousand rows that are there."""
    keys = [cells.c.place_no, cells.c.month, cells.c.cell]
    async with database.read(ANALYST.district_id) as session:
        some = (await session.execute(select(*keys).limit(1_000))).all()
        one_row = prepare(
            select(cells).where(*[key == bindparam(key.name, type_=key.type) for key in keys]), session.dialect
        )

    def read(row: Mapping[str, int]) -> Ask:
        async def found(database: Database) -> None:
            async with database.read(ANALYST.district_id) as session:
                if len(await one_row.rows(session, row)) != 1:
                    raise RuntimeError("the row has gone")

        return found

    return [read(row._asdict()) for row in some]
