"""How many entries of the triad ledger one API process takes in lists of 500, against a bare insert of the same rows.

The reference is one `INSERT ... SELECT unnest(...)` of each list's rows and its commit, straight from the driver, into
a table with the same columns and a primary key: what a database cannot do less for them. Ours is everything else too:
HTTP, each entry judged for itself, three indexes, row-level security, and an event for every entry in the outbox.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any
from uuid import uuid4

import asyncpg
import orjson

from bench.client import Connection, post
from bench.engines import Engines, apart
from bench.figures import Figure, Turn, at_least
from bench.served import DISTRICT, environment, running, school_id, token
from shared.auth import Role
from shared.events.training import ActivityKind, TriadRole
from shared.testing.engine import free_port
from training_registry.app import MIGRATIONS

BATCH = 500
BATCHES = 60
TURNS = 5
WARM_UP_BATCHES = 8
CONNECTIONS = 4
SHARE = 0.15

_OFFICER = f"{Role.OFFICER}-1"
_TABLE = """
CREATE TABLE bare_activities (
    district_id text, activity_id uuid, officer_id text NOT NULL, school_id text NOT NULL, role text NOT NULL,
    kind text NOT NULL, started_at timestamptz NOT NULL, started_on date NOT NULL, minutes int NOT NULL,
    students_reached int NOT NULL, logged_at timestamptz NOT NULL, logged_by text NOT NULL,
    PRIMARY KEY (district_id, activity_id)
)
"""
_INSERT = """
INSERT INTO bare_activities SELECT * FROM unnest(
    $1::text[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::date[], $9::int[],
    $10::int[], $11::timestamptz[], $12::text[]
)
"""


def activities(engines: Engines, *, quick: bool) -> Sequence[Figure]:
    """`POST /v1/activities` in lists of 500."""
    turns, batches, warm_up = (1, 4, 1) if quick else (TURNS, BATCHES, WARM_UP_BATCHES)
    with (
        TemporaryDirectory(prefix="rapport-bench-") as folder,
        engines.database(MIGRATIONS) as database_url,
        engines.database() as bare_url,
    ):
        keys, port = Path(folder), free_port()
        told = environment(keys, database_url=database_url, bus_url=engines.broker.url, port=port)
        bearer = token(keys, Role.OFFICER)
        apart(_make_table, bare_url)
        with running(("training_registry", "api"), told, ready_at=f"http://127.0.0.1:{port}/readyz"):
            apart(inserted_per_second, bare_url, warm_up)
            apart(logged_per_second, port, bearer, warm_up)
            measured = [
                Turn(apart(inserted_per_second, bare_url, batches), apart(logged_per_second, port, bearer, batches))
                for _ in range(turns)
            ]
    return [at_least("`POST /v1/activities`, lists of 500, one API process", measured, SHARE, unit="entries/s")]


async def logged_per_second(port: int, bearer: str, batches: int) -> float:
    """Ours: entries per second that are answered 201 in a 207. Raises: RuntimeError at any other answer."""
    headers = {"Authorization": f"Bearer {bearer}"}
    waiting = [post("/v1/activities", orjson.dumps(_entries()), headers) for _ in range(batches)]
    connections = [await Connection.to(port) for _ in range(CONNECTIONS)]

    async def send(connection: Connection) -> None:
        while waiting:
            status, body = await connection.ask(waiting.pop())
            if status != 207 or body.count(b'"status":201') != BATCH:
                raise RuntimeError(f"{status}: {body[:300].decode()}")

    began = perf_counter()
    await asyncio.gather(*map(send, connections))
    took = perf_counter() - began
    for connection in connections:
        connection.close()
    return batches * BATCH / took


async def inserted_per_second(database_url: str, batches: int) -> float:
    """The reference: rows per second that are inserted and committed."""
    waiting = [_columns(_entries()) for _ in range(batches)]
    connections = [await asyncpg.connect(database_url) for _ in range(CONNECTIONS)]

    async def insert(connection: "asyncpg.Connection[Any]") -> None:
        while waiting:
            await connection.execute(_INSERT, *waiting.pop())

    began = perf_counter()
    await asyncio.gather(*map(insert, connections))
    took = perf_counter() - began
    for connection in connections:
        await connection.close()
    return batches * BATCH / took


async def _make_table(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute(_TABLE)
    await connection.close()


def _entries() -> list[dict[str, Any]]:
    """What a phone has taken down: each entry with an id of its own."""
    now, roles, kinds = datetime.now(UTC), list(TriadRole), list(ActivityKind)
    return [
        {
            "activity_id": uuid4(),
            "officer_id": _OFFICER,
            "school_id": school_id(number % 3),
            "role": roles[number % len(roles)],
            "kind": kinds[number % len(kinds)],
            "started_at": now - timedelta(minutes=30 * number),
            "minutes": 30,
            "students_reached": number % 25,
        }
        for number in range(BATCH)
    ]


def _columns(entries: Sequence[dict[str, Any]]) -> list[list[object]]:
    """The rows of the same entries, as the driver takes them."""
    now = datetime.now(UTC)
    rows: list[tuple[object, ...]] = [
        (
            DISTRICT,
            entry["activity_id"],
            entry["officer_id"],
            entry["school_id"],
            entry["role"],
            entry["kind"],
            entry["started_at"],
            entry["started_at"].date(),
            entry["minutes"],
            entry["students_reached"],
            now,
            _OFFICER,
        )
        for entry in entries
    ]
    return [list(column) for column in zip(*rows, strict=True)]
