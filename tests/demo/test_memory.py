"""However many students a district has, they pass through the same few megabytes."""

import gc
import tracemalloc
from collections.abc import AsyncIterator, Callable
from datetime import date
from itertools import chain
from pathlib import Path

import pytest
from aiohttp import web

from demo.client import Services, open_client
from demo.district import SIZES, District, Size
from demo.lives import Life, days_of_school_year, lives
from demo.loading import send_lives
from demo.oneroster import write_roster
from demo.people import Tokens
from demo.truth import Truth
from shared.auth.local_keys import ensure_keys

TODAY = date(2026, 11, 22)
SCHOOLS = 12
FEW, MANY = 600, 6_000
KEPT = 75_000
"""What may be kept of ten times as many, in bytes: counters that grow by a few groups, buffers, caches."""
SENT_FEW, SENT_MANY = 600, 2_400
KEPT_OF_SENT = 150_000
"""The same for what is sent; connections and tokens take their whole room only after some hundred."""
FILES = 1_000_000
"""What the five open files of a roster take."""


def setup_module() -> None:
    """What hundreds of tests have left is not looked through for garbage before each measurement."""
    gc.collect()
    gc.freeze()


def a_district(students: int) -> District:
    return District("demo", Size(SCHOOLS, students, reference_rate=0.1), seed=3)


def lives_of(district: District) -> chain[Life]:
    days = days_of_school_year(TODAY)
    return chain.from_iterable(lives(district, school, days) for school in district.schools)


def peak_of(work: Callable[[], object]) -> int:
    """The most bytes that were held at once for this work."""
    gc.collect()
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def write(folder: Path, district: District) -> Truth:
    truth = Truth(district, TODAY)
    for student in write_roster(folder / "roster.zip", district, school_year=2027):
        truth.enroll(student)
    return truth


def draw(district: District) -> Truth:
    truth = Truth(district, TODAY)
    for life in lives_of(district):
        truth.add(life)
    return truth


@pytest.mark.slow
def test_writing_the_roster_of_ten_times_as_many_students_takes_no_more(tmp_path: Path) -> None:
    write(tmp_path, a_district(FEW))  # what is made once, such as compiled patterns
    few = peak_of(lambda: write(tmp_path, a_district(FEW)))
    many = peak_of(lambda: write(tmp_path, a_district(MANY)))
    assert many < few + KEPT


@pytest.mark.slow
def test_drawing_the_referrals_of_ten_times_as_many_students_takes_no_more() -> None:
    draw(a_district(FEW))
    few, many = (peak_of(lambda size=size: draw(a_district(size))) for size in (FEW, MANY))  # type: ignore[misc]
    assert many < few + KEPT


@pytest.mark.slow
def test_the_first_student_of_the_large_district_is_there_before_the_others_are_drawn(tmp_path: Path) -> None:
    large = District("demo", SIZES["large"], seed=3)
    assert len(large.schools) == 1_000
    assert peak_of(lambda: next(write_roster(tmp_path / "roster.zip", large, school_year=2027))) < FILES
    assert peak_of(lambda: next(large.everybody())) < KEPT
    assert peak_of(lambda: next(lives_of(large))) < KEPT


@pytest.fixture
async def willing() -> AsyncIterator[str]:
    """A server that takes everything and keeps nothing."""

    async def take(request: web.Request) -> web.Response:
        await request.read()
        return web.json_response({"submitted_at": "2026-11-22T08:00:00Z"}, status=201)

    app = web.Application()
    app.router.add_post("/{path:.*}", take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield site.name
    await runner.cleanup()


@pytest.mark.slow
async def test_sending_four_times_as_many_referrals_takes_no_more(willing: str, tmp_path: Path) -> None:
    ensure_keys(tmp_path)
    async with open_client(Tokens(tmp_path, "demo"), Services(*[willing] * 4), connections=8) as client:

        async def peak_of_sending(students: int) -> tuple[int, int]:
            district, sent = a_district(students), 0

            def count(_: object) -> None:
                nonlocal sent
                sent += 1

            gc.collect()
            tracemalloc.start()
            try:
                await send_lives(client, enumerate(lives_of(district)), at_once=8, sent=count)
                return sent, tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()

        await peak_of_sending(SENT_FEW)  # connections, and the token of everybody at a school
        (few, few_bytes), (many, many_bytes) = await peak_of_sending(SENT_FEW), await peak_of_sending(SENT_MANY)
    assert many > 3 * few > 150
    assert many_bytes < few_bytes + KEPT_OF_SENT
