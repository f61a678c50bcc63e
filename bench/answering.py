"""How a survey is answered: the page read and the answers sent, against a bare form and one insert.

Once as fast as it goes, for the throughput; once as 10,000 people would within ten minutes, each request when its time
has come, whatever became of those before it, for the time that somebody waits.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import orjson

from bench.client import Connection, get, post
from bench.engines import Engines, apart
from bench.figures import Figure, Turn, at_least
from bench.served import environment, running, school_id, token
from climate_survey_api.app import MIGRATIONS
from shared.auth import Role
from shared.testing.engine import free_port

PEOPLE, WITHIN_SECONDS = 10_000, 600
PER_SECOND = 2 * PEOPLE / WITHIN_SECONDS
"""Requests: each of them reads the page and sends the answers."""
TURNS, PEOPLE_OF_A_TURN, WARM_UP = 5, 1_000, 200
PEOPLE_OF_THE_REFERENCE = 1_000
"""By the clock: a minute tells of the reference what ten would."""
CONNECTIONS = 32
RESTS_SECONDS = 3.0
SHARE = 0.12
LONGEST_MS = 500

_PAGE = {"Accept": "text/html", "Accept-Language": "en"}
_CODES_AT_ONCE = 5_000
_GROUP = "student"


@dataclass(frozen=True, slots=True)
class Person:
    """What one respondent sends."""

    page: bytes
    answers: bytes


@dataclass(frozen=True, slots=True)
class InTime:
    """How a load that comes by the clock was answered."""

    p99_ms: float
    statuses: Counter[int]


def answering(engines: Engines, *, quick: bool) -> Sequence[Figure]:
    """`GET /s/{code}` and `POST /v1/responses`."""
    turns, of_a_turn, in_time, warm_up = (1, 10, 20, 4) if quick else (TURNS, PEOPLE_OF_A_TURN, PEOPLE, WARM_UP)
    with (
        TemporaryDirectory(prefix="rapport-bench-") as folder,
        engines.database(MIGRATIONS) as database_url,
        engines.database() as bare_url,
    ):
        keys, port, bare_port = Path(folder), free_port(), free_port()
        told = environment(keys, database_url=database_url, bus_url=engines.broker.url, port=port)
        bare = {"DATABASE_URL": bare_url, "PORT": str(bare_port)}
        with (
            running(("bench.bare_form",), bare, ready_at=f"http://127.0.0.1:{bare_port}/readyz"),
            running(("climate_survey_api", "api"), told, ready_at=f"http://127.0.0.1:{port}/readyz"),
        ):
            people = apart(invite, port, token(keys, Role.DISTRICT_ADMIN), warm_up + turns * of_a_turn + in_time)
            warm, *shares, last = _portions(people, [warm_up, *[of_a_turn] * turns, in_time])
            for at in (bare_port, port):
                apart(answered_per_second, at, warm)
            measured = [Turn(*(apart(answered_per_second, at, some) for at in (bare_port, port))) for some in shares]
            bare_in_time = apart(answered_in_time, bare_port, last[:PEOPLE_OF_THE_REFERENCE])
            ours_in_time = apart(answered_in_time, port, last)
    as_fast_as_it_goes = at_least("a survey's page and answers, one API process", measured, SHARE, unit="requests/s")
    return [as_fast_as_it_goes, _in_time(bare_in_time, ours_in_time)]


def _portions(people: Sequence[Person], sizes: Sequence[int]) -> list[Sequence[Person]]:
    left = iter(people)
    return [[next(left) for _ in range(size)] for size in sizes]


def _in_time(bare: InTime, ours: InTime) -> Figure:
    failed = {status: count for status, count in ours.statuses.items() if status not in (200, 201)}
    return Figure(
        f"the same by the clock, {PEOPLE:,} people in {WITHIN_SECONDS // 60} min ({PER_SECOND:.0f} requests/s), p99",
        f"{bare.p99_ms:.1f} ms",
        f"{ours.p99_ms:.1f} ms, {failed or 'no'} errors",
        f"{ours.p99_ms / bare.p99_ms:.2f}",
        f"< {LONGEST_MS} ms, no error",
        ours.p99_ms < LONGEST_MS and not failed,
    )


async def invite(port: int, bearer: str, people: int) -> list[Person]:
    """Open a survey of the shipped instrument and make a code for each of so many; what they send."""
    connection = await Connection.to(port)
    headers = {"Authorization": f"Bearer {bearer}"}

    async def made(path: str, body: object) -> bytes:
        status, answer = await connection.ask(post(path, orjson.dumps(body), headers))
        if status not in (200, 201):
            raise RuntimeError(f"{path}: {status}: {answer[:300].decode()}")
        return answer

    now = datetime.now(UTC)
    plan = {
        "instrument_id": "rapport-climate",
        "version": 1,
        "name": "Fall",
        "opens_at": now.isoformat(),
        "closes_at": (now + timedelta(days=7)).isoformat(),
        "mode": "anonymous",
        "languages": ["en", "es"],
        "schools": [{"school_id": school_id(0), "invited": {_GROUP: people}}],
    }
    survey = orjson.loads(await made("/v1/administrations", plan))["administration_id"]
    await made(f"/v1/administrations/{survey}/opening", {})
    codes: list[str] = []
    while len(codes) < people:
        wanted = {"school_id": school_id(0), "respondent_group": _GROUP}
        some = wanted | {"count": min(people - len(codes), _CODES_AT_ONCE)}
        sheet = await made(f"/v1/administrations/{survey}/access-codes", some)
        codes += [line.partition(",")[0] for line in sheet.decode().splitlines()[1:]]
    status, form = await connection.ask(get(f"/v1/surveys/{codes[0]}", {}))
    if status != 200:
        raise RuntimeError(f"{status}: {form[:300].decode()}")
    connection.close()
    items = orjson.loads(form)["items"]
    return [_person(number, code, items) for number, code in enumerate(codes)]


def _person(number: int, code: str, items: Sequence[dict[str, Any]]) -> Person:
    answers = {
        item["item_id"]: 1 + (number + place) % len(item["scale"]) for place, item in enumerate(items) if item["scale"]
    }
    return Person(get(f"/s/{code}", _PAGE), post("/v1/responses", orjson.dumps({"code": code, "answers": answers}), {}))


async def answered_per_second(port: int, people: Sequence[Person]) -> float:
    """Requests per second over 32 connections. Raises: RuntimeError when one is not answered as it should be."""
    waiting = list(people)

    async def answer(connection: Connection) -> None:
        while waiting:
            person = waiting.pop()
            for request, expected in ((person.page, 200), (person.answers, 201)):
                status, body = await connection.ask(request)
                if status != expected:
                    raise RuntimeError(f"{status}: {body[:300].decode()}")

    connections = [await Connection.to(port) for _ in range(CONNECTIONS)]
    began = perf_counter()
    await asyncio.gather(*map(answer, connections))
    took = perf_counter() - began
    for connection in connections:
        connection.close()
    return 2 * len(people) / took


async def answered_in_time(port: int, people: Sequence[Person]) -> InTime:
    """How long each waits, from when her time has come, where so many come a second."""
    idle: list[tuple[Connection, float]] = []
    statuses: Counter[int] = Counter()
    waited: list[float] = []

    async def ask(request: bytes, due: float) -> None:
        # The service hangs up on who rests for five seconds: at that very moment a request would be lost.
        idle[:] = [(kept, since) for kept, since in idle if kept.is_open and perf_counter() - since < RESTS_SECONDS]
        connection = idle.pop()[0] if idle else await Connection.to(port)
        try:
            status, _ = await connection.ask(request)
            idle.append((connection, perf_counter()))
        except ConnectionError:
            status = 0
        waited.append(perf_counter() - due)
        statuses[status] += 1

    began = perf_counter()
    async with asyncio.TaskGroup() as asking:
        for number, request in enumerate(request for person in people for request in (person.page, person.answers)):
            due = began + number / PER_SECOND
            await asyncio.sleep(max(0.0, due - perf_counter()))
            asking.create_task(ask(request, due))
    for connection, _ in idle:
        connection.close()
    return InTime(quantiles(waited, n=100)[98] * 1000, statuses)
