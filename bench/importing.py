"""How long the roster of 200,000 students takes to import, against reading its files and one COPY of their rows."""

import asyncio
import csv
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import asyncpg
import httpx2

from bench.engines import Engines, apart, peak_megabytes
from bench.figures import Figure, Turn, at_most
from bench.served import DISTRICT, environment, running, token
from demo.district import District, Size
from demo.oneroster import write_roster
from referral_api.app import MIGRATIONS
from shared.auth import Role
from shared.testing.engine import free_port

FULL = Size(schools=400, students=200_000, reference_rate=0.0)
TINY = Size(schools=12, students=600, reference_rate=0.0)
TURNS = 5
TIMES = 6.0
MOST_MEGABYTES = 300
_SCHOOL_YEAR = 2027
_LOOK_AGAIN_SECONDS = 0.2
"""Asking costs the process that imports some milliseconds each time; who waits for a roster asks less often still."""


def importing(engines: Engines, *, quick: bool) -> Sequence[Figure]:
    """A whole district's bulk files into an empty PostgreSQL, from the request until the import is `done`."""
    size, turns = (TINY, 1) if quick else (FULL, TURNS)
    measured, peaks = [], []
    with TemporaryDirectory(prefix="rapport-bench-") as folder:
        roster, files = Path(folder) / "roster.zip", Path(folder) / "files"
        for _ in write_roster(roster, District(DISTRICT, size, 1), school_year=_SCHOOL_YEAR):
            pass  # who was written is of no interest here
        with zipfile.ZipFile(roster) as packed:
            packed.extractall(files)
        tables = sorted(files.glob("*.csv"))
        for _ in range(turns):
            with engines.database() as database_url:
                reference = apart(read_and_copy, database_url, tables)
            with engines.database(MIGRATIONS) as database_url:
                ours, peak = _imported(database_url, engines.broker.url, Path(folder), roster)
            measured.append(Turn(reference, ours))
            peaks.append(peak)
    title = f"OneRoster import, {size.students:,} students, PostgreSQL"
    return [at_most(title, measured, TIMES, unit="s"), _memory(title, peaks)]


async def read_and_copy(database_url: str, tables: Sequence[Path]) -> float:
    """The reference: Python's `csv` reader over the unpacked files, plus one COPY of all their rows; seconds.

    What is copied lies in memory, and the table has no key and no index, and as many columns as the widest file.
    """
    began = perf_counter()
    for table in tables:
        for _ in _rows(table):
            pass
    reading = perf_counter() - began
    everything = [row for table in tables for row in _rows(table)]
    widest = max(map(len, everything))
    columns = [f"column_{number}" for number in range(widest)]
    everything = [row + [None] * (widest - len(row)) for row in everything]
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(f"CREATE TABLE everything ({', '.join(f'{column} text' for column in columns)})")
        began = perf_counter()
        await connection.copy_records_to_table("everything", records=everything, columns=columns)
        return reading + perf_counter() - began
    finally:
        await connection.close()


def _rows(table: Path) -> Iterator[list[str | None]]:
    with table.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        next(reader)
        yield from reader


def _imported(database_url: str, bus_url: str, home: Path, roster: Path) -> tuple[float, float]:
    """Ours: an API process as anybody runs it; seconds from the request to `done`, and its peak memory in MB."""
    port = free_port()
    told = environment(home, database_url=database_url, bus_url=bus_url, port=port)
    with running(("referral_api", "api"), told, ready_at=f"http://127.0.0.1:{port}/readyz") as process:
        seconds = apart(send_and_wait, port, token(home, Role.INTEGRATION), roster)
        return seconds, peak_megabytes(process)


async def send_and_wait(port: int, bearer: str, roster: Path) -> float:
    """Send the zip and ask until it is done; seconds. Raises: RuntimeError when a row of it was refused."""
    body = await asyncio.to_thread(roster.read_bytes)
    headers = {"Authorization": f"Bearer {bearer}"}
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=60) as client:
        began = perf_counter()
        sent = await client.post("/v1/roster/imports", content=body, headers={"Content-Type": "application/zip"})
        path = sent.headers["location"]
        while (state := (await client.get(path)).json())["status"] in ("queued", "running"):  # noqa: ASYNC110  # nothing tells
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)
        took = perf_counter() - began
    if (state["status"], state["rows_rejected"]) != ("done", 0):
        raise RuntimeError(f"{state['status']}: {state['rows_rejected']} rows refused, {state['refused_because']}")
    return took


def _memory(title: str, peaks: Sequence[float]) -> Figure:
    return Figure(
        f"{title}, peak memory of the whole API process",
        "-",
        f"{median(peaks):.0f} MB (highest {max(peaks):.0f})",
        "-",
        f"< {MOST_MEGABYTES} MB",
        max(peaks) < MOST_MEGABYTES,
    )
