"""How many referrals one API process takes, against a bare route that stores the same in two inserts."""

import asyncio
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from bench.client import Connection
from bench.engines import Engines, apart
from bench.figures import Figure, Turn, at_least
from bench.served import enroll, environment, running, submission, token
from referral_api.app import MIGRATIONS
from shared.auth import Role
from shared.testing.engine import free_port

CONNECTIONS = 32
TURNS = 5
TURN_SECONDS = 8.0
WARM_UP_SECONDS = 2.0
SHARE = 0.4


def posting(engines: Engines, *, quick: bool) -> Sequence[Figure]:
    """`POST /v1/referrals` with everything that belongs to it."""
    turns, seconds, warm_up = (1, 0.5, 0.2) if quick else (TURNS, TURN_SECONDS, WARM_UP_SECONDS)
    with (
        TemporaryDirectory(prefix="rapport-bench-") as folder,
        engines.database(MIGRATIONS) as database_url,
        engines.database() as bare_url,
    ):
        keys, port, bare_port = Path(folder), free_port(), free_port()
        told = environment(keys, database_url=database_url, bus_url=engines.broker.url, port=port)
        apart(enroll, database_url, keys)
        bearer = token(keys, Role.OFFICER)
        bare = {"DATABASE_URL": bare_url, "PORT": str(bare_port)}
        with (
            running(("bench.bare_route",), bare, ready_at=f"http://127.0.0.1:{bare_port}/readyz"),
            running(("referral_api", "api"), told, ready_at=f"http://127.0.0.1:{port}/readyz"),
        ):
            for warmed in (bare_port, port):
                apart(accepted_per_second, warmed, bearer, warm_up)
            measured = [
                Turn(*(apart(accepted_per_second, at, bearer, seconds) for at in (bare_port, port)))
                for _ in range(turns)
            ]
    return [at_least("`POST /v1/referrals`, one API process", measured, SHARE, unit="requests/s")]


async def accepted_per_second(port: int, bearer: str, seconds: float) -> float:
    """How many referrals per second are answered 201 over 32 connections. Raises: RuntimeError at any other answer."""
    numbers = count()
    accepted = 0
    ends = perf_counter() + seconds

    async def submit(connection: Connection) -> None:
        nonlocal accepted
        while perf_counter() < ends:
            status, body = await connection.ask(submission(next(numbers), bearer))
            if status != 201:
                raise RuntimeError(f"{status}: {body.decode()}")
            accepted += 1

    connections = [await Connection.to(port) for _ in range(CONNECTIONS)]
    began = perf_counter()
    await asyncio.gather(*map(submit, connections))
    took = perf_counter() - began
    for connection in connections:
        connection.close()
    return accepted / took
