"""How long it takes to say how 5,000 officers stand to 30 requirements on a day, against a plain read of the same rows.

Timed is what the registry does for a whole district at once: a read transaction, what is known of the officers, their
completions and the requirements, and the standing of each officer to each requirement. The reference is a read
transaction of the same kind and one prepared statement for each of these tables, whose rows are left as the driver
gives them.
"""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from statistics import median
from time import perf_counter
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Table, text

from bench.engines import Engines, apart
from bench.figures import Figure, Turn
from shared.bulk import bulk_upsert
from shared.db import Database, driver
from shared.events.training import StandingStatus
from shared.garbage import collect_seldom
from training_registry.agencies import agency_id
from training_registry.app import MIGRATIONS
from training_registry.base import metadata
from training_registry.completions.views import completions_known
from training_registry.officers.views import officers_known
from training_registry.requirements.catalogue import shipped_requirements
from training_registry.requirements.rules import EarlierCourses
from training_registry.requirements.terms import RequirementTerms
from training_registry.requirements.views import requirements_known
from training_registry.standing.rules import Rule, every_standing_on

OFFICERS = 5_000
TURNS = 5
MOST_SECONDS = 1.0
DISTRICT = "district-0"
TODAY = date(2026, 11, 26)
AGENCY = "City Police"
_RECORDED_AT = datetime(2026, 8, 1, tzinfo=UTC)
_BATCH = 5_000

_OWN: Sequence[dict[str, Any]] = (
    {"title": "Training every year", "min_hours": 24, "anchor": "training_year"},
    {"title": "Minds", "topics": {"mental_health": 8}, "anchor": "appointment", "due_days": 30, "renew_months": 36},
    {"title": "First aid", "courses": ["First Aid"], "anchor": "appointment", "due_days": 90, "renew_months": 24},
    {"title": "Basic course", "min_hours": 40, "courses": ["NASRO Basic SRO"], "anchor": "assignment", "due_days": 180},
)
"""Beside the 26 that are shipped."""
_KNOWN_BY = (
    "SELECT officer_id, agency, position, appointed_on, certified_on FROM officer_versions WHERE district_id = $1",
    "SELECT assignment_id, officer_id, school_id, from_on, to_on FROM assignment_versions WHERE district_id = $1",
    "SELECT requirement_id, terms, earlier_courses, withdrawn FROM requirement_versions WHERE district_id = $1",
    "SELECT completion_id, officer_id, course, topics, completed_on, expires_on, is_outside, status"
    " FROM completions WHERE district_id = $1",
)
"""The reference's statements: the columns that standing is worked out from."""


def standing(engines: Engines, *, quick: bool) -> Sequence[Figure]:
    """Standing of 5,000 officers to 30 requirements as of a day, everything read from PostgreSQL, in one process."""
    officers, turns = (50, 1) if quick else (OFFICERS, TURNS)
    with engines.database(MIGRATIONS) as database_url:
        completions = apart(fill, database_url, officers)
        measured = [apart(read_and_judge, database_url, officers) for _ in range(turns)]
    title = f"standing of {officers:,} officers to 30 requirements, {completions:,} completions, PostgreSQL"
    ratios = sorted(turn.ratio for turn in measured)
    ours = median(turn.ours for turn in measured)
    return [
        Figure(
            title,
            f"{median(turn.reference for turn in measured):.2f} s",
            f"{ours:.2f} s",
            f"{median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f}, {len(ratios)} turns)",
            f"< {MOST_SECONDS:g} s",
            ours < MOST_SECONDS,
        )
    ]


async def read_and_judge(database_url: str, officers: int) -> Turn:
    """One turn of both, each once before it is timed: statements are prepared once per connection."""
    database = Database(database_url)
    collect_seldom()
    try:
        await _read(database)
        await _judge(database, officers)
        began = perf_counter()
        await _read(database)
        read = perf_counter()
        await _judge(database, officers)
        return Turn(read - began, perf_counter() - read)
    finally:
        await database.close()


async def _read(database: Database) -> None:
    async with database.read(DISTRICT) as session:
        raw = await driver(session)
        for statement in _KNOWN_BY:
            if not await raw.fetch(statement, DISTRICT):
                raise RuntimeError("nothing was read")


async def _judge(database: Database, officers: int) -> None:
    async with database.read(DISTRICT) as session:
        known = await officers_known(session, DISTRICT)
        requirements = await requirements_known(session, DISTRICT)
        completions = await completions_known(session, DISTRICT)
    rules = [Rule(requirement) for requirement in requirements]
    told = Counter[StandingStatus]()
    for officer_id, officer in known.items():
        told.update([on.status for on in every_standing_on(rules, officer, completions.get(officer_id, ()), TODAY)])
    if told.total() != officers * len(rules) or set(told) != set(StandingStatus):
        raise RuntimeError(f"not what a district looks like: {told}")


async def fill(database_url: str, officers: int) -> int:
    """Write the district down; how many completions it has."""
    database, made = Database(database_url), random.Random(1)
    rows: dict[str, list[tuple[Any, ...]]] = {"requirement_versions": [*_requirements()]}
    for number in range(officers):
        for name, row in _life(made, number):
            rows.setdefault(name, []).append(row)
    try:
        async with database.write(DISTRICT) as session:
            for name, told in rows.items():
                table = metadata.tables[name]
                columns = _columns(table)
                for start in range(0, len(told), _BATCH):
                    batch = told[start : start + _BATCH]
                    await bulk_upsert(session, table, columns, batch, on_conflict="ignore")
        async with database.dedicated() as connection:
            await connection.execute(text("VACUUM ANALYZE"))
    finally:
        await database.close()
    return len(rows["completions"])


def _columns(table: Table) -> list[str]:
    """Those that are written here: all that may not be left out, and the days that may."""
    optional = {"expires_on", "to_on"}
    return [column.name for column in table.columns if not column.nullable or column.name in optional]


def _requirements() -> Iterator[tuple[Any, ...]]:
    common = {"jurisdiction": "local", "blocks": ["serve"], "source": "Board policy", "as_of": "2026-08-01"}
    own = {f"own-{n}": RequirementTerms.from_json(orjson.dumps(rule | common).decode()) for n, rule in enumerate(_OWN)}
    for requirement_id, terms in {**shipped_requirements().requirements, **own}.items():
        earlier = EarlierCourses().to_json()
        yield DISTRICT, requirement_id, 1, terms.to_json(), earlier, False, _RECORDED_AT, "bench"


def _life(made: random.Random, number: int) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """An officer's rows: appointed in the last ten years, 10 to 20 completions since."""
    officer_id, appointed = f"o-{number}", TODAY - timedelta(days=made.randrange(10, 3650))
    placed = appointed + timedelta(days=made.randrange(60))
    agency = agency_id(AGENCY)
    recorded = (_RECORDED_AT, "bench")
    yield "officer_versions", (DISTRICT, officer_id, 1, b"sealed", AGENCY, agency, "sro", appointed, *recorded)
    assignment_id = UUID(int=made.getrandbits(128), version=4)
    assignment = (DISTRICT, assignment_id, 1, officer_id, f"s-{number % 400}", placed, None, "[]", *recorded)
    yield "assignment_versions", assignment
    for _ in range(made.randint(10, 20)):
        yield "completions", _completion(made, officer_id, appointed)


def _completion(made: random.Random, officer_id: str, appointed: date) -> tuple[Any, ...]:
    completed_on = min(appointed + timedelta(days=made.randrange(-200, 1800)), TODAY)
    expires_on = completed_on + timedelta(days=730) if made.random() < 0.3 else None  # three of ten
    course = made.choice(_COURSES)
    status = "accepted" if made.random() < 0.95 else "revoked"  # nearly all
    return (
        DISTRICT,
        UUID(int=made.getrandbits(128), version=4),
        officer_id,
        course,
        "provider",
        made.choice(_EDITIONS[course]),
        completed_on,
        expires_on,
        made.random() < 0.1,  # one of ten
        status,
        1,
        b"digest",
        _RECORDED_AT,
        _RECORDED_AT,
    )


_COURSES = sorted(
    {course for terms in shipped_requirements().requirements.values() for course in (*terms.courses, *terms.exempt_by)}
    | {"First Aid", "Range Day", "Report Writing", "Youth Mental Health First Aid Recertification"}
)
"""Every course that a rule names, and some that none does."""
_TOPICS = ["law", "mental_health", *shipped_requirements().requirements["us-wa-topics"].topics]


def _editions(made: random.Random) -> Iterator[str]:
    """What is taught in each of a course's editions, by providers and years: one to four topics, as they are stored."""
    for _ in range(6):
        topics = made.sample(_TOPICS, made.randint(1, 4))
        yield orjson.dumps({topic: made.choice((100, 200, 400, 800)) for topic in topics}).decode()


_EDITIONS = {course: list(_editions(random.Random(course))) for course in _COURSES}
