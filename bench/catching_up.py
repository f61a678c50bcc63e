"""How fast a client catches up with every referral of a district, against one SQL read of the same rows."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import asyncpg

from bench.client import Connection, get
from bench.engines import Engines, apart
from bench.figures import Figure, Turn, at_least
from bench.served import DISTRICT, SCHOOLS, STUDENTS_OF_A_SCHOOL, environment, running, school_id, student_id, token
from referral_api.app import MIGRATIONS
from referral_api.referrals.models import referrals
from referral_api.referrals.views.records import ReferralRecord, seal_key
from shared.auth import Role
from shared.crypto import KeyRing, field_keys_path
from shared.events.referrals import Need, Urgency
from shared.outbox import new_event_id
from shared.testing.engine import free_port

REFERRALS = 200_000
PAGE = 500
TURNS = 5
SHARE = 0.25
_OF_ONE_TRANSACTION = 100
_FIRST = datetime(2026, 8, 17, 12, tzinfo=UTC)
_NEXT = b'"next_cursor":"'


def catching_up(engines: Engines, *, quick: bool) -> Sequence[Figure]:
    """`GET /v1/referrals?changed_since=` from the beginning, page after page, by one client of one API process."""
    count, turns = (1_200, 1) if quick else (REFERRALS, TURNS)
    with TemporaryDirectory(prefix="rapport-bench-") as folder, engines.database(MIGRATIONS) as database_url:
        keys, port = Path(folder), free_port()
        told = environment(keys, database_url=database_url, bus_url=engines.broker.url, port=port)
        apart(fill, database_url, keys, count)
        bearer = token(keys, Role.COUNSELOR)
        with running(("referral_api", "api"), told, ready_at=f"http://127.0.0.1:{port}/readyz"):
            apart(caught_up_per_second, port, bearer, count)  # a service and a database that have worked before
            measured = [
                Turn(apart(read_per_second, database_url, count), apart(caught_up_per_second, port, bearer, count))
                for _ in range(turns)
            ]
    title = f"`changed_since` over {count:,} referrals, pages of {PAGE}"
    return [at_least(title, measured, SHARE, unit="rows/s")]


async def fill(database_url: str, keys: Path, count: int) -> None:
    """Put referrals straight into the table, their texts sealed, a hundred in each transaction."""
    ring = KeyRing.from_file(field_keys_path(keys, "referral_api"))
    columns = [c.name for c in referrals.columns if c.name != "change_no"]
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute("SET synchronous_commit = off")
        made = _referrals(ring, count)
        while some := list(islice(made, _OF_ONE_TRANSACTION)):
            records = [tuple(row.get(c) for c in columns) for row in some]
            await connection.copy_records_to_table("referrals", records=records, columns=columns)
        await connection.execute("VACUUM ANALYZE referrals")
    finally:
        await connection.close()


def _referrals(ring: KeyRing, count: int) -> Iterator[dict[str, Any]]:
    """As they stand some weeks after their submission: most were answered, a third still waits."""
    for number in range(count):
        referral_id = new_event_id()
        key = seal_key(DISTRICT, referral_id)
        school = number % SCHOOLS
        sent = _FIRST + timedelta(seconds=40 * number)
        texts = {
            "summary": f"Number {number}: quiet since the funeral, eats alone, asked twice this week to go home early.",
            "message_to_referrer": f"Thank you for number {number}. Somebody is in touch.",
        }
        answered = number % 3 > 0
        yield {
            "district_id": DISTRICT,
            "referral_id": referral_id,
            "student_id": student_id(school, number // SCHOOLS % STUDENTS_OF_A_SCHOOL),
            "school_id": school_id(school),
            "need": list(Need)[number % len(Need)],
            "urgency": list(Urgency)[number % len(Urgency)],
            "summary": ring.seal(texts["summary"], table="referrals", column="summary", key=key),
            "message_to_referrer": ring.seal(
                texts["message_to_referrer"], table="referrals", column="message_to_referrer", key=key
            )
            if answered
            else None,
            "status": "completed" if answered else "requested",
            "submitted_by": f"o-{school}",
            "submitter_role": "officer",
            "created_at": sent,
            "submitted_at": sent,
            "submitted_on": sent.date(),
            "facets": "{}",
            "due_at": sent + timedelta(days=2),
            "contacted_at": sent + timedelta(days=1) if answered else None,
            "closed_at": sent + timedelta(days=9) if answered else None,
            "updated_at": sent + timedelta(days=9),
            "reached": "submitted",
            "version": 1,
            "was_shared": False,
        }


async def read_per_second(database_url: str, count: int) -> float:
    """The reference: the columns of the record, still sealed, by one statement in the same order; rows per second."""
    told = ", ".join(name for name in ReferralRecord.model_fields if name in referrals.c)
    statement = f"SELECT {told} FROM referrals WHERE district_id = $1 ORDER BY change_no, referral_id"
    connection = await asyncpg.connect(database_url)
    try:
        began = perf_counter()
        rows = await connection.fetch(statement, DISTRICT)
        took = perf_counter() - began
    finally:
        await connection.close()
    if len(rows) != count:
        raise RuntimeError(f"{len(rows)} rows instead of {count}")
    return count / took


async def caught_up_per_second(port: int, bearer: str, count: int) -> float:
    """Ours: every page until there is nothing new; referrals per second."""
    connection = await Connection.to(port)
    cursor, seen = "", 0
    began = perf_counter()
    while True:
        path = f"/v1/referrals?changed_since={cursor}&limit={PAGE}"
        status, body = await connection.ask(get(path, {"Authorization": f"Bearer {bearer}"}))
        if status != 200:
            raise RuntimeError(f"{status}: {body.decode()}")
        items = body.count(b'{"referral_id":')
        if not items:
            break
        seen += items
        cursor = body.rpartition(_NEXT)[2].removesuffix(b'"}').decode()
    took = perf_counter() - began
    connection.close()
    if seen != count:
        raise RuntimeError(f"{seen} referrals instead of {count}")
    return count / took
